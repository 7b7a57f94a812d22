package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// edgeCases is how many edge cases of Flinks are known.
const edgeCases = 44

// sentences is how many statements the two pages that docs/coverage.md follows make.
const sentences = 39

var (
	row      = regexp.MustCompile(`(?m)^\| (\d+) \| .*$`)
	testName = regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`")
)

// TestEdgeCases: docs/edge-cases.md has a row for each, and the tests that it names
// exist.
func TestEdgeCases(t *testing.T) {
	t.Parallel()
	checkRows(t, "edge-cases.md", edgeCases)
}

// TestCoverage: docs/coverage.md has a row for each statement, and the tests that it names
// exist.
func TestCoverage(t *testing.T) {
	t.Parallel()
	checkRows(t, "coverage.md", sentences)
}

// checkRows checks that a page has rows numbered up to n, each of which names tests that
// exist.
func checkRows(t *testing.T, page string, n int) {
	t.Helper()
	tests := allTests(t)
	next := 1
	for _, r := range row.FindAllStringSubmatch(read(t, "docs", page), -1) {
		if r[1] != strconv.Itoa(next) {
			t.Fatalf("row %s, want %d", r[1], next)
		}
		next++
		named := testName.FindAllStringSubmatch(r[0], -1)
		if len(named) == 0 && !strings.Contains(r[0], "does not apply") {
			t.Errorf("row %s names no test and does not say why it does not apply", r[1])
		}
		for _, n := range named {
			if !tests[n[1]+"."+n[2]] {
				t.Errorf("row %s names %s, which does not exist in %s", r[1], n[2], n[1])
			}
		}
	}
	if next != n+1 {
		t.Errorf("%d rows, want %d", next-1, n)
	}
}

// allTests returns the tests of the repository, as directory.TestName.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(path(t), func(file string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		directory, err := filepath.Rel(path(t), filepath.Dir(file))
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				found[filepath.ToSlash(directory)+"."+f.Name.Name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
