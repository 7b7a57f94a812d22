package testenv

import (
	"log/slog"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Log holds every line that was logged, for tests that look for what must not be in
// it. It is safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text []byte
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// CaptureLog sends what this process logs to a Log, at the level of detail that the
// manager offers at most: below that, client-go prints the bodies of Secrets.
func CaptureLog() *Log {
	captured := &Log{}
	log := logr.FromSlogHandler(slog.NewJSONHandler(captured, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	return captured
}
