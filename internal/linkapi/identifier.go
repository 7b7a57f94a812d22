package linkapi

import (
	"fmt"
	"io"
	"log/slog"
)

// Identifier is a value that must not be shown: a link's token, a loginId, a
// requestId, a URL of Flinks Connect, a webhook key. Whatever prints it prints
// REDACTED, or nothing for the zero value.
type Identifier struct{ reveal func() string }

// NewIdentifier hides a value.
func NewIdentifier(v string) Identifier {
	if v == "" {
		return Identifier{}
	}
	return Identifier{reveal: func() string { return v }}
}

// Reveal returns the value, for the one place that needs it.
func (i Identifier) Reveal() string {
	if i.reveal == nil {
		return ""
	}
	return i.reveal()
}

// IsZero reports whether there is no value.
func (i Identifier) IsZero() bool { return i.reveal == nil }

// String returns REDACTED, or nothing for the zero value.
func (i Identifier) String() string {
	if i.IsZero() {
		return ""
	}
	return "REDACTED"
}

// Format prints the same as String for every verb and flag.
func (i Identifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, i.String()) }

// MarshalText returns the same as String, so that JSON shows nothing either.
func (i Identifier) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// LogValue returns the same as String.
func (i Identifier) LogValue() slog.Value { return slog.StringValue(i.String()) }
