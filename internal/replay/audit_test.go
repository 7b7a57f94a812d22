package replay

import (
	"strings"
	"testing"
)

// TestLogThatIsBeingWritten: an unfinished last line is left out; every finished line must
// be readable.
func TestLogThatIsBeingWritten(t *testing.T) {
	const whole = `{"stage":"ResponseComplete","verb":"get"}` + "\n"
	for log, readable := range map[string]bool{
		"":                              true,
		whole:                           true,
		whole + `{"stage":"ResponseCo`:  true,
		whole + `{"stage":` + "\n":      false,
		`{"stage":` + "\n" + whole:      false,
		strings.Repeat(whole, 3) + "{":  true,
		strings.Repeat(whole, 3) + "\n": false,
	} {
		if _, err := readHistory(strings.NewReader(log), "operator"); (err == nil) != readable {
			t.Errorf("%q: %v", log, err)
		}
	}
}
