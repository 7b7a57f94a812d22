package devplane

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestReadStamps: of a directory the sources count, of a file the file.
func TestReadStamps(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"a.go", "a_test.go", "role.yaml", "notes.txt", ".a.go.swp", ".#a.go", "#a.go#", "a.go~", "below/b.go", "go.mod"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	found, err := readStamps([]string{dir, filepath.Join(dir, "go.mod"), filepath.Join(dir, "gone.go"), filepath.Join(dir, "gone")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{files[0], files[9], files[2]}
	if diff := cmp.Diff(want, changes(nil, found)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWatcher(t *testing.T) {
	const noon, later, last = 0, 1, 2
	at := func(minute int) stamp {
		return stamp{modified: time.Date(2030, 1, 1, 12, minute, 0, 0, time.UTC), size: 9}
	}
	longer := at(noon)
	longer.size++
	built := stamps{"a": at(noon), "b": at(noon)}
	for _, test := range []struct {
		name  string
		looks []stamps
		want  []string // at the last look
	}{
		{"nothing changes", []stamps{built, built}, nil},
		{"the first look at an edit waits", []stamps{{"a": at(later), "b": at(noon)}}, nil},
		{"an edit", []stamps{{"a": at(later), "b": at(noon)}, {"a": at(later), "b": at(noon)}}, []string{"a"}},
		{"a longer file of the same time", []stamps{{"a": longer, "b": at(noon)}, {"a": longer, "b": at(noon)}}, []string{"a"}},
		{"a file that goes", []stamps{{"a": at(noon)}, {"a": at(noon)}}, []string{"b"}},
		{"a new file", []stamps{{"a": at(noon), "b": at(noon), "c": at(later)}, {"a": at(noon), "b": at(noon), "c": at(later)}}, []string{"c"}},
		{"edits go on", []stamps{{"a": at(later), "b": at(noon)}, {"a": at(later), "b": at(last)}}, nil},
		{"edits end", []stamps{{"a": at(later), "b": at(noon)}, {"a": at(later), "b": at(last)}, {"a": at(later), "b": at(last)}}, []string{"a", "b"}},
		{"an edit that is taken back", []stamps{{"a": at(later), "b": at(noon)}, built, built}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w watcher
			w.begin(built)
			var got []string
			for _, now := range test.looks {
				got = w.look(now)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWatcherAfterABuild: what was built is not built again, whether or not it compiled.
func TestWatcherAfterABuild(t *testing.T) {
	var w watcher
	w.begin(stamps{})
	edited := stamps{"a": {size: 1}}
	w.look(edited)
	if got := w.look(edited); len(got) != 1 {
		t.Fatalf("changes = %v, want one", got)
	}
	w.begin(edited)
	if got := w.look(edited); got != nil {
		t.Errorf("changes after the build = %v, want none", got)
	}
}
