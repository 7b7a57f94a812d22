package devplane

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// story tells people what happens, and when. It is safe for concurrent use.
type story struct {
	out   io.Writer
	start time.Time

	mu sync.Mutex
	// record is all that was told so far.
	record bytes.Buffer
	// inTable: the last line was a row, so that the next row needs no heading.
	inTable bool
}

func newStory(out io.Writer) *story {
	s := &story{start: time.Now()}
	s.out = io.MultiWriter(out, &s.record)
	return s
}

// told is all that was told so far.
func (s *story) told() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.record.Bytes())
}

// title begins a new part of the story.
func (s *story) title(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inTable = false
	_, _ = fmt.Fprintln(s.out)
	s.line(fmt.Sprintf(format, args...))
}

// say tells one thing, of one line or more.
func (s *story) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inTable = false
	for text := range strings.Lines(fmt.Sprintf(format, args...)) {
		s.line("  " + strings.TrimRight(text, "\n"))
	}
}

// row shows a row of the table of connections.
func (s *story) row(r row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.inTable {
		s.line("  " + heading.String())
	}
	s.inTable = true
	s.line("  " + r.String())
}

func (s *story) line(text string) {
	_, _ = fmt.Fprintf(s.out, "%7s  %s\n", seconds(s.elapsed()), text)
}

func (s *story) elapsed() time.Duration { return time.Since(s.start) }

func seconds(d time.Duration) string {
	return fmt.Sprintf("%.1fs", d.Seconds())
}
