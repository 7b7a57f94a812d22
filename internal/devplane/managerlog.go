package devplane

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// maxErrors bounds what is quoted of the operator's log.
const maxErrors = 3

// managerErrors returns an error with the last things that the operator complained
// about, each once; nil if it did not.
func (p *Plane) managerErrors() error {
	content, err := os.ReadFile(p.ManagerLog)
	if err != nil {
		return fmt.Errorf("reading the operator's log: %w", err)
	}
	last := lastErrors(content)
	if len(last) == 0 {
		return nil
	}
	return fmt.Errorf("the operator's log ends with:\n  %s", strings.Join(last, "\n  "))
}

// lastErrors returns the newest texts of level ERROR in a log of JSON lines, the
// newest last.
func lastErrors(log []byte) []string {
	var texts []string
	seen := map[string]bool{}
	lines := bytes.Split(log, []byte("\n"))
	for i := len(lines) - 1; i >= 0 && len(texts) < maxErrors; i-- {
		text := errorText(lines[i])
		if text != "" && !seen[text] {
			seen[text] = true
			texts = append([]string{text}, texts...)
		}
	}
	return texts
}

// errorText returns the error that a line reports; empty if it reports none.
func errorText(line []byte) string {
	var entry struct {
		Level      slog.Level
		Msg        string
		Err, Error string
	}
	if json.Unmarshal(line, &entry) != nil || entry.Level < slog.LevelError {
		return ""
	}
	parts := []string{entry.Msg, entry.Err, entry.Error}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
}
