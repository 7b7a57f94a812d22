package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// KeyBytes is the least length of a key.
const KeyBytes = 32

// ErrKey: the key is shorter than KeyBytes.
var ErrKey = errors.New("link: the key is shorter than 32 bytes")

// The uses of a key. Each has a key of its own, derived from the one that is given.
const (
	idUse    = "flinks-operator/link/id/v1"
	tokenUse = "flinks-operator/link/token/v1"
	tagUse   = "flinks-operator/link/tag/v1"
	sealUse  = "flinks-operator/link/seal/v1"

	pseudonymUse = "flinks-operator/link/pseudonym/v1"
)

// idBytes is enough to tell the keys of one operator apart.
const idBytes = 4

// pseudonymBytes is enough to tell the clients of one operator apart.
const pseudonymBytes = 12

// Key is one key. It does not show its bytes when it is printed.
type Key struct {
	reveal    func() []byte
	id        string
	signsFrom time.Time
}

// NewKey returns a key that signs from a time on, until the time of the next key. The error
// is ErrKey.
func NewKey(secret []byte, signsFrom time.Time) (Key, error) {
	if len(secret) < KeyBytes {
		return Key{}, ErrKey
	}
	own := append([]byte(nil), secret...)
	k := Key{reveal: func() []byte { return own }, signsFrom: signsFrom}
	k.id = formatID(k.derive(idUse))
	return k, nil
}

// RandomKey returns the bytes of another key.
func RandomKey() []byte {
	b := make([]byte, KeyBytes)
	_, _ = rand.Read(b) // It never fails: the process ends instead.
	return b
}

// ID returns the id of the key. It follows from the bytes, so that other bytes under the
// same name are another key. It tells nothing else of them.
func (k Key) ID() string { return k.id }

// SigningFrom returns the same key with another time.
func (k Key) SigningFrom(t time.Time) Key {
	k.signsFrom = t
	return k
}

// formatID returns the id that some bytes begin with.
func formatID(b []byte) string { return hex.EncodeToString(b[:idBytes]) }

func (k Key) rawID() []byte { return k.derive(idUse)[:idBytes:idBytes] }

func (k Key) derive(use string) []byte {
	derived, err := hkdf.Key(sha256.New, k.reveal(), nil, use, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("deriving a key of fixed size: %v", err)) // Only a length over 8,160 bytes fails.
	}
	return derived
}

func (k Key) mac(use string, message []byte) []byte {
	h := hmac.New(sha256.New, k.derive(use))
	h.Write(message)
	return h.Sum(nil)
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.derive(sealUse))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
