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

// constants returns the values of a file's string constants whose names have one of
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

// TestConditions: each has an entry on the page of a Kind.
func TestConditions(t *testing.T) {
	t.Parallel()
	var all string
	for _, page := range pageOf {
		all += read(t, "docs", "spec", page)
	}
	known := words(all)
	for _, value := range constants(t, "api/v1alpha1/condition_types.go", "Condition") {
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
		v1alpha1.RefreshRequestedAtAnnotation, v1alpha1.SessionRequestedAtAnnotation, v1alpha1.AbandonLoginAnnotation,
		v1alpha1.RebindAnnotation, v1alpha1.AllowDeletionsUntilAnnotation, v1alpha1.RevokeLinksBeforeAnnotation,
	} {
		if !words(all)[name] {
			t.Errorf("%s has no entry in docs/spec", name)
		}
	}
}

var (
	metric      = regexp.MustCompile(`"(flinks_(?:operator|gateway)_[a-z_]+)"`)
	commandFlag = regexp.MustCompile(`(?:fs|flags?)\.(?:[A-Z][A-Za-z]*Var\(&[\w.]+, |Func\()"([a-z-]+)"`)
)

// TestMetricsAndFlags: each command has a page with its metrics and flags, and no others.
func TestMetricsAndFlags(t *testing.T) {
	t.Parallel()
	metrics := metricsOfCommands(t)
	for name, command := range map[string]struct {
		page, prefix, options, main string
	}{
		"manager": {"operate.md", "flinks_operator_", "internal/manager/options.go", "cmd/manager/main.go"},
		"gateway": {"gateway.md", "flinks_gateway_", "internal/gateway/options.go", "cmd/gateway/main.go"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := map[string]bool{}
			for _, m := range metrics {
				if strings.HasPrefix(m, command.prefix) {
					found[m] = true
				}
			}
			for _, f := range commandFlag.FindAllStringSubmatch(read(t, command.options)+read(t, command.main), -1) {
				found["--"+f[1]] = true
			}
			if len(found) < 12 {
				t.Errorf("only %d flags and metrics: they are not found", len(found))
			}
			checkPage(t, command.page, command.prefix, found)
		})
	}
}

// checkPage: a page has an entry for each of these words, and knows no others like them.
func checkPage(t *testing.T, name, prefix string, found map[string]bool) {
	t.Helper()
	page := words(read(t, "docs", name))
	for word := range found {
		if !page[word] {
			t.Errorf("%s has no entry in docs/%s", word, name)
		}
	}
	for word := range page {
		ours := strings.HasPrefix(word, prefix) || strings.HasPrefix(word, "--")
		if ours && !strings.ContainsAny(word, " ={") && !found[word] {
			t.Errorf("docs/%s names %s, which does not exist", name, word)
		}
	}
}

func metricsOfCommands(t *testing.T) (found []string) {
	t.Helper()
	err := filepath.WalkDir(path(t, "internal"), func(file string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		for _, m := range metric.FindAllSubmatch(source, -1) {
			found = append(found, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestStatesOfThePage: each has an entry, and so has each outcome of a webhook.
func TestStatesOfThePage(t *testing.T) {
	t.Parallel()
	page := words(read(t, "docs", "gateway.md"))
	states := constants(t, "internal/linkapi/protocol.go", "State")
	for _, word := range append(states, constants(t, "internal/gateway/webhook.go", "hook")...) {
		if !page[word] {
			t.Errorf("%s has no entry in docs/gateway.md", word)
		}
	}
}
