// Package opaque holds values that no output may show. Only the packages below
// internal/flinks can read them.
package opaque

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Value keeps a string behind a closure. A String method alone is not enough:
// fmt does not call methods on unexported fields of an enclosing struct and would
// print the plain value. Of a func it can only print an address.
type Value struct{ reveal func() string }

// Conceal returns the value of a string; the zero Value for an empty one.
func Conceal(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{reveal: func() string { return s }}
}

// Reveal returns the string of a value. It is no method, because the types that embed a
// Value would have it too.
func Reveal(v Value) string {
	if v.reveal == nil {
		return ""
	}
	return v.reveal()
}

// Same reports whether both values are the same, in constant time.
func Same(v, w Value) bool {
	return subtle.ConstantTimeCompare([]byte(Reveal(v)), []byte(Reveal(w))) == 1
}

// IsZero reports whether there is no value. encoding/json's omitzero uses it.
func (v Value) IsZero() bool { return v.reveal == nil }

// String returns REDACTED, or nothing for the zero value.
func (v Value) String() string {
	if v.IsZero() {
		return ""
	}
	return redacted
}

// Format prints the same as String for every verb and flag, %#v included.
func (v Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.String()) }

// MarshalText returns the same as String.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalJSON returns String as a JSON string.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + v.String() + `"`), nil }

// LogValue returns the same as String; log/slog uses it.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }
