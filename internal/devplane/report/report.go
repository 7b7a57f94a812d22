// Package report tells people what happens, and when.
package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Reporter writes a report, each line with the time since its beginning. It is safe for concurrent
// use.
type Reporter struct {
	out   io.Writer
	start time.Time

	mu sync.Mutex
	// told is all that was written so far.
	told bytes.Buffer
	// heading is that of the table whose row was the last line; empty after any other line.
	heading string
}

// New begins a report.
func New(out io.Writer) *Reporter {
	r := &Reporter{start: time.Now()}
	r.out = io.MultiWriter(out, &r.told)
	return r
}

// Told returns all that was written so far.
func (r *Reporter) Told() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told.String()
}

// Title begins a new part of the report.
func (r *Reporter) Title(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heading = ""
	_, _ = fmt.Fprintln(r.out)
	r.line(fmt.Sprintf(format, args...))
}

// Line writes one line, as prominent as a title.
func (r *Reporter) Line(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heading = ""
	r.line(text)
}

// Say writes a text of one line or more.
func (r *Reporter) Say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heading = ""
	for text := range strings.Lines(fmt.Sprintf(format, args...)) {
		r.line("  " + strings.TrimRight(text, "\n"))
	}
}

// Row writes a row of a table, after its heading unless the line before is of the same table.
func (r *Reporter) Row(heading, row string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heading != heading {
		r.line("  " + heading)
	}
	r.heading = heading
	r.line("  " + row)
}

func (r *Reporter) line(text string) {
	_, _ = fmt.Fprintf(r.out, "%6.1fs  %s\n", r.Elapsed().Seconds(), text)
}

// Elapsed returns the time since the report began.
func (r *Reporter) Elapsed() time.Duration { return time.Since(r.start) }
