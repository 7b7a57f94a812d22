package report

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	var out bytes.Buffer
	r := New(&out)
	r.Title("1. Title")
	r.Row("NAME", "a")
	r.Row("NAME", "b")
	r.Say("two\nlines")
	r.Row("NAME", "c")
	r.Line("end")

	got := regexp.MustCompile(` +\d+\.\ds`).ReplaceAllString(out.String(), "TIME")
	want := `
TIME  1. Title
TIME    NAME
TIME    a
TIME    b
TIME    two
TIME    lines
TIME    NAME
TIME    c
TIME  end
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if r.Told() != out.String() {
		t.Error("what was told differs from what was written")
	}
}
