package manager

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

// FuzzLinkKeys reads any Secret of link keys, after one that has a key. It is taken whole or
// not at all: if it has anything that is no key, the key from before goes on. Otherwise all
// its keys verify, and none that was not there before signs until the other replicas know
// it. An error contains nothing of the Secret, whose names an administrator may have
// confused with the keys.
func FuzzLinkKeys(f *testing.F) {
	f.Add("20310506T110000Z", first, "20310506T120000Z", second)
	f.Add("20310506T110000Z", first, "20310506T120000Z", first)
	f.Add("20310506T110000Z", first, string(second), []byte("20310506T120000Z"))
	f.Add("20310506T110000Z", first[1:], "", []byte{})
	f.Add("00000101T000000Z", second, "99991231T235959Z", bytes.Repeat(second, 3))
	f.Fuzz(func(t *testing.T, name string, secret []byte, otherName string, otherSecret []byte) {
		k := linkKeys{}
		if err := k.take(keyRing, time.Time{}); err != nil {
			t.Fatal(err)
		}
		data := map[string][]byte{name: secret, otherName: otherSecret}
		err := k.take(data, noon.Add(keyDelay))
		keys, soon := k.current(), noon.Add(keyDelay-1)
		if err != nil {
			if !slices.Contains([]error{errKeyName, link.ErrKey, link.ErrKeys}, err) || keys.Signer(soon) != idOf(t, first) {
				t.Fatalf("%v, and %s signs", err, keys.Signer(soon))
			}
			return
		}
		for name, secret := range data {
			signsFrom, err := time.Parse(keyNameLayout, name)
			if err != nil || len(secret) < link.KeyBytes || !keys.Knows(noon, idOf(t, secret)) {
				t.Fatalf("%q of %d bytes is a key: %v", name, len(secret), err)
			}
			if bytes.Equal(secret, first) && !signsFrom.After(noon) && keys.Signer(soon) != idOf(t, first) {
				t.Fatalf("%s signs before the other replicas know it", keys.Signer(soon))
			}
		}
	})
}
