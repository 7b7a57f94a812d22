package planted_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/flinks-operator/flinks-operator/test/explore/planted"
)

// TestBugsApply: each defect stands on the code as it is.
func TestBugsApply(t *testing.T) {
	bugs, err := planted.Load("bugs")
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) == 0 {
		t.Fatal("there are no defects")
	}
	for _, b := range bugs {
		_, err := b.Apply(func(file string) (string, error) {
			code, err := os.ReadFile(filepath.Join("..", "..", "..", file))
			return string(code), err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestBugsAreListed: each defect has a row in the document, and nothing else has one with a name.
func TestBugsAreListed(t *testing.T) {
	bugs, err := planted.Load("bugs")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "design", "found-bugs.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([ims][0-9]+[a-z]?) \| (.*?) \|`).FindAllStringSubmatch(string(text), -1) {
		listed[row[1]] = row[2]
	}
	for _, b := range bugs {
		if listed[b.Name] != b.Does {
			t.Errorf("%s is listed as %q, and does this: %s", b.Name, listed[b.Name], b.Does)
		}
		delete(listed, b.Name)
	}
	for name := range listed {
		t.Errorf("%s is listed, and there is no file of it", name)
	}
}

func TestATextThatIsNotThereOnceIsAnError(t *testing.T) {
	b, err := planted.Parse("name: m00\ndoes: nothing\n\n--- in a.go\n--- old\nx\n--- new\ny\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"", "x x"} {
		if _, err := b.Apply(func(string) (string, error) { return code, nil }); err == nil {
			t.Errorf("%q: no error", code)
		}
	}
	got, err := b.Apply(func(string) (string, error) { return "axb", nil })
	if err != nil || got["a.go"] != "ayb" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSeveralEdits(t *testing.T) {
	b, err := planted.Parse("name: m00\ndoes: nothing\ncase: W01\n--- in a.go\n--- old\nx\n--- new\n--- old\ny\nz\n--- new\nq\n--- in b.go\n--- old\n1\n--- new\n2\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []planted.Edit{{"a.go", "x", ""}, {"a.go", "y\nz", "q"}, {"b.go", "1", "2"}}
	if len(b.Edits) != len(want) {
		t.Fatalf("%q", b.Edits)
	}
	for n, e := range b.Edits {
		if e != want[n] {
			t.Errorf("edit %d is %q, want %q", n, e, want[n])
		}
	}
}
