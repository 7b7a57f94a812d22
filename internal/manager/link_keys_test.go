package manager

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

var (
	noon    = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	first   = bytes.Repeat([]byte("1"), link.KeyBytes)
	second  = bytes.Repeat([]byte("2"), link.KeyBytes)
	keyRing = map[string][]byte{"20310506T110000Z": first}
)

func idOf(t *testing.T, secret []byte) string {
	t.Helper()
	key, err := link.NewKey(secret, noon)
	if err != nil {
		t.Fatal(err)
	}
	return key.ID()
}

// TestKeysThatAppear sign when every replica has read them, and not before the time in their name;
// what another replica signs with them is known at once.
func TestKeysThatAppear(t *testing.T) {
	for name, tc := range map[string]struct {
		name  string
		signs time.Time
	}{
		"in time":                   {"20310506T123000Z", noon.Add(30 * time.Minute)},
		"in a hurry":                {"20310506T120010Z", noon.Add(keyDelay)},
		"with a time that is over":  {"20310506T113000Z", noon.Add(keyDelay)},
		"older than all the others": {"20300506T113000Z", noon.Add(keyDelay)},
	} {
		t.Run(name, func(t *testing.T) {
			k := linkKeys{}
			if err := k.take(keyRing, time.Time{}); err != nil {
				t.Fatal(err)
			}
			both := map[string][]byte{"20310506T110000Z": first, tc.name: second}
			for _, read := range []time.Time{noon, noon.Add(time.Minute), noon.Add(time.Hour)} {
				if err := k.take(both, read.Add(keyDelay)); err != nil {
					t.Fatal(err)
				}
				keys := k.current()
				if keys.Signer(tc.signs.Add(-1)) != idOf(t, first) || keys.Signer(tc.signs) != idOf(t, second) {
					t.Errorf("read at %v, it does not sign from %v", read, tc.signs)
				}
				if !keys.Knows(noon, idOf(t, second)) {
					t.Error("it does not verify")
				}
			}
		})
	}
}

// TestKeysAtTheStart sign by their names: another replica may have read them long ago.
func TestKeysAtTheStart(t *testing.T) {
	k := linkKeys{}
	if err := k.take(map[string][]byte{"20310506T110000Z": first, "20310506T120000Z": second}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if keys := k.current(); keys.Signer(noon) != idOf(t, second) {
		t.Error("the newest does not sign")
	}
}

// TestTheOnlyKey signs at once, even if it has just replaced all others.
func TestTheOnlyKey(t *testing.T) {
	k := linkKeys{}
	if err := errors.Join(k.take(keyRing, time.Time{}), k.take(map[string][]byte{"20310506T120000Z": second}, noon.Add(keyDelay))); err != nil {
		t.Fatal(err)
	}
	if keys := k.current(); keys.Signer(noon) != idOf(t, second) || keys.Knows(noon, idOf(t, first)) {
		t.Error("the key that was removed is known")
	}
}

// TestRemovedKeysAreTold, with one event for any number of them.
func TestRemovedKeysAreTold(t *testing.T) {
	k := linkKeys{removed: make(chan event.GenericEvent, 1)}
	both := map[string][]byte{"20310506T110000Z": first, "20310506T120000Z": second}
	for _, data := range []map[string][]byte{keyRing, keyRing, both} {
		if err := k.take(data, time.Time{}); err != nil || len(k.removed) != 0 {
			t.Fatalf("%d events without a removal, %v", len(k.removed), err)
		}
	}
	for range 2 {
		if err := errors.Join(k.take(keyRing, time.Time{}), k.take(both, time.Time{})); err != nil || len(k.removed) != 1 {
			t.Fatalf("%d events, %v", len(k.removed), err)
		}
	}
}

// TestKeysThatCannotBeRead replace none.
func TestKeysThatCannotBeRead(t *testing.T) {
	for name, data := range map[string]map[string][]byte{
		"nothing":         {},
		"a name":          {"20310506T110000Z": first, "key": second},
		"a day":           {"20310506": first},
		"a time zone":     {"20310506T110000+0100": first},
		"a month too far": {"20311306T110000Z": first},
		"too short":       {"20310506T110000Z": first, "20310506T120000Z": second[1:]},
		"one key twice":   {"20310506T110000Z": first, "20310506T120000Z": first},
	} {
		k := linkKeys{}
		if err := k.take(keyRing, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := k.take(data, noon); err == nil {
			t.Errorf("%s: it is taken", name)
		}
		if keys := k.current(); keys.Signer(noon) != idOf(t, first) {
			t.Errorf("%s: the key is gone", name)
		}
	}
}
