package world

import (
	"fmt"
	"strings"

	"github.com/go-logr/logr"
)

// sinks are where the operator's words go.
type sinks struct{ text strings.Builder }

func (s *sinks) error(of string, err error) { fmt.Fprintf(&s.text, "error of %s: %v\n", of, err) }

// Said returns all that the operator said so far in logs and errors.
func (w *World) Said() string { return w.sinks.text.String() }

// Say adds to what the operator said: an answer to a person, for example.
func (w *World) Say(format string, args ...any) { fmt.Fprintf(&w.sinks.text, format+"\n", args...) }

// log returns the log of a process, at every level.
func (s *sinks) log(process string) logr.LogSink { return logSink{s, process} }

type logSink struct {
	s      *sinks
	prefix string
}

func (logSink) Init(logr.RuntimeInfo) {}

func (logSink) Enabled(int) bool { return true }

func (l logSink) Info(level int, message string, pairs ...any) {
	fmt.Fprintf(&l.s.text, "%s V(%d) %s %v\n", l.prefix, level, message, pairs)
}

func (l logSink) Error(err error, message string, pairs ...any) {
	fmt.Fprintf(&l.s.text, "%s error %s: %+v %v\n", l.prefix, message, err, pairs)
}

func (l logSink) WithValues(pairs ...any) logr.LogSink {
	return logSink{l.s, fmt.Sprintf("%s %v", l.prefix, pairs)}
}

func (l logSink) WithName(name string) logr.LogSink { return logSink{l.s, l.prefix + " " + name} }
