package flinks

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// Reasons why an identifier or a credential was refused. They never carry the
// refused value.
var (
	// ErrEmpty: nothing but white space.
	ErrEmpty = errors.New("flinks: the value is empty")
	// ErrTooLong: more than 1 KiB, surrounding white space included.
	ErrTooLong = errors.New("flinks: the value is longer than 1 KiB")
	// ErrNotGUID: not of the form 8-4-4-4-12 hexadecimal digits.
	ErrNotGUID = errors.New("flinks: the value is not a GUID")
	// ErrNotVisibleASCII: holds a blank, a control character or a character outside ASCII.
	ErrNotVisibleASCII = errors.New("flinks: the value holds characters other than visible ASCII")
)

const (
	maxValueBytes = 1024
	redacted      = "REDACTED"
	// The tag is part of every fingerprint that is stored in a status. Changing it
	// unbinds every connection.
	fingerprintVersion         = "flinks-operator/login/v1"
	customerFingerprintVersion = "flinks-operator/customer/v1"
)

// opaque keeps a string behind a closure. A String method alone is not enough:
// fmt does not call methods on unexported fields of an enclosing struct and would
// print the plain value. Of a func it can only print an address.
type opaque struct{ reveal func() string }

func conceal(v string) opaque {
	if v == "" {
		return opaque{}
	}
	return opaque{reveal: func() string { return v }}
}

func (o opaque) value() string {
	if o.reveal == nil {
		return ""
	}
	return o.reveal()
}

// IsZero reports whether there is no value. encoding/json's omitzero uses it.
func (o opaque) IsZero() bool { return o.reveal == nil }

// String returns REDACTED, or nothing for the zero value.
func (o opaque) String() string {
	if o.IsZero() {
		return ""
	}
	return redacted
}

// Format prints the same as String for every verb and flag, %#v included.
func (o opaque) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// MarshalText returns the same as String.
func (o opaque) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalJSON returns String as a JSON string.
func (o opaque) MarshalJSON() ([]byte, error) { return []byte(`"` + o.String() + `"`), nil }

// LogValue returns the same as String; log/slog uses it.
func (o opaque) LogValue() slog.Value { return slog.StringValue(o.String()) }

func (o opaque) same(p opaque) bool {
	return subtle.ConstantTimeCompare([]byte(o.value()), []byte(p.value())) == 1
}

// LoginID names one saved bank login at Flinks. It is a GUID that never expires and
// opens the account holder's data, so it prints as REDACTED everywhere.
type LoginID struct{ opaque }

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
	return fingerprint(fingerprintVersion, instance, customerID, l.value())
}

// CustomerFingerprint names an instance and one of its customers in a status: 32
// hexadecimal characters, a truncated SHA-256. Case does not matter.
func CustomerFingerprint(instance, customerID string) string {
	return fingerprint(customerFingerprintVersion, instance, customerID)
}

// fingerprint is 32 hexadecimal characters over parts whose case does not matter.
func fingerprint(version string, parts ...string) string {
	sum := sha256.Sum256([]byte(version + "\x00" + strings.ToLower(strings.Join(parts, "\x00"))))
	return hex.EncodeToString(sum[:16])
}

// Equal reports whether both name the same login; GUIDs compare without case.
func (l LoginID) Equal(o LoginID) bool { return strings.EqualFold(l.value(), o.value()) }

// ForSecret returns the value, to be put into the Secret of a new login, and nowhere
// else.
func (l LoginID) ForSecret() []byte { return []byte(l.value()) }

// RequestID names one session at Flinks. It dies after 8 idle minutes while
// authorising and after 30 while data is processed.
type RequestID struct{ opaque }

// ParseRequestID reads a requestId with the rules and errors of ParseLoginID.
func ParseRequestID(raw []byte) (RequestID, error) {
	v, err := parseGUID(raw)
	return RequestID{v}, err
}

// Equal reports whether both name the same session; GUIDs compare without case.
func (r RequestID) Equal(o RequestID) bool { return strings.EqualFold(r.value(), o.value()) }

// ForSecret returns the value, to be put into a Secret for applications that may
// have it, and nowhere else.
func (r RequestID) ForSecret() []byte { return []byte(r.value()) }

// Tag is what a Connect link sent along. Whoever made the link chose it, and may have
// put a person's name there.
type Tag struct{ opaque }

// ParseTag reads a tag as a Connect link can have it: at most 256 bytes without
// control characters. The error is ErrConnectTag.
func ParseTag(raw string) (Tag, error) {
	if len(raw) > maxTag || strings.ContainsFunc(raw, isControl) {
		return Tag{}, ErrConnectTag
	}
	return Tag{conceal(raw)}, nil
}

// Equal reports whether both are the same tag, in constant time.
func (t Tag) Equal(o Tag) bool { return t.same(o.opaque) }

// ForComparison returns the value, to be compared with a tag that was given out, and
// for nothing else.
func (t Tag) ForComparison() string { return t.value() }

// AuthorizeToken is the single-use token that GenerateAuthorizeToken mints. Unused it
// lives 15 minutes by one page of the documentation and 30 by the others; plan for 15.
type AuthorizeToken struct{ opaque }

// ParseAuthorizeToken reads a token with the rules and errors of ParseSecretKey.
func ParseAuthorizeToken(raw []byte) (AuthorizeToken, error) {
	v, err := parseSecret(raw)
	return AuthorizeToken{v}, err
}

// Equal reports whether both are the same token.
func (t AuthorizeToken) Equal(o AuthorizeToken) bool { return t.same(o.opaque) }

// SecretKey is the instance's secret: it mints authorize tokens and nothing else.
type SecretKey struct{ opaque }

// ParseSecretKey reads a credential as it is found in a Secret: surrounding white
// space and byte order marks are dropped, the rest must be 1 to 1024 characters of
// visible ASCII. The error is ErrEmpty, ErrTooLong or ErrNotVisibleASCII.
func ParseSecretKey(raw []byte) (SecretKey, error) {
	v, err := parseSecret(raw)
	return SecretKey{v}, err
}

// Equal reports whether both are the same key, in constant time.
func (s SecretKey) Equal(o SecretKey) bool { return s.same(o.opaque) }

// APIKey is sent as x-api-key on the data endpoints. Older instances work without one.
type APIKey struct{ opaque }

// ParseAPIKey reads a key with the rules and errors of ParseSecretKey.
func ParseAPIKey(raw []byte) (APIKey, error) {
	v, err := parseSecret(raw)
	return APIKey{v}, err
}

// Equal reports whether both are the same key, in constant time.
func (a APIKey) Equal(o APIKey) bool { return a.same(o.opaque) }

// BearerToken is the API secret that GetNightlyRefreshStatus wants. Flinks hands it
// out on request only.
type BearerToken struct{ opaque }

// ParseBearerToken reads a token with the rules and errors of ParseSecretKey.
func ParseBearerToken(raw []byte) (BearerToken, error) {
	v, err := parseSecret(raw)
	return BearerToken{v}, err
}

// Equal reports whether both are the same token, in constant time.
func (b BearerToken) Equal(o BearerToken) bool { return b.same(o.opaque) }

// Credentials are what one instance's calls are authorised with. APIKey and
// BearerToken may be zero: the header is then left out.
type Credentials struct {
	SecretKey   SecretKey
	APIKey      APIKey
	BearerToken BearerToken
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

func parseGUID(raw []byte) (opaque, error) {
	v, err := trimmed(raw)
	if err != nil {
		return opaque{}, err
	}
	if !isGUID(string(v)) {
		return opaque{}, ErrNotGUID
	}
	return conceal(string(v)), nil
}

func parseSecret(raw []byte) (opaque, error) {
	v, err := trimmed(raw)
	if err != nil {
		return opaque{}, err
	}
	for _, b := range v {
		if b <= ' ' || b > '~' {
			return opaque{}, ErrNotVisibleASCII
		}
	}
	return conceal(string(v)), nil
}

// isGUID accepts 8-4-4-4-12 hexadecimal digits, the one form that Flinks prints.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
