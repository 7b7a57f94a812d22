package link_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

// uidOf returns the UUID of some bytes.
func uidOf(b []byte) string {
	var raw [16]byte
	copy(raw[:], b)
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

// everyBit returns all texts that differ from a token or a sealed value in one bit, of a long
// one those that differ in the first or the last 64 bytes.
func everyBit(t testing.TB, s string) iter.Seq[string] {
	t.Helper()
	raw := rawOf(t, s)
	return func(yield func(string) bool) {
		for at := range 8 * len(raw) {
			if at/8 >= 64 && at/8 < len(raw)-64 {
				continue
			}
			raw[at/8] ^= 1 << (at % 8)
			goOn := yield(base64.RawURLEncoding.EncodeToString(raw))
			raw[at/8] ^= 1 << (at % 8)
			if !goOn {
				return
			}
		}
	}
}

// FuzzToken makes a token of any claims. The keys read back what they signed, at any time
// before its end, and call it expired from then on; with any bit changed, or with other keys,
// it is nothing. The tag of a link is that of no other link.
func FuzzToken(f *testing.F) {
	f.Add([]byte(uid), byte('c'), issued.Unix(), expires.Unix(), uint32(60))
	f.Add([]byte(uid), byte('r'), issued.Unix(), expires.Unix(), uint32(7*24*3600))
	f.Add([]byte{}, byte('r'), int64(0), int64(1), uint32(0))
	f.Add([]byte{0xff}, byte('c'), int64(-1), int64(-1<<62), uint32(0))
	f.Add([]byte(uid), byte('x'), issued.Unix(), expires.Unix(), uint32(1))
	k, others := keys(f, newKey, oldKey), keys(f, nextKey)
	f.Fuzz(func(t *testing.T, rawUID []byte, purpose byte, issuedAt, expiresAt int64, after uint32) {
		c := link.Claims{
			KeyID: oldKey.ID(), UID: uidOf(rawUID), Purpose: link.Purpose(purpose),
			Issued: time.Unix(issuedAt, 0).UTC(), Expires: time.Unix(expiresAt, 0).UTC(),
		}
		// The old key is accepted for this long. Another test tells of the time after that.
		now := issued.Add(time.Duration(after) * time.Second % (link.MaxLifetime / 2))
		s, want := token(t, k, c), error(nil)
		switch {
		case purpose != 'c' && purpose != 'r':
			want = link.ErrMalformed
		case !now.Before(c.Expires):
			want = link.ErrExpired
		}
		got, err := k.Verify(now, s)
		if !errors.Is(err, want) || errors.Is(want, link.ErrMalformed) != (got != c) {
			t.Fatalf("%v, want %v; the claims %+v are read as %+v", err, want, c, got)
		}
		for other := range everyBit(t, s) {
			if got, err := k.Verify(now, other); err == nil || errors.Is(err, link.ErrExpired) || got != (link.Claims{}) {
				t.Fatalf("%+v, %v with a bit changed", got, err)
			}
		}
		if _, err := others.Verify(now, s); !errors.Is(err, link.ErrUnknownKey) {
			t.Fatalf("%v with other keys", err)
		}
		checkTag(t, k, c)
	})
}

// checkTag: the tag of a link is that of no other link.
func checkTag(t *testing.T, k link.Keys, c link.Claims) {
	t.Helper()
	tag, later, other := k.Tag(c), c, c
	later.Issued, other.UID = later.Issued.Add(time.Second), otherUID
	if !k.IsTag(tag, c) || k.IsTag(tag, later) || k.IsTag(tag, other) != (c.UID == otherUID) {
		t.Fatalf("the tag of %+v is not its own alone", c)
	}
	for changed := range everyBit(t, tag) {
		if k.IsTag(changed, c) {
			t.Fatal("a tag with a bit changed")
		}
	}
}

// FuzzSealed opens any text, which never succeeds, and seals any value: it opens for its own
// UID, and neither for another one nor with any bit changed. What is refused gives nothing
// away.
func FuzzSealed(f *testing.F) {
	f.Add("", []byte("a session"), []byte(uid))
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", []byte{}, []byte(otherUID))
	f.Add(token(f, keys(f, newKey), claims), []byte{0}, []byte{})
	f.Add(sealed(f, keys(f, nextKey), "a session"), bytes.Repeat([]byte("a"), 200), []byte(uid))
	k := keys(f, newKey, oldKey)
	f.Fuzz(func(t *testing.T, text string, value, rawUID []byte) {
		if got, err := k.Open(issued, uid, text); !errors.Is(err, link.ErrSealed) || got != nil {
			t.Fatalf("a text that was not sealed opens: %v", err)
		}
		of := uidOf(rawUID)
		s, err := k.Seal(issued, of, value)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Open(issued, of, s); err != nil || !bytes.Equal(got, value) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(value), err)
		}
		for changed := range everyBit(t, s) {
			if got, err := k.Open(issued, of, changed); !errors.Is(err, link.ErrSealed) || got != nil {
				t.Fatalf("opens with a bit changed: %v", err)
			}
		}
		if _, err := k.Open(issued, of+"0", s); !errors.Is(err, link.ErrSealed) {
			t.Fatalf("opens for another connection: %v", err)
		}
	})
}

// FuzzTicket verifies any ticket. It is valid only if one of the keys of the application signed
// it, for this connection and this browser, and its end is near; and then it is spelled as the
// package spells it. With any bit changed, for another connection or another browser, or with
// other keys it is nothing. An error contains nothing of the ticket.
func FuzzTicket(f *testing.F) {
	now, key := issued.Add(500*time.Millisecond), secret('k')
	challenge := link.Challenge("the browser")
	f.Add(link.Ticket(key, uid, challenge, now.Add(time.Minute)), int64(60))
	f.Add(link.Ticket(key, uid, challenge, now.Add(link.MaxTicketLife)), int64(600))
	f.Add(link.Ticket(secret('o'), uid, challenge, now.Add(time.Minute)), int64(0))
	f.Add(fmt.Sprintf("+%d.AAAA", now.Unix()), int64(601))
	f.Add("9223372036854775807.", int64(1<<40))
	f.Add("", int64(-1<<40))
	f.Fuzz(func(t *testing.T, text string, after int64) {
		verify := func(ticket, uid, challenge string, keys ...[]byte) error {
			return link.VerifyTicket(now, ticket, uid, challenge, keys...)
		}
		if err := verify(text, uid, challenge, secret('x'), key); err == nil {
			seconds, _, _ := strings.Cut(text, ".")
			end, _ := strconv.ParseInt(seconds, 10, 64)
			if text != link.Ticket(key, uid, challenge, time.Unix(end, 0)) {
				t.Fatal("a ticket that was not made here is genuine")
			}
		} else if !slices.Contains([]error{link.ErrMalformed, link.ErrForged, link.ErrExpired, link.ErrTooLong}, err) {
			t.Fatal(err)
		}
		end := time.Unix(issued.Unix()+after%(1<<40), 0)
		made, want := link.Ticket(key, uid, challenge, end), error(nil)
		switch {
		case !now.Before(end):
			want = link.ErrExpired
		case end.Sub(now) > link.MaxTicketLife:
			want = link.ErrTooLong
		}
		if err := verify(made, uid, challenge, secret('x'), key); !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
		seconds, mac, _ := strings.Cut(made, ".")
		for changed := range everyBit(t, mac) {
			if err := verify(seconds+"."+changed, uid, challenge, key); !errors.Is(err, link.ErrForged) {
				t.Fatalf("%v with a bit changed", err)
			}
		}
		for name, err := range map[string]error{
			"another connection": verify(made, otherUID, challenge, key), "another browser": verify(made, uid, link.Challenge("other"), key),
			"another key": verify(made, uid, challenge, secret('x')), "another end": verify("1"+seconds+"."+mac, uid, challenge, key),
		} {
			if err == nil || !errors.Is(err, link.ErrForged) && !errors.Is(err, link.ErrMalformed) {
				t.Fatalf("%v for %s", err, name)
			}
		}
	})
}
