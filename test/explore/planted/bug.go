// Package planted puts known defects back into the operator, one by one, and makes sure that the
// explorer finds each of them. A defect is a file that says which text is replaced by which. It is
// laid over the code when the explorer is built: the code itself has no switches.
package planted

import (
	"errors"
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
	// Edits are the changes that put it back.
	Edits []Edit
	// Cases are the names of cases that find it.
	Cases []string
	// Workloads and Faults are regular expressions for the cases that find it, if there is
	// none of that name any more.
	Workloads, Faults string
	// Test is a package and the name of a test in it that finds the defect instead.
	Test string
}

// Edit is a text that stands in a file exactly once, and what is put in its place.
type Edit struct{ File, Old, New string }

// Load reads the defects of a directory, in order of their names.
func Load(dir string) ([]Bug, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.bug"))
	if err != nil {
		return nil, fmt.Errorf("looking for defects: %w", err)
	}
	slices.Sort(files)
	var all []Bug
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // G304: a file of the source tree
		if err != nil {
			return nil, fmt.Errorf("reading a defect: %w", err)
		}
		b, err := Parse(string(text))
		if err == nil && b.Name+".bug" != filepath.Base(file) {
			err = fmt.Errorf("it is named %s", b.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, b)
	}
	return all, nil
}

const (
	fileMark = "--- in "
	oldMark  = "--- old"
	newMark  = "--- new"
)

// Parse reads one defect: lines of the form key: value, and then the edits.
func Parse(text string) (Bug, error) {
	head, _, _ := strings.Cut(text, fileMark)
	b, err := parseHead(head)
	if err != nil {
		return Bug{}, err
	}
	var file string
	var into *[]string
	var old, replacement []string
	add := func() {
		if len(old) > 0 {
			b.Edits = append(b.Edits, Edit{file, strings.Join(old, "\n"), strings.Join(replacement, "\n")})
		}
		old, replacement, into = nil, nil, nil
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(text, head), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, fileMark):
			add()
			file = strings.TrimPrefix(line, fileMark)
		case line == oldMark:
			add()
			into = &old
		case line == newMark:
			into = &replacement
		case into == nil:
			return Bug{}, fmt.Errorf("%q stands outside of the two texts", line)
		default:
			*into = append(*into, line)
		}
	}
	add()
	if len(b.Edits) == 0 {
		return Bug{}, errors.New("it changes nothing")
	}
	return b, nil
}

func parseHead(head string) (Bug, error) {
	var b Bug
	fields := map[string]*string{
		"name": &b.Name, "does": &b.Does, "workloads": &b.Workloads, "faults": &b.Faults, "test": &b.Test,
	}
	for line := range strings.Lines(head) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch field := fields[key]; {
		case key == "case":
			b.Cases = append(b.Cases, value)
		case field == nil:
			return Bug{}, fmt.Errorf("there is no field %q", key)
		default:
			*field = value
		}
	}
	if b.Name == "" || b.Does == "" {
		return Bug{}, errors.New("it needs name and does")
	}
	return b, nil
}

// Apply returns the files with the defect; read returns a file as it is. A text that does not
// stand there exactly once is an error: the code has changed, and the defect must be written again.
func (b Bug) Apply(read func(file string) (string, error)) (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range b.Edits {
		code, ok := changed[e.File]
		if !ok {
			var err error
			if code, err = read(e.File); err != nil {
				return nil, fmt.Errorf("planting %s: %w", b.Name, err)
			}
		}
		if n := strings.Count(code, e.Old); n != 1 {
			return nil, fmt.Errorf("planting %s: the old text stands %d times in %s, and not once: %q", b.Name, n, e.File, e.Old)
		}
		changed[e.File] = strings.Replace(code, e.Old, e.New, 1)
	}
	return changed, nil
}
