package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReasonReference: docs/spec/reasons.md is what the constants say. Run with -update to write
// it.
func TestReasonReference(t *testing.T) {
	t.Parallel()
	want := reasonReference(t)
	if *update {
		if err := os.WriteFile(path(t, "docs", "spec", "reasons.md"), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, read(t, "docs", "spec", "reasons.md")); diff != "" {
		t.Errorf("docs/spec/reasons.md is not what the constants say; run make generate (-want +got):\n%s", diff)
	}
}

func reasonReference(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path(t, "api/v1alpha1/condition_types.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Reasons

The reasons of conditions, of refused requests and of events. The message next to a reason says what to do; so does
[troubleshooting](../troubleshooting.md). This page is generated from the comments in ` + "`api/v1alpha1`" + `. The pages of the kinds
list the conditions: [BankConnection](bankconnections.md#conditions), [RefreshPolicy](refreshpolicies.md#conditions),
[FlinksInstance and ClusterFlinksInstance](flinksinstances.md#conditions).
`)
	for _, d := range file.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Doc == nil || !strings.HasPrefix(block.Doc.Text(), "Reasons of ") {
			continue
		}
		writeReasons(t, &b, block)
	}
	return b.String()
}

// writeReasons writes a section. The heading is the comment of a block up to its first comma,
// semicolon or period.
func writeReasons(t *testing.T, b *strings.Builder, block *ast.GenDecl) {
	t.Helper()
	text := oneLine(block.Doc)
	end := strings.IndexAny(text, ",;.") // No heading names a field.
	fmt.Fprintf(b, "\n## %s\n\n", text[:end])
	if rest := strings.TrimLeft(text[end:], ",;. "); rest != "" {
		fmt.Fprintf(b, "%s\n\n", capitalised(rest))
	}
	b.WriteString("| reason | when |\n| --- | --- |\n")
	for _, s := range block.Specs {
		spec := s.(*ast.ValueSpec)
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		meaning, ok := strings.CutPrefix(oneLine(spec.Doc), spec.Names[0].Name+" means that ")
		if !ok || spec.Names[0].Name != "Reason"+value {
			t.Errorf("the comment of Reason%s does not begin with Reason%s means that", value, value)
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", value, capitalised(meaning))
	}
}

// literal is the name of a field.
var literal = regexp.MustCompile(`\b[a-z]+(\.[a-zA-Z]+)+\b|\b[a-z]+[A-Z]\w*\b`)

func oneLine(comment *ast.CommentGroup) string {
	return literal.ReplaceAllString(strings.Join(strings.Fields(comment.Text()), " "), "`$0`")
}

func capitalised(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
