package flinks

import (
	"errors"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

// ErrConnectTag is returned for a tag that is longer than 256 bytes or contains control characters.
var ErrConnectTag = errors.New("flinks: the tag of the Connect link is not valid")

const maxTag = 256

// Tag is the tag of a Connect link. The maker of the link chose it, so it may contain a
// person's name.
type Tag struct{ opaque.Value }

// ParseTag reads a tag as a Connect link can have it: at most 256 bytes without
// control characters. The error is ErrConnectTag.
func ParseTag(raw string) (Tag, error) {
	if len(raw) > maxTag || strings.ContainsFunc(raw, isControl) {
		return Tag{}, ErrConnectTag
	}
	return Tag{opaque.Conceal(raw)}, nil
}

// Equal reports whether both are the same tag, in constant time.
func (t Tag) Equal(o Tag) bool { return opaque.Same(t.Value, o.Value) }

// ForComparison returns the value, to be compared with a tag that was given out, and
// for nothing else.
func (t Tag) ForComparison() string { return opaque.Reveal(t.Value) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }
