package devplane

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stamp is what an edit changes of a file.
type stamp struct {
	modified time.Time
	size     int64
}

// stamps are the stamps of source files, by path.
type stamps map[string]stamp

// readStamps reads the stamps of files, and of the source files in directories; not of
// those in directories below. What does not exist has no stamp.
func readStamps(paths []string) (stamps, error) {
	found := stamps{}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // an editor replaces files, and branches lack some
			case err != nil:
				return err
			case entry.IsDir() && file != path:
				return fs.SkipDir
			case entry.IsDir() || file != path && !isSource(entry.Name()):
				return nil
			}
			return found.read(file)
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s stamps) read(file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		s[file] = stamp{info.ModTime(), info.Size()}
	}
	return err
}

// isSource reports whether a file of a source directory gets into the operator or the
// cluster. Tests do not, nor does what an editor keeps beside a file.
func isSource(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "_test.go") {
		return false
	}
	return filepath.Ext(name) == ".go" || filepath.Ext(name) == ".yaml"
}

// changes returns the files that were edited, made or removed between two readings.
func changes(before, after stamps) []string {
	var changed []string
	for file, s := range after {
		if old, ok := before[file]; !ok || old != s {
			changed = append(changed, file)
		}
	}
	for file := range before {
		if _, ok := after[file]; !ok {
			changed = append(changed, file)
		}
	}
	slices.Sort(changed)
	return changed
}

// watcher finds changes since the last build.
type watcher struct {
	// built are the stamps at the last build, last those at the last look.
	built, last stamps
}

// begin notes what a build is about to read.
func (w *watcher) begin(s stamps) { w.built, w.last = s, s }

// look returns what has changed since the last build. It returns nothing while files
// still change: an editor saves several of them, and a checkout many.
func (w *watcher) look(now stamps) []string {
	settled := maps.Equal(w.last, now)
	w.last = now
	if !settled {
		return nil
	}
	return changes(w.built, now)
}
