package main

import (
	"strings"
	"sync"
	"time"
)

// heartbeat is how often a long step says that it is alive.
const heartbeat = 15 * time.Second

// withProgress runs one step: a line every heartbeat while it lasts, and a line with the time it
// took when it is done. The step writes what it is doing to the lastLine it gets.
func withProgress(name string, step func(*lastLine) error) error {
	doing := lastLine{line: "working"}
	begin := time.Now()
	elapsed := func() time.Duration { return time.Since(begin).Round(time.Second) }

	result := make(chan error, 1)
	go func() { result <- step(&doing) }()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case err := <-result:
			if err == nil {
				say("%s: done in %s", name, elapsed())
			}
			return err
		case <-ticker.C:
			say("%s: %s, %s", name, elapsed(), doing.String())
		}
	}
}

// lastLine is a writer that remembers the last line written to it.
type lastLine struct {
	mu   sync.Mutex
	line string
}

// Write implements io.Writer. The go command writes whole lines.
func (l *lastLine) Write(p []byte) (int, error) {
	lines := strings.Split(strings.TrimSpace(string(p)), "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = lines[len(lines)-1]
	return len(p), nil
}

// String returns the last line.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}
