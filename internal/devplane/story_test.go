package devplane

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStory(t *testing.T) {
	var out bytes.Buffer
	s := newStory(&out)
	s.title("1. Title")
	s.row(row{name: "a", ready: "True"})
	s.row(row{name: "b"})
	s.say("two\nlines")
	s.row(row{name: "c"})

	got := regexp.MustCompile(` +\d+\.\ds`).ReplaceAllString(out.String(), "TIME")
	got = regexp.MustCompile(` +- .*| +READY.*| +True.*`).ReplaceAllString(got, " …")
	want := `
TIME  1. Title
TIME    NAME …
TIME    a …
TIME    b …
TIME    two
TIME    lines
TIME    NAME …
TIME    c …
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	if !bytes.Equal(s.told(), out.Bytes()) {
		t.Error("the record differs from what was told")
	}
}

func TestAStepThatFailsEndsTheStory(t *testing.T) {
	cause := errors.New("nobody answered")
	done := ""
	steps := []step{
		{"first", func(context.Context) error { done += "1"; return nil }},
		{"second", func(context.Context) error { done += "2"; return cause }},
		{"third", func(context.Context) error { done += "3"; return nil }},
	}
	err := newStory(&bytes.Buffer{}).tell(t.Context(), steps)
	if !errors.Is(err, cause) || !regexp.MustCompile(`^step 2 failed after \d+\.\ds: nobody answered$`).MatchString(err.Error()) {
		t.Errorf("error = %v, want that of step 2", err)
	}
	if done != "12" {
		t.Errorf("steps done = %q, want 12", done)
	}
}
