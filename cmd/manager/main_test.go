package main

import (
	"log/slog"
	"strings"
	"testing"
)

// TestLogLevel: from verbosity 6 on, the Kubernetes client logs whole requests and answers.
func TestLogLevel(t *testing.T) {
	for _, level := range []string{"INFO", "DEBUG", "DEBUG-4", "DEBUG-100"} {
		var parsed slog.Level
		if err := parsed.UnmarshalText([]byte(level)); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		log := newLogger(&text, parsed)
		log.V(4).Info("Detail")
		for _, verbosity := range []int{5, 6, 8, 10} {
			log.V(verbosity).Info("Body")
		}
		if strings.Contains(text.String(), "Body") {
			t.Errorf("%s logs bodies", level)
		}
		if got := strings.Contains(text.String(), "Detail"); got != (level != "INFO") {
			t.Errorf("%s logs what is for DEBUG: %t", level, got)
		}
	}
}
