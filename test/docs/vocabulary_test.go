package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// constants are the values of a file's string constants whose names have one of
// the prefixes.
func constants(t *testing.T, file string, prefixes ...string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path(t, file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		named := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(spec.Names[0].Name, p) })
		if ok && named {
			value, _ := strconv.Unquote(literal.Value)
			values = append(values, value)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants with prefixes %v", file, prefixes)
	}
	return values
}

// TestConditionsAndReasons: each has an entry on the page of a Kind.
func TestConditionsAndReasons(t *testing.T) {
	t.Parallel()
	var all string
	for _, page := range pageOf {
		all += read(t, "docs", "spec", page)
	}
	known := words(all)
	for _, value := range constants(t, "api/v1alpha1/condition_types.go", "Condition", "Reason") {
		if !known[value] {
			t.Errorf("%s has no entry in docs/spec", value)
		}
	}
}

// TestAnnotationsAndFinalizers: whatever the operator reads or sets on an object is
// on one of the pages.
func TestAnnotationsAndFinalizers(t *testing.T) {
	t.Parallel()
	var all string
	for _, page := range pageOf {
		all += read(t, "docs", "spec", page)
	}
	for _, name := range []string{
		v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer, v1alpha1.InUseFinalizer,
		v1alpha1.RefreshRequestedAtAnnotation, v1alpha1.AbandonLoginAnnotation,
		v1alpha1.RebindAnnotation, v1alpha1.AllowDeletionsUntilAnnotation,
	} {
		if !words(all)[name] {
			t.Errorf("%s has no entry in docs/spec", name)
		}
	}
}

var (
	metric      = regexp.MustCompile(`"(flinks_operator_[a-z_]+)"`)
	managerFlag = regexp.MustCompile(`(?:fs|flag)\.[A-Z][A-Za-z]*Var\(&[\w.]+, "([a-z-]+)"`)
)

// TestMetricsAndFlags: docs/operations.md has those of the manager, and no others.
func TestMetricsAndFlags(t *testing.T) {
	t.Parallel()
	page := words(read(t, "docs", "operations.md"))
	found := map[string]bool{}
	err := filepath.WalkDir(path(t, "internal"), func(file string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		for _, m := range metric.FindAllSubmatch(source, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sources := read(t, "internal", "manager", "options.go") + read(t, "cmd", "manager", "main.go")
	for _, f := range managerFlag.FindAllStringSubmatch(sources, -1) {
		found["--"+f[1]] = true
	}
	for name := range found {
		if !page[name] {
			t.Errorf("%s has no entry in docs/operations.md", name)
		}
	}
	for word := range page {
		ours := strings.HasPrefix(word, "flinks_operator_") || strings.HasPrefix(word, "--")
		if ours && !strings.ContainsAny(word, " ={") && !found[word] {
			t.Errorf("docs/operations.md names %s, which does not exist", word)
		}
	}
}
