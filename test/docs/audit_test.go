package docs

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/audit"
)

var (
	auditRow  = regexp.MustCompile("(?m)^\\| `([\\w.]+)` \\| (.*) \\|$")
	auditLine = regexp.MustCompile(`(?m)^\{"time":.*\}$`)
)

// TestAuditFormat: docs/audit.md has each action and each outcome, and no other, and an example that is what
// the operator writes, with every field.
func TestAuditFormat(t *testing.T) {
	t.Parallel()
	page := read(t, "docs", "audit.md")
	fields, actions, found := strings.Cut(page, "### Actions")
	if !found {
		t.Fatal("the page has no section about actions")
	}
	var named []string
	for _, row := range auditRow.FindAllStringSubmatch(actions, -1) {
		named = append(named, row[1])
	}
	const vocabulary = "internal/audit/vocabulary.go"
	outcomes := []string{string(audit.Succeeded), string(audit.Refused)}
	constants := slices.DeleteFunc(constants(t, vocabulary, ""), func(c string) bool {
		return c == audit.APIVersion || slices.Contains(outcomes, c)
	})
	if diff := cmp.Diff(constants, named); diff != "" {
		t.Errorf("the actions of the page are not those of %s (-constants +page):\n%s", vocabulary, diff)
	}
	for _, word := range append(outcomes, audit.APIVersion, audit.Kind, audit.Logger) {
		if !words(fields)[word] {
			t.Errorf("%s has no entry", word)
		}
	}
	example := auditLine.FindString(page)
	if got := writtenAgain(t, example); got != example {
		t.Errorf("the operator writes\n%s\nand the page has\n%s", got, example)
	}
	described := map[string]bool{"object": true, "instance": true}
	for _, row := range auditRow.FindAllStringSubmatch(fields, -1) {
		described[row[1]] = true
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(example), &all); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pathsOf("", all), slices.Sorted(maps.Keys(described))); diff != "" {
		t.Errorf("the fields of the page are not those of its example (-example +page):\n%s", diff)
	}
}

// writtenAgain returns the line that the operator writes for what a line says.
func writtenAgain(t *testing.T, line string) string {
	t.Helper()
	var parsed struct {
		Time time.Time `json:"time"`
		audit.Record
	}
	if err := json.Unmarshal([]byte(line), &parsed); err != nil {
		t.Fatal(err)
	}
	record := reflect.ValueOf(parsed.Record)
	for _, field := range reflect.VisibleFields(record.Type()) {
		if record.FieldByIndex(field.Index).IsZero() {
			t.Errorf("the example has no %s", field.Name)
		}
	}
	var written bytes.Buffer
	audit.New(&written, func() time.Time { return parsed.Time }, func(err error) { t.Error(err) }).Write(parsed.Record)
	return strings.TrimSuffix(written.String(), "\n")
}

// pathsOf returns the paths of all fields, in order.
func pathsOf(prefix string, object map[string]any) (paths []string) {
	for name, value := range object {
		paths = append(paths, prefix+name)
		if inner, ok := value.(map[string]any); ok {
			paths = append(paths, pathsOf(prefix+name+".", inner)...)
		}
	}
	slices.Sort(paths)
	return paths
}
