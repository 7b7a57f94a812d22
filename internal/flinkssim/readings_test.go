package flinkssim

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// readingRow is a row of the tables of docs/simulator.md.
var (
	readingRow = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| (?:–|` + "`(\\w+)`" + `) \| ([^|]*) \| ([^|]*)\|$`)
	toolRow    = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]+ \\| `([^`]+)` \\|$")
	leading    = regexp.MustCompile("^`([^`]+)`")
)

// TestReadings holds docs/simulator.md to the code: every knob is in it, with the value
// that it has in either profile.
func TestReadings(t *testing.T) {
	raw, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	strict, kind := DefaultKnobs(), DefaultKnobs()
	kind.Kind()
	found, last := map[string]bool{}, 0
	for _, row := range readingRow.FindAllStringSubmatch(string(raw), -1) {
		n, _ := strconv.Atoi(row[1])
		if n != last && n != last+1 {
			t.Errorf("row %d follows row %d", n, last)
		}
		last = n
		if row[2] == "" {
			continue
		}
		found[row[2]] = true
		wantCell(t, row[2], row[3], strict)
		if strings.TrimSpace(row[4]) == "" {
			wantCell(t, row[2], row[3], kind)
		} else {
			wantCell(t, row[2], row[4], kind)
		}
	}
	for _, row := range toolRow.FindAllStringSubmatch(string(raw), -1) {
		found[row[1]] = true
		wantCell(t, row[1], "`"+row[2]+"`", strict)
	}
	if last != 46 {
		t.Errorf("the last row is %d", last)
	}
	for field := range reflect.TypeFor[Knobs]().Fields() {
		if name := field.Tag.Get("json"); !found[name] {
			t.Errorf("docs/simulator.md does not mention %s", name)
		}
	}
}

// wantCell checks that a cell begins with the value that the knob has.
func wantCell(t *testing.T, knob, cell string, have Knobs) {
	t.Helper()
	value := leading.FindStringSubmatch(cell)
	if value == nil {
		t.Errorf("%s: the cell %q begins with no value", knob, cell)
		return
	}
	written := have
	if err := written.Set(knob, value[1]); err != nil || written != have {
		t.Errorf("%s: docs/simulator.md says %s: %v", knob, value[1], err)
	}
}
