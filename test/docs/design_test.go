package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// noteRow is a row of the index: number, title, file, date, date or –, status.
var noteRow = regexp.MustCompile(`(?m)^\| (\d{4}) \| \[(.+?)\]\((\S+)\) \| (\S+) \| (\S+) \| (.+) \|$`)

// TestDesignIndex: docs/design/README.md has each note with its title, its dates and a
// status, in order, and nothing else.
func TestDesignIndex(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(path(t, "docs", "design", "[0-9]*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("notes = %v, %v", files, err)
	}
	index := read(t, "docs", "design", "README.md")
	rows := noteRow.FindAllStringSubmatch(index, -1)
	for i, file := range files {
		name := filepath.Base(file)
		if i >= len(rows) || rows[i][3] != name {
			t.Fatalf("the index has no row for %s, in its place and of the form of the others", name)
		}
		checkNote(t, name, rows[i])
	}
	if len(rows) != len(files) {
		t.Errorf("the index has %d rows, want %d: one for each note", len(rows), len(files))
	}
	others, err := os.ReadDir(path(t, "docs", "design"))
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range others {
		if name := other.Name(); name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("the index does not link to %s", name)
		}
	}
}

func checkNote(t *testing.T, name string, row []string) {
	t.Helper()
	title, _, _ := strings.Cut(read(t, "docs", "design", name), "\n")
	if want := strings.TrimPrefix(title, "# "); row[2] != want {
		t.Errorf("the index calls %s %q, its title is %q", name, row[2], want)
	}
	if row[1] != name[:4] {
		t.Errorf("the index numbers %s %s", name, row[1])
	}
	decided, err := time.Parse(time.DateOnly, row[4])
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if row[5] != "–" {
		if changed, err := time.Parse(time.DateOnly, row[5]); err != nil || !changed.After(decided) {
			t.Errorf("%s was changed on %s, want a date after %s, or –", name, row[5], row[4])
		}
	}
	if status, _, _ := strings.Cut(row[6], ";"); status != "in force" && !strings.HasPrefix(status, "replaced by [") {
		t.Errorf("%s has the status %q, want %q, or %q and a link", name, row[6], "in force", "replaced by")
	}
}
