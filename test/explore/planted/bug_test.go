package planted_test

import (
	"os"
	"path/filepath"
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
		code, err := os.ReadFile(filepath.Join("..", "..", "..", b.File))
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		if _, err := b.Apply(string(code)); err != nil {
			t.Error(err)
		}
	}
}

func TestATextThatIsNotThereOnceIsAnError(t *testing.T) {
	b := planted.Bug{Name: "m00", File: "a.go", Old: "x", New: "y"}
	for _, code := range []string{"", "x x"} {
		if _, err := b.Apply(code); err == nil {
			t.Errorf("%q: no error", code)
		}
	}
	if got, err := b.Apply("axb"); err != nil || got != "ayb" {
		t.Errorf("%q, %v", got, err)
	}
}
