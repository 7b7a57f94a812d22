package link_test

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"
)

// TestPseudonyms: a pseudonym is a truncated HMAC under a key that is derived for this use, so that it
// tells nothing without the key, and is no tag, token or seal.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	day := time.Date(2031, 5, 6, 0, 0, 0, 0, time.UTC)
	older, newer := key('o', day), key('n', day.Add(24*time.Hour))
	both := keys(t, older, newer)
	derived, err := hkdf.Key(sha256.New, secret('o'), nil, "flinks-operator/link/pseudonym/v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, derived)
	mac.Write([]byte("203.0.113.7/32"))
	want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
	if id, got := both.Pseudonym(day, "203.0.113.7/32"); id != older.ID() || got != want {
		t.Errorf("it is %s with key %s, want %s with %s", got, id, want, older.ID())
	}
	if id, got := both.Pseudonym(day.Add(24*time.Hour), "203.0.113.7/32"); id != newer.ID() || got == want {
		t.Errorf("with the next key it is %s with key %s", got, id)
	}
	if _, got := both.Pseudonym(day, "203.0.113.8/32"); got == want {
		t.Error("another address has the same pseudonym")
	}
}
