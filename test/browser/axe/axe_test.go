package axe

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// TestScriptIsUnchanged: it is what the publisher of axe-core signed for, and nothing else.
func TestScriptIsUnchanged(t *testing.T) {
	const want = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
	sum := sha256.Sum256([]byte(script))
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the SHA-256 of axe.min.js is %s, want %s", got, want)
	}
}
