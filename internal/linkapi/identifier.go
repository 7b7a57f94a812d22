package linkapi

import (
	"fmt"
	"io"
	"log/slog"
)

// Identifier is a value that must not be printed: the token of a link, a loginId, a
// requestId, a URL of Flinks Connect or a webhook key. It prints as REDACTED, and its zero
// value as nothing.
type Identifier struct{ reveal func() string }

// NewIdentifier returns the Identifier of a value.
func NewIdentifier(v string) Identifier {
	if v == "" {
		return Identifier{}
	}
	return Identifier{reveal: func() string { return v }}
}

// Reveal returns the value, for the request or the answer that must contain it.
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

// MarshalText returns the same as String, so that JSON does not contain the value either.
func (i Identifier) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// LogValue returns the same as String.
func (i Identifier) LogValue() slog.Value { return slog.StringValue(i.String()) }

func identifiers(values []string) []Identifier {
	ids := make([]Identifier, 0, len(values))
	for _, v := range values {
		ids = append(ids, NewIdentifier(v))
	}
	return ids
}
