package flinks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

// Reasons why an identifier or a credential was refused. They never carry the
// refused value.
var (
	// ErrEmpty: the value is empty, or only white space.
	ErrEmpty = errors.New("flinks: the value is empty")
	// ErrTooLong: more than 1 KiB, surrounding white space included.
	ErrTooLong = errors.New("flinks: the value is longer than 1 KiB")
	// ErrNotGUID: not of the form 8-4-4-4-12 hexadecimal digits.
	ErrNotGUID = errors.New("flinks: the value is not a GUID")
	// ErrNotVisibleASCII: the value contains a blank, a control character or a character
	// outside ASCII.
	ErrNotVisibleASCII = errors.New("flinks: the value holds characters other than visible ASCII")
)

const (
	maxValueBytes = 1024
	// The tag is part of every fingerprint that is stored in a status. Changing it
	// unbinds every connection.
	fingerprintVersion         = "flinks-operator/login/v1"
	customerFingerprintVersion = "flinks-operator/customer/v1"
)

// LoginID names one saved bank login at Flinks. It is a GUID that never expires and
// opens the customer's data, so it prints as REDACTED everywhere.
type LoginID struct{ opaque.Value }

// ParseLoginID reads a loginId as it is found in a Secret: surrounding white space
// and byte order marks are dropped, the rest must be a GUID. The error is ErrEmpty,
// ErrTooLong or ErrNotGUID. The spelling (upper or lower case) is kept for the wire.
func ParseLoginID(raw []byte) (LoginID, error) {
	v, err := parseGUID(raw)
	return LoginID{v}, err
}

// Fingerprint names the login in a status without revealing it: 32 hexadecimal
// characters, a truncated SHA-256 over a version tag, the instance's name at Flinks, the
// customerId and the loginId. A loginId is a random GUID, so it cannot be guessed from
// the fingerprint. Case does not matter. The zero LoginID has no fingerprint and gives
// "". The host is no part of it: a proxy in front of Flinks changes no login.
func (l LoginID) Fingerprint(instance, customerID string) string {
	if l.IsZero() {
		return ""
	}
	return fingerprint(fingerprintVersion, instance, customerID, opaque.Reveal(l.Value))
}

// CustomerFingerprint names an instance and one of its customers in a status: 32
// hexadecimal characters, a truncated SHA-256. Case does not matter.
func CustomerFingerprint(instance, customerID string) string {
	return fingerprint(customerFingerprintVersion, instance, customerID)
}

// fingerprint returns 32 hexadecimal characters over parts whose case does not matter.
func fingerprint(version string, parts ...string) string {
	sum := sha256.Sum256([]byte(version + "\x00" + strings.ToLower(strings.Join(parts, "\x00"))))
	return hex.EncodeToString(sum[:16])
}

// Equal reports whether both name the same login; GUIDs compare without case.
func (l LoginID) Equal(o LoginID) bool {
	return strings.EqualFold(opaque.Reveal(l.Value), opaque.Reveal(o.Value))
}

// ForSecret returns the value, to be put into the Secret of a new login, and nowhere
// else.
func (l LoginID) ForSecret() []byte { return []byte(opaque.Reveal(l.Value)) }

// RequestID names one session at Flinks. It dies after 8 idle minutes while
// authorising and after 30 while data is processed.
type RequestID struct{ opaque.Value }

// ParseRequestID reads a requestId with the rules and errors of ParseLoginID.
func ParseRequestID(raw []byte) (RequestID, error) {
	v, err := parseGUID(raw)
	return RequestID{v}, err
}

// Equal reports whether both name the same session; GUIDs compare without case.
func (r RequestID) Equal(o RequestID) bool {
	return strings.EqualFold(opaque.Reveal(r.Value), opaque.Reveal(o.Value))
}

// ForSecret returns the value, to be put into a Secret for applications that may
// have it, and nowhere else.
func (r RequestID) ForSecret() []byte { return []byte(opaque.Reveal(r.Value)) }

// AuthorizeToken is the single-use token that GenerateAuthorizeToken mints. Unused it
// lives 15 minutes by one page of the documentation and 30 by the others; plan for 15.
type AuthorizeToken struct{ opaque.Value }

// ParseAuthorizeToken reads a token with the rules and errors of ParseSecretKey.
func ParseAuthorizeToken(raw []byte) (AuthorizeToken, error) {
	v, err := parseSecret(raw)
	return AuthorizeToken{v}, err
}

// Equal reports whether both are the same token.
func (t AuthorizeToken) Equal(o AuthorizeToken) bool { return opaque.Same(t.Value, o.Value) }

// SecretKey is the instance's secret: it mints authorize tokens and nothing else.
type SecretKey struct{ opaque.Value }

// ParseSecretKey reads a credential as it is found in a Secret: surrounding white
// space and byte order marks are dropped, the rest must be 1 to 1024 characters of
// visible ASCII. The error is ErrEmpty, ErrTooLong or ErrNotVisibleASCII.
func ParseSecretKey(raw []byte) (SecretKey, error) {
	v, err := parseSecret(raw)
	return SecretKey{v}, err
}

// Equal reports whether both are the same key, in constant time.
func (s SecretKey) Equal(o SecretKey) bool { return opaque.Same(s.Value, o.Value) }

// APIKey is sent as x-api-key on the data endpoints. Older instances work without one.
type APIKey struct{ opaque.Value }

// ParseAPIKey reads a key with the rules and errors of ParseSecretKey.
func ParseAPIKey(raw []byte) (APIKey, error) {
	v, err := parseSecret(raw)
	return APIKey{v}, err
}

// Equal reports whether both are the same key, in constant time.
func (a APIKey) Equal(o APIKey) bool { return opaque.Same(a.Value, o.Value) }

// BearerToken is the API secret that GetNightlyRefreshStatus wants. Flinks hands it
// out on request only.
type BearerToken struct{ opaque.Value }

// ParseBearerToken reads a token with the rules and errors of ParseSecretKey.
func ParseBearerToken(raw []byte) (BearerToken, error) {
	v, err := parseSecret(raw)
	return BearerToken{v}, err
}

// Equal reports whether both are the same token, in constant time.
func (b BearerToken) Equal(o BearerToken) bool { return opaque.Same(b.Value, o.Value) }

// CardCredential chooses the key for DeleteCard and SetScheduledRefresh, for which the
// documentation names none.
type CardCredential int

// The keys that clients of Flinks are seen to send.
const (
	CardAPIKey    CardCredential = iota // as x-api-key
	CardSecretKey                       // as flinks-auth-key
	CardBoth
)

// Credentials are what one instance's calls are authorised with. APIKey and
// BearerToken may be zero: the header is then left out.
type Credentials struct {
	SecretKey   SecretKey
	APIKey      APIKey
	BearerToken BearerToken
	// Card is the key for the calls that change a login without a session.
	Card CardCredential
}

func trimmed(raw []byte) ([]byte, error) {
	if len(raw) > maxValueBytes {
		return nil, ErrTooLong
	}
	v := bytes.TrimFunc(raw, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' })
	if len(v) == 0 {
		return nil, ErrEmpty
	}
	return v, nil
}

func parseGUID(raw []byte) (opaque.Value, error) {
	v, err := trimmed(raw)
	if err != nil {
		return opaque.Value{}, err
	}
	if !guid.Is(string(v)) {
		return opaque.Value{}, ErrNotGUID
	}
	return opaque.Conceal(string(v)), nil
}

func parseSecret(raw []byte) (opaque.Value, error) {
	v, err := trimmed(raw)
	if err != nil {
		return opaque.Value{}, err
	}
	for _, b := range v {
		if b <= ' ' || b > '~' {
			return opaque.Value{}, ErrNotVisibleASCII
		}
	}
	return opaque.Conceal(string(v)), nil
}
