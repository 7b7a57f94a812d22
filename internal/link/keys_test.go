package link_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

func TestKeysThatAreNone(t *testing.T) {
	many := make([]link.Key, link.MaxKeys+1)
	for i := range many {
		many[i] = key(byte(i), issued)
	}
	for name, tc := range map[string]struct {
		keys []link.Key
		want error
	}{
		"none":                      {nil, link.ErrKeys},
		"one that was not made":     {[]link.Key{newKey, {}}, link.ErrKeys},
		"one twice":                 {[]link.Key{newKey, oldKey, newKey}, link.ErrKeys},
		"one twice, at other times": {[]link.Key{newKey, key('n', issued)}, link.ErrKeys},
		"too many":                  {many, link.ErrKeys},
		"one":                       {many[:1], nil},
		"as many as there may be":   {many[1:], nil},
	} {
		if _, err := link.NewKeys(tc.keys...); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	for name, tc := range map[string]struct {
		secret []byte
		want   error
	}{
		"no bytes": {nil, link.ErrKey},
		"short":    {secret('n')[1:], link.ErrKey},
		"long":     {bytes.Repeat(secret('n'), 4), nil},
	} {
		if _, err := link.NewKey(tc.secret, issued); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	if a, b := link.RandomKey(), link.RandomKey(); len(a) != link.KeyBytes || bytes.Equal(a, b) {
		t.Error("two random keys are the same")
	}
}

// TestKeysAreTheirOwn: the caller may wipe the slice that it passed.
func TestKeysAreTheirOwn(t *testing.T) {
	given := secret('n')
	one, err := link.NewKey(given, issued)
	if err != nil {
		t.Fatal(err)
	}
	k := keys(t, one)
	before := token(t, k, claims)
	clear(given)
	if token(t, k, claims) != before {
		t.Error("the key shares its bytes with the caller")
	}
}

// TestKeyIDs: an id follows from the bytes alone.
func TestKeyIDs(t *testing.T) {
	if len(newKey.ID()) != 8 || newKey.ID() == oldKey.ID() || newKey.ID() != key('n', expires).ID() {
		t.Errorf("ids %s and %s", newKey.ID(), oldKey.ID())
	}
	if bytes.Contains(secret('n'), []byte(newKey.ID())) {
		t.Error("the id is a part of the key")
	}
}

// TestOneKeySigns at each time, and which of them verify.
func TestOneKeySigns(t *testing.T) {
	old, next := key('o', issued), key('n', issued.Add(time.Hour))
	taken := issued.Add(time.Hour)
	for name, tc := range map[string]struct {
		keys   []link.Key
		now    time.Time
		signer link.Key
		known  []link.Key
	}{
		"before the time of any":         {[]link.Key{next, old}, issued.Add(-time.Hour), old, []link.Key{old, next}},
		"one whose time has not come":    {[]link.Key{next}, issued, next, []link.Key{next}},
		"at the time of the old one":     {[]link.Key{next, old}, issued, old, []link.Key{old, next}},
		"just before the next one signs": {[]link.Key{next, old}, taken.Add(-1), old, []link.Key{old, next}},
		"when the next one signs":        {[]link.Key{old, next}, taken, next, []link.Key{old, next}},
		"until the last link expires":    {[]link.Key{old, next}, taken.Add(link.MaxLifetime - 1), next, []link.Key{old, next}},
		"after the last link":            {[]link.Key{old, next}, taken.Add(link.MaxLifetime), next, []link.Key{next}},
		"a year later":                   {[]link.Key{old}, issued.Add(365 * 24 * time.Hour), old, []link.Key{old}},
		"two of one time":                {[]link.Key{old, key('x', issued)}, issued, key('x', issued), []link.Key{old, key('x', issued)}},
	} {
		t.Run(name, func(t *testing.T) {
			k := keys(t, tc.keys...)
			if got := k.Signer(tc.now); got != tc.signer.ID() {
				t.Errorf("%s signs, not %s", got, tc.signer.ID())
			}
			knows := 0
			for _, one := range tc.keys {
				if k.Knows(tc.now, one.ID()) {
					knows++
				}
			}
			for _, one := range tc.known {
				if !k.Knows(tc.now, one.ID()) {
					t.Errorf("%s is not known", one.ID())
				}
			}
			if knows != len(tc.known) || k.Knows(tc.now, "") || k.Knows(tc.now, key('z', issued).ID()) {
				t.Errorf("%d keys are known", knows)
			}
		})
	}
}

// TestRetiredKeys: with a key whose last link has expired an attacker makes no link.
func TestRetiredKeys(t *testing.T) {
	k := keys(t, oldKey, newKey)
	retired := issued.Add(-24 * time.Hour).Add(link.MaxLifetime)
	long := claimsWith(func(c *link.Claims) { c.KeyID, c.Expires = oldKey.ID(), retired.Add(time.Hour) })
	stolen := token(t, k, long)
	if _, err := k.Verify(retired.Add(-1), stolen); err != nil {
		t.Errorf("before: %v", err)
	}
	if _, err := k.Verify(retired, stolen); !errors.Is(err, link.ErrUnknownKey) {
		t.Errorf("after: %v", err)
	}
	shut := sealed(t, keys(t, oldKey), "a session")
	if _, err := k.Open(retired.Add(-1), uid, shut); err != nil {
		t.Errorf("sealed, before: %v", err)
	}
	if _, err := k.Open(retired, uid, shut); !errors.Is(err, link.ErrSealed) {
		t.Errorf("sealed, after: %v", err)
	}
}

// TestTokensOfUnknownKeys are not made.
func TestTokensOfUnknownKeys(t *testing.T) {
	for _, id := range []string{"", nextKey.ID(), "zz", newKey.ID() + "00"} {
		c := claimsWith(func(c *link.Claims) { c.KeyID = id })
		if s, err := keys(t, newKey).Token(c); !errors.Is(err, link.ErrUnknownKey) || s != "" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestRotationChangesNoToken: which key signs next changes nothing of a link that was made.
func TestRotationChangesNoToken(t *testing.T) {
	before := token(t, keys(t, newKey), claims)
	if before != token(t, keys(t, nextKey, newKey, oldKey), claims) {
		t.Error("other keys change the token")
	}
}
