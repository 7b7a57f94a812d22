package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// KeyBytes is the least length of a key.
const KeyBytes = 32

// Reasons why keys or what they sealed were refused.
var (
	// ErrKey: the key is shorter than KeyBytes.
	ErrKey = errors.New("link: the key is shorter than 32 bytes")
	// ErrSealed: the value was not sealed by this operator, or for another BankConnection.
	ErrSealed = errors.New("link: the sealed value cannot be opened")
)

// The uses of a key. Each has a key of its own, derived from the one that is given.
const (
	tokenUse = "flinks-operator/link/token/v1"
	tagUse   = "flinks-operator/link/tag/v1"
	sealUse  = "flinks-operator/link/seal/v1"
)

// Keys sign and seal. What the previous key signed or sealed is still read.
type Keys struct{ current, previous key }

// NewKeys takes the current key and, unless it is empty, the one before. The error
// is ErrKey.
func NewKeys(current, previous []byte) (Keys, error) {
	if len(current) < KeyBytes || (len(previous) > 0 && len(previous) < KeyBytes) {
		return Keys{}, ErrKey
	}
	k := Keys{current: newKey(current)}
	if len(previous) > 0 {
		k.previous = newKey(previous)
	}
	return k, nil
}

// Tag returns the tag of a link. Flinks Connect gets it with the link and Flinks returns it
// in the data of the login, which shows that the login was linked with this link.
func (k Keys) Tag(uid string, issued time.Time) string {
	return k.current.tag(uid, issued)
}

// IsTag reports in constant time whether a tag is that of a link.
func (k Keys) IsTag(tag, uid string, issued time.Time) bool {
	return k.any(func(key key) bool { return hmac.Equal([]byte(tag), []byte(key.tag(uid, issued))) })
}

// Seal encrypts a value. Only these keys open it, and only for the same UID.
func (k Keys) Seal(uid string, value []byte) (string, error) {
	aead, err := k.current.aead()
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(aead.Seal(nil, nil, value, []byte(uid))), nil //nolint:gosec // It draws a nonce of its own.
}

// Open reads what Seal made. The error is ErrSealed.
func (k Keys) Open(uid, sealed string) ([]byte, error) {
	raw, err := encoding.DecodeString(sealed)
	if err != nil {
		return nil, ErrSealed
	}
	var value []byte
	opened := k.any(func(key key) bool {
		aead, err := key.aead()
		if err != nil {
			return false
		}
		value, err = aead.Open(nil, nil, raw, []byte(uid))
		return err == nil
	})
	if !opened {
		return nil, ErrSealed
	}
	return value, nil
}

func (k Keys) any(fits func(key) bool) bool {
	return fits(k.current) || k.previous.reveal != nil && fits(k.previous)
}

// key does not show its bytes when it is printed.
type key struct{ reveal func() []byte }

func newKey(b []byte) key {
	own := append([]byte(nil), b...)
	return key{reveal: func() []byte { return own }}
}

func (k key) derive(use string) []byte {
	derived, err := hkdf.Key(sha256.New, k.reveal(), nil, use, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("deriving a key of fixed size: %v", err)) // Only a length over 8,160 bytes fails.
	}
	return derived
}

func (k key) mac(use string, message []byte) []byte {
	h := hmac.New(sha256.New, k.derive(use))
	h.Write(message)
	return h.Sum(nil)
}

func (k key) tag(uid string, issued time.Time) string {
	message := fmt.Sprintf("%s\x00%d", uid, issued.Unix())
	return encoding.EncodeToString(k.mac(tagUse, []byte(message))[:16])
}

func (k key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.derive(sealUse))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// NewKey makes a key out of random bytes.
func NewKey() []byte {
	b := make([]byte, KeyBytes)
	_, _ = rand.Read(b) // It never fails: the process ends instead.
	return b
}
