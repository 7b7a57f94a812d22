package flinkssim

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
)

// newGUID returns a random version 4 GUID, as request ids and tokens are.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand aborts the process instead
	return formatGUID(b, 4)
}

// stableGUID derives a GUID from its parts, so that a simulator that was
// restarted gives the same bank login the same LoginId again.
func stableGUID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return formatGUID([16]byte(sum[:16]), 5)
}

func formatGUID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// mask shortens an id for a terminal: enough to tell two apart, not to use one.
func mask(id string) string {
	if len(id) <= 4 {
		return id
	}
	return id[:4] + "…"
}
