package link_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

const (
	uid      = "7c0b6f3e-94d1-4b36-8a7e-d2c9b1f0a653"
	otherUID = "7c0b6f3e-94d1-4b36-8a7e-d2c9b1f0a654"
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

var (
	issued  = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	expires = issued.Add(7 * 24 * time.Hour)
	// The new key signs since a day, the next one does not sign yet.
	oldKey  = key('o', issued.Add(-30*24*time.Hour))
	newKey  = key('n', issued.Add(-24*time.Hour))
	nextKey = key('x', issued.Add(time.Hour))

	claims = link.Claims{KeyID: newKey.ID(), UID: uid, Purpose: link.Reconnect, Issued: issued, Expires: expires}
	// oldClaims are those of a link that the old key signed.
	oldClaims = claimsWith(func(c *link.Claims) { c.KeyID = oldKey.ID() })
)

func secret(b byte) []byte { return bytes.Repeat([]byte{b}, link.KeyBytes) }

func key(b byte, signsFrom time.Time) link.Key {
	k, err := link.NewKey(secret(b), signsFrom)
	if err != nil {
		panic(err)
	}
	return k
}

func keys(t testing.TB, all ...link.Key) link.Keys {
	t.Helper()
	k, err := link.NewKeys(all...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func token(t testing.TB, k link.Keys, c link.Claims) string {
	t.Helper()
	s, err := k.Token(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edited returns a token with other bytes.
func edited(t testing.TB, s string, edit func(raw []byte) []byte) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(edit(raw))
}

// Where the parts of a token are.
const (
	versionAt, purposeAt, keyAt, uidAt, issuedAt, expiresAt, macAt = 0, 1, 2, 6, 22, 30, 38
)

// presented is a token, and the verdict on it.
type presented struct {
	token string
	now   time.Time
	want  error
	is    link.Claims
}

func claimsWith(change func(*link.Claims)) link.Claims {
	c := claims
	change(&c)
	return c
}

func TestTokens(t *testing.T) {
	k := keys(t, newKey, oldKey)
	unknown := claimsWith(func(c *link.Claims) { c.KeyID = nextKey.ID() })
	good := token(t, k, claims)
	expectVerdicts(t, k, map[string]presented{
		"as it was made":               {good, issued, nil, claims},
		"before it was made":           {good, issued.Add(-time.Hour), nil, claims},
		"a second before its end":      {good, expires.Add(-time.Second), nil, claims},
		"at the last nanosecond":       {good, expires.Add(-1), nil, claims},
		"at the second of its end":     {good, expires, link.ErrExpired, claims},
		"long after its end":           {good, expires.Add(1000 * time.Hour), link.ErrExpired, claims},
		"signed with the previous key": {token(t, k, oldClaims), issued, nil, oldClaims},
		"previous key, and too old":    {token(t, k, oldClaims), expires, link.ErrExpired, oldClaims},
		"signed with an unknown key":   {token(t, keys(t, nextKey), unknown), issued, link.ErrUnknownKey, link.Claims{}},
		"unknown key, and too old":     {token(t, keys(t, nextKey), unknown), expires, link.ErrUnknownKey, link.Claims{}},
		"of another connection":        {token(t, k, claimsWith(func(c *link.Claims) { c.UID = otherUID })), issued, nil, claimsWith(func(c *link.Claims) { c.UID = otherUID })},
		"for another purpose":          {token(t, k, claimsWith(func(c *link.Claims) { c.Purpose = link.Connect })), issued, nil, claimsWith(func(c *link.Claims) { c.Purpose = link.Connect })},
	})
}

func TestChangedTokens(t *testing.T) {
	k := keys(t, newKey, oldKey)
	good, old := token(t, k, claims), token(t, k, oldClaims)
	flipped := func(at int) string {
		return edited(t, good, func(raw []byte) []byte { raw[at] ^= 1; return raw })
	}
	expectVerdicts(t, k, map[string]presented{
		"another version":             {flipped(versionAt), issued, link.ErrForged, link.Claims{}},
		"purpose changed":             {flipped(purposeAt), issued, link.ErrForged, link.Claims{}},
		"purpose made into the other": {edited(t, good, func(raw []byte) []byte { raw[purposeAt] = 'c'; return raw }), issued, link.ErrForged, link.Claims{}},
		"first of the key id changed": {flipped(keyAt), issued, link.ErrUnknownKey, link.Claims{}},
		"last of the key id changed":  {flipped(uidAt - 1), issued, link.ErrUnknownKey, link.Claims{}},
		"key id of the other key": {edited(t, good, func(raw []byte) []byte {
			return append(append(raw[:keyAt:keyAt], rawOf(t, old)[keyAt:uidAt]...), raw[uidAt:]...)
		}), issued, link.ErrForged, link.Claims{}},
		"first of the UID changed":   {flipped(uidAt), issued, link.ErrForged, link.Claims{}},
		"last of the UID changed":    {flipped(issuedAt - 1), issued, link.ErrForged, link.Claims{}},
		"first of the issue changed": {flipped(issuedAt), issued, link.ErrForged, link.Claims{}},
		"last of the issue changed":  {flipped(expiresAt - 1), issued, link.ErrForged, link.Claims{}},
		"first of the end changed":   {flipped(expiresAt), issued, link.ErrForged, link.Claims{}},
		"last of the end changed":    {flipped(macAt - 1), issued, link.ErrForged, link.Claims{}},
		"end put off by a day":       {edited(t, good, func(raw []byte) []byte { raw[expiresAt+5]++; return raw }), expires, link.ErrForged, link.Claims{}},
		"first of the MAC changed":   {flipped(macAt), issued, link.ErrForged, link.Claims{}},
		"last of the MAC changed":    {flipped(macAt + 31), issued, link.ErrForged, link.Claims{}},
	})
}

func TestMalformedTokens(t *testing.T) {
	k := keys(t, newKey, oldKey)
	good := token(t, k, claims)
	expectVerdicts(t, k, map[string]presented{
		"without a MAC":     {edited(t, good, func(raw []byte) []byte { return raw[:macAt] }), issued, link.ErrMalformed, link.Claims{}},
		"with an empty MAC": {edited(t, good, func(raw []byte) []byte { return append(raw[:macAt], make([]byte, 32)...) }), issued, link.ErrForged, link.Claims{}},
		"the MAC of another": {edited(t, good, func(raw []byte) []byte {
			return append(raw[:macAt:macAt], rawOf(t, token(t, k, claimsWith(func(c *link.Claims) { c.UID = otherUID })))[macAt:]...)
		}), issued, link.ErrForged, link.Claims{}},
		"nothing":                   {"", issued, link.ErrMalformed, link.Claims{}},
		"cut off by one":            {good[:len(good)-1], issued, link.ErrMalformed, link.Claims{}},
		"cut in half":               {good[:len(good)/2], issued, link.ErrMalformed, link.Claims{}},
		"with one more":             {good + "A", issued, link.ErrMalformed, link.Claims{}},
		"twice":                     {good + good, issued, link.ErrMalformed, link.Claims{}},
		"padded":                    {good + "==", issued, link.ErrMalformed, link.Claims{}},
		"padded to the same length": {good[:len(good)-1] + "=", issued, link.ErrMalformed, link.Claims{}},
		"of the other alphabet":     {"+/" + good[2:], issued, link.ErrMalformed, link.Claims{}},
		"with a line's end inside":  {good[:40] + "\n" + good[41:], issued, link.ErrMalformed, link.Claims{}},
		"with a line's end more":    {good[:40] + "\r\n" + good[40:], issued, link.ErrMalformed, link.Claims{}},
		"with a percent sign":       {"%2F" + good[3:], issued, link.ErrMalformed, link.Claims{}},
		"with a null byte":          {"\x00" + good[1:], issued, link.ErrMalformed, link.Claims{}},
		"in other letters":          {"é" + good[2:], issued, link.ErrMalformed, link.Claims{}},
		"all of one letter":         {strings.Repeat("A", link.TokenLength), issued, link.ErrUnknownKey, link.Claims{}},
		"a megabyte":                {strings.Repeat("A", 1<<20), issued, link.ErrMalformed, link.Claims{}},
		"something sealed":          {sealed(t, k, "0123456789abcdef0123456789abcdef012345"), issued, link.ErrUnknownKey, link.Claims{}},
	})
}

func expectVerdicts(t *testing.T, k link.Keys, tests map[string]presented) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := k.Verify(tc.now, tc.token)
			if err != tc.want { //nolint:errorlint // Wrapped it could carry the token.
				t.Errorf("%v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(tc.is, got); diff != "" {
				t.Errorf("it says (-want +got):\n%s", diff)
			}
		})
	}
}

func rawOf(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func sealed(t testing.TB, k link.Keys, value string) string {
	t.Helper()
	s, err := k.Seal(issued, uid, []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTokensHaveOneSpelling: what stands for the bits that no byte needs is zero.
func TestTokensHaveOneSpelling(t *testing.T) {
	k := keys(t, newKey)
	good := token(t, k, claims)
	accepted := 0
	for _, c := range alphabet {
		if _, err := k.Verify(issued, good[:len(good)-1]+string(c)); err == nil {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d spellings of one token", accepted)
	}
}

func TestWhatNoTokenCanName(t *testing.T) {
	k := keys(t, newKey)
	for name, bad := range map[string]string{
		"nothing":       "",
		"capitals":      strings.ToUpper(uid),
		"no dashes":     strings.ReplaceAll(uid, "-", ""),
		"other dashes":  "7c0b6f3e94d1-4b36-8a7e-d2c9-b1f0a653",
		"braces":        "{" + uid + "}",
		"too short":     uid[1:],
		"too long":      uid + "0",
		"no hex":        "7c0b6f3e-94d1-4b36-8a7e-d2c9b1f0a65g",
		"a name":        "acme-chequing",
		"space":         " " + uid,
		"a second UUID": uid + uid,
	} {
		c := claims
		c.UID = bad
		if s, err := k.Token(c); !errors.Is(err, link.ErrUID) || s != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTags(t *testing.T) {
	k := keys(t, newKey, oldKey)
	tag := k.Tag(claims)
	if len(tag) != 22 || tag != k.Tag(claims) || tag != keys(t, newKey, nextKey).Tag(claims) {
		t.Errorf("tag of %d characters", len(tag))
	}
	for name, tc := range map[string]struct {
		tag  string
		of   link.Claims
		want bool
	}{
		"its own":                   {tag, claims, true},
		"of a link of the old key":  {k.Tag(oldClaims), oldClaims, true},
		"in another time zone":      {tag, claimsWith(func(c *link.Claims) { c.Issued = issued.In(time.FixedZone("", 3600)) }), true},
		"of the other key":          {k.Tag(oldClaims), claims, false},
		"of an unknown key":         {keys(t, nextKey).Tag(claims), claims, false},
		"of another connection":     {k.Tag(claimsWith(func(c *link.Claims) { c.UID = otherUID })), claims, false},
		"of the link before":        {k.Tag(claimsWith(func(c *link.Claims) { c.Issued = issued.Add(-time.Second) })), claims, false},
		"of the link after":         {tag, claimsWith(func(c *link.Claims) { c.Issued = issued.Add(time.Second) }), false},
		"none":                      {"", claims, false},
		"none, of an unknown key":   {"", claimsWith(func(c *link.Claims) { c.KeyID = nextKey.ID() }), false},
		"cut off":                   {tag[:21], claims, false},
		"with something behind it":  {tag + "A", claims, false},
		"in capitals":               {strings.ToUpper(tag), claims, false},
		"the UID":                   {uid, claims, false},
		"the token's first letters": {token(t, k, claims)[:22], claims, false},
	} {
		if got := k.IsTag(tc.tag, tc.of); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestSealed(t *testing.T) {
	const value = "006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"
	k := keys(t, newKey, oldKey)
	s := sealed(t, k, value)
	if s == sealed(t, k, value) {
		t.Error("one value is sealed twice in the same way")
	}
	if len(s) > 256 || strings.Contains(s, value) {
		t.Errorf("sealed in %d characters", len(s))
	}
	last := strings.IndexByte(alphabet, s[len(s)-1])
	old := sealed(t, keys(t, oldKey), value)
	for name, tc := range map[string]struct {
		keys        link.Keys
		uid, sealed string
		want        error
	}{
		"its own":                   {k, uid, s, nil},
		"of the previous key":       {k, uid, old, nil},
		"before the next key signs": {keys(t, newKey, nextKey), uid, s, nil},
		"of another key":            {k, uid, sealed(t, keys(t, nextKey), value), link.ErrSealed},
		"rotated away":              {keys(t, nextKey), uid, s, link.ErrSealed},
		"for another connection":    {k, otherUID, s, link.ErrSealed},
		"with the id of the other":  {k, uid, edited(t, s, func(b []byte) []byte { return append(rawOf(t, old)[:4:4], b[4:]...) }), link.ErrSealed},
		"changed at the front":      {k, uid, edited(t, s, func(b []byte) []byte { b[0] ^= 1; return b }), link.ErrSealed},
		"changed in the middle":     {k, uid, edited(t, s, func(b []byte) []byte { b[24] ^= 1; return b }), link.ErrSealed},
		"changed at the end":        {k, uid, edited(t, s, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), link.ErrSealed},
		"spelled in another way":    {k, uid, s[:len(s)-1] + alphabet[last^1:last^1+1], link.ErrSealed},
		"cut off":                   {k, uid, s[:20], link.ErrSealed},
		"less than a key id":        {k, uid, "AAAA", link.ErrSealed},
		"nothing":                   {k, uid, "", link.ErrSealed},
		"not sealed":                {k, uid, value, link.ErrSealed},
		"padded":                    {k, uid, s + "==", link.ErrSealed},
		"a token":                   {k, uid, token(t, k, claims), link.ErrSealed},
		"a tag":                     {k, uid, k.Tag(claims), link.ErrSealed},
	} {
		got, err := tc.keys.Open(issued, tc.uid, tc.sealed)
		if !errors.Is(err, tc.want) || (err == nil) != (string(got) == value) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// TestKeysPrintNothing, in whatever they are.
func TestKeysPrintNothing(t *testing.T) {
	type inside struct {
		hidden link.Keys
		Shown  link.Keys
		Single link.Key
	}
	secret := []byte("canary-canary-canary-canary-canary")
	single, err := link.NewKey(secret, issued)
	if err != nil {
		t.Fatal(err)
	}
	k := keys(t, single)
	v := inside{k, k, single}
	encoded, err := json.Marshal(v)
	if err != nil {
		encoded = []byte(err.Error())
	}
	texts := []string{string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, k), fmt.Sprintf(verb, v), fmt.Sprintf(verb, &v), fmt.Sprintf(verb, v.hidden))
	}
	for _, text := range texts {
		for _, leak := range []string{"canary", "63616e617279", "99 97 110", "[99 97"} {
			if strings.Contains(strings.ToLower(text), leak) {
				t.Errorf("printed: %s", text)
			}
		}
	}
}

// TestEveryTokenIsReadBack, and nothing that differs from one is.
func TestEveryTokenIsReadBack(t *testing.T) {
	k := keys(t, newKey, oldKey)
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uid")
		c := link.Claims{
			UID:     fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]),
			KeyID:   rapid.SampledFrom([]string{oldKey.ID(), newKey.ID()}).Draw(t, "key"),
			Purpose: rapid.SampledFrom([]link.Purpose{link.Connect, link.Reconnect}).Draw(t, "purpose"),
			Issued:  time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "issued"), 0).UTC(),
			Expires: issued.Add(time.Duration(rapid.Int64Range(1, 1<<22).Draw(t, "expires")) * time.Second),
		}
		s, err := k.Token(c)
		if err != nil || len(s) != link.TokenLength {
			t.Fatalf("%d characters, %v", len(s), err)
		}
		got, err := k.Verify(c.Expires.Add(-1), s)
		if diff := cmp.Diff(c, got); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
		at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		other := rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 1, 1, 1).Draw(t, "other")
		if other == s[at:at+1] {
			return
		}
		if _, err := k.Verify(c.Expires.Add(-1), s[:at]+other+s[at+1:]); err == nil {
			t.Fatalf("changed at %d and still genuine", at)
		}
	})
}

// FuzzVerify: no token is valid that was made without the key.
func FuzzVerify(f *testing.F) {
	k := keys(f, newKey, oldKey)
	genuine := token(f, k, claims)
	for _, seed := range []string{"", genuine, genuine[1:], strings.Repeat("A", link.TokenLength), token(f, k, oldClaims), "\xff\n=+/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := k.Verify(issued, s)
		if err != nil {
			if !errors.Is(err, link.ErrMalformed) && !errors.Is(err, link.ErrForged) && !errors.Is(err, link.ErrUnknownKey) {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := k.Token(got)
		if err != nil || again != s {
			t.Fatal("a token that was not made here is genuine")
		}
	})
}
