// Package planted puts known defects back into the operator, one by one, and makes sure that the
// explorer finds each of them. A defect is a file that says which text is replaced by which. It is
// laid over the code when the explorer is built: the code itself has no switches.
package planted

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bug is one defect.
type Bug struct {
	// Name of the defect, such as m01, and what it does.
	Name, Does string
	// File that it changes, and the text that stands there exactly once.
	File, Old, New string
	// Workloads and Faults are regular expressions for the cases that find it; empty for all.
	Workloads, Faults string
}

// Load reads the defects of a directory, in order of their names.
func Load(dir string) ([]Bug, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.bug"))
	if err != nil {
		return nil, fmt.Errorf("looking for defects: %w", err)
	}
	slices.Sort(files)
	var all []Bug
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a defect: %w", err)
		}
		b, err := Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, b)
	}
	return all, nil
}

const (
	oldMark = "--- old\n"
	newMark = "--- new\n"
)

// Parse reads one defect: lines of the form key: value, and then the two texts.
func Parse(text string) (Bug, error) {
	head, rest, ok := strings.Cut(text, oldMark)
	old, replacement, ok2 := strings.Cut(rest, newMark)
	if !ok || !ok2 || old == "" {
		return Bug{}, fmt.Errorf("it has no two texts behind %q and %q", oldMark, newMark)
	}
	b := Bug{Old: old, New: replacement}
	fields := map[string]*string{
		"name": &b.Name, "does": &b.Does, "file": &b.File, "workloads": &b.Workloads, "faults": &b.Faults,
	}
	for line := range strings.Lines(head) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		field := fields[key]
		if field == nil {
			return Bug{}, fmt.Errorf("there is no field %q", key)
		}
		*field = strings.TrimSpace(value)
	}
	if b.Name == "" || b.Does == "" || b.File == "" {
		return Bug{}, fmt.Errorf("it needs name, does and file")
	}
	return b, nil
}

// Apply is the file with the defect. A text that does not stand there exactly once is an error:
// the code has changed, and the defect must be written anew.
func (b Bug) Apply(code string) (string, error) {
	if n := strings.Count(code, b.Old); n != 1 {
		return "", fmt.Errorf("planting %s: the old text stands %d times in %s, and not once", b.Name, n, b.File)
	}
	return strings.Replace(code, b.Old, b.New, 1), nil
}
