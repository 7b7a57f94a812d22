// Package link makes and verifies the token of a link to the gateway. A token names one
// BankConnection and one purpose, and only the operator can make it. The package also
// encrypts what a status keeps that only the operator may read.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
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
	// KeyID is the id of the key that signed the token. One link has one key for its whole
	// life, so a new key changes no link that a customer holds.
	KeyID string
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
	// ErrForged: the token is not signed with the key that it names.
	ErrForged = errors.New("link: the token is not signed by this operator")
	// ErrExpired: the token is valid, and too old. The claims are returned with it.
	ErrExpired = errors.New("link: the token has expired")
	// ErrUID: the UID is not a UUID, so that no token can name it.
	ErrUID = errors.New("link: the UID is not a UUID")
)

const (
	version   = 1
	uidBytes  = 16
	bodyBytes = 2 + idBytes + uidBytes + 8 + 8
	size      = bodyBytes + sha256.Size
	tagBytes  = 16
)

// TokenLength is the number of characters of every token.
var TokenLength = encoding.EncodedLen(size)

// Token signs claims with the key that they name. Equal claims give equal tokens. The error
// is ErrUID or ErrUnknownKey.
func (k Keys) Token(c Claims) (string, error) {
	i := k.index(c.KeyID)
	if i < 0 {
		return "", ErrUnknownKey
	}
	body, err := c.marshal(k.byAge[i])
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(body, k.byAge[i].mac(tokenUse, body)...)), nil
}

// Verify reads a token. The error is ErrMalformed, ErrUnknownKey, ErrForged or ErrExpired.
func (k Keys) Verify(now time.Time, token string) (Claims, error) {
	if len(token) != TokenLength {
		return Claims{}, ErrMalformed
	}
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) != size {
		return Claims{}, ErrMalformed
	}
	body, mac := raw[:bodyBytes], raw[bodyBytes:]
	c, ok := unmarshal(body)
	key, known := k.accepted(now, c.KeyID)
	switch {
	case !known:
		return Claims{}, ErrUnknownKey
	case !hmac.Equal(mac, key.mac(tokenUse, body)):
		return Claims{}, ErrForged
	case !ok:
		return Claims{}, ErrMalformed
	case !now.Before(c.Expires):
		return c, ErrExpired
	}
	return c, nil
}

// Tag returns the tag of a link, made with the key of the link; empty if it is not known.
// Flinks Connect gets the tag with the link and Flinks returns it in the data of the login,
// which shows that the login was linked with this link.
func (k Keys) Tag(c Claims) string {
	i := k.index(c.KeyID)
	if i < 0 {
		return ""
	}
	message := fmt.Sprintf("%s\x00%d", c.UID, c.Issued.Unix())
	return encoding.EncodeToString(k.byAge[i].mac(tagUse, []byte(message))[:tagBytes])
}

// IsTag reports in constant time whether a tag is that of a link.
func (k Keys) IsTag(tag string, c Claims) bool {
	own := k.Tag(c)
	return own != "" && hmac.Equal([]byte(tag), []byte(own))
}

func (c Claims) marshal(signer Key) ([]byte, error) {
	uid, err := hex.DecodeString(strings.ReplaceAll(c.UID, "-", ""))
	if err != nil || len(uid) != uidBytes || formatUID(uid) != c.UID {
		return nil, ErrUID
	}
	body := append([]byte{version, byte(c.Purpose)}, signer.rawID()...)
	body = append(body, uid...)
	body = binary.BigEndian.AppendUint64(body, uint64(c.Issued.Unix()))       //nolint:gosec // Read back the same way.
	return binary.BigEndian.AppendUint64(body, uint64(c.Expires.Unix())), nil //nolint:gosec // Read back the same way.
}

func unmarshal(body []byte) (c Claims, ok bool) {
	seconds := func(b []byte) time.Time {
		return time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC() //nolint:gosec // Written the same way.
	}
	id, uid, times := body[2:], body[2+idBytes:], body[2+idBytes+uidBytes:]
	c = Claims{
		Purpose: Purpose(body[1]), KeyID: formatID(id), UID: formatUID(uid[:uidBytes]),
		Issued: seconds(times[:8]), Expires: seconds(times[8:]),
	}
	return c, body[0] == version && (c.Purpose == Connect || c.Purpose == Reconnect)
}

func formatUID(b []byte) string {
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
