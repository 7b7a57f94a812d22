// Package link makes and verifies the token of a link to the gateway. A token names one
// BankConnection and one purpose, and only the operator can make it. The package also
// encrypts what a status keeps that only the operator may read.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Purpose is what a link may be used for.
type Purpose byte

const (
	// Connect links a bank for the first time.
	Connect Purpose = 'c'
	// Reconnect authorizes a linked bank again.
	Reconnect Purpose = 'r'
)

// Claims are what a token says.
type Claims struct {
	// UID of the BankConnection, a UUID.
	UID string
	// Purpose of the link.
	Purpose Purpose
	// Issued and Expires have whole seconds.
	Issued, Expires time.Time
}

// Reasons why a token was refused. They never contain the token.
var (
	// ErrMalformed: the text is not a token.
	ErrMalformed = errors.New("link: the token is malformed")
	// ErrForged: the token is signed with none of the keys.
	ErrForged = errors.New("link: the token is not signed by this operator")
	// ErrExpired: the token is valid, and too old. The claims are returned with it.
	ErrExpired = errors.New("link: the token has expired")
	// ErrUID: the UID is not a UUID, so that no token can name it.
	ErrUID = errors.New("link: the UID is not a UUID")
)

const (
	version   = 1
	uidBytes  = 16
	bodyBytes = 2 + uidBytes + 8 + 8
	size      = bodyBytes + sha256.Size
)

var encoding = base64.RawURLEncoding.Strict()

// TokenLength is the number of characters of every token.
var TokenLength = encoding.EncodedLen(size)

// Token signs claims with the current key. Equal claims give equal tokens. The
// error is ErrUID.
func (k Keys) Token(c Claims) (string, error) {
	body, err := c.marshal()
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(body, k.current.mac(tokenUse, body)...)), nil
}

// Verify reads a token. The error is ErrMalformed, ErrForged or ErrExpired.
func (k Keys) Verify(now time.Time, token string) (Claims, error) {
	if len(token) != TokenLength {
		return Claims{}, ErrMalformed
	}
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) != size {
		return Claims{}, ErrMalformed
	}
	body, mac := raw[:bodyBytes], raw[bodyBytes:]
	if !k.any(func(key key) bool { return hmac.Equal(mac, key.mac(tokenUse, body)) }) {
		return Claims{}, ErrForged
	}
	c, ok := unmarshal(body)
	switch {
	case !ok:
		return Claims{}, ErrMalformed
	case !now.Before(c.Expires):
		return c, ErrExpired
	}
	return c, nil
}

func (c Claims) marshal() ([]byte, error) {
	uid, err := hex.DecodeString(strings.ReplaceAll(c.UID, "-", ""))
	if err != nil || len(uid) != uidBytes || formatUID(uid) != c.UID {
		return nil, ErrUID
	}
	body := append([]byte{version, byte(c.Purpose)}, uid...)
	body = binary.BigEndian.AppendUint64(body, uint64(c.Issued.Unix()))       //nolint:gosec // Read back the same way.
	return binary.BigEndian.AppendUint64(body, uint64(c.Expires.Unix())), nil //nolint:gosec // Read back the same way.
}

func unmarshal(body []byte) (c Claims, ok bool) {
	seconds := func(b []byte) time.Time {
		return time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC() //nolint:gosec // Written the same way.
	}
	times := body[2+uidBytes:]
	c = Claims{
		Purpose: Purpose(body[1]), UID: formatUID(body[2 : 2+uidBytes]),
		Issued: seconds(times[:8]), Expires: seconds(times[8:]),
	}
	return c, body[0] == version && (c.Purpose == Connect || c.Purpose == Reconnect)
}

func formatUID(b []byte) string {
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
