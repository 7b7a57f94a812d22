package link

import (
	"encoding/base64"
	"errors"
	"slices"
	"time"
)

const (
	// MaxKeys is how many keys there may be at once.
	MaxKeys = 16
	// MaxLifetime is the longest life of a link. A key is of no use once the last link that
	// it may have signed has expired.
	MaxLifetime = 90 * 24 * time.Hour
)

// Reasons why keys or what they sealed were refused.
var (
	// ErrKeys: there is no key, there are more than MaxKeys, or one is there twice.
	ErrKeys = errors.New("link: there must be between 1 and 16 keys, which all differ")
	// ErrUnknownKey: the key is not, or no longer, one of these.
	ErrUnknownKey = errors.New("link: the key is not known")
	// ErrSealed: the value was not sealed by this operator, or for another BankConnection.
	ErrSealed = errors.New("link: the sealed value cannot be opened")
)

var encoding = base64.RawURLEncoding.Strict()

// Keys sign and seal. At each time one of them is the one that signs: the newest whose time
// has come. The others verify, the future ones too, because another process may be ahead. A
// key stops verifying MaxLifetime after its successor began to sign.
type Keys struct{ byAge []Key }

// NewKeys takes keys in any order. Of two that sign from the same time, the later argument
// is the newer one. The error is ErrKeys.
func NewKeys(keys ...Key) (Keys, error) {
	if len(keys) == 0 || len(keys) > MaxKeys {
		return Keys{}, ErrKeys
	}
	ids := map[string]bool{}
	for _, k := range keys {
		if k.reveal == nil || ids[k.id] {
			return Keys{}, ErrKeys
		}
		ids[k.id] = true
	}
	byAge := slices.Clone(keys)
	slices.SortStableFunc(byAge, func(a, b Key) int { return a.signsFrom.Compare(b.signsFrom) })
	return Keys{byAge}, nil
}

// Signer returns the id of the key that signs at a time. If the time of none has come, it is
// the oldest.
func (k Keys) Signer(now time.Time) string { return k.signer(now).id }

// Knows reports whether what a key signed is accepted at a time.
func (k Keys) Knows(now time.Time, id string) bool {
	_, ok := k.accepted(now, id)
	return ok
}

// Seal encrypts a value. Only the same key opens it, and only for the same UID.
func (k Keys) Seal(now time.Time, uid string, value []byte) (string, error) {
	signer := k.signer(now)
	aead, err := signer.aead()
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(aead.Seal(signer.rawID(), nil, value, []byte(uid))), nil //nolint:gosec // It draws a nonce of its own.
}

// Open reads what Seal made. The error is ErrSealed.
func (k Keys) Open(now time.Time, uid, sealed string) ([]byte, error) {
	raw, err := encoding.DecodeString(sealed)
	if err != nil || len(raw) < idBytes {
		return nil, ErrSealed
	}
	sealer, ok := k.accepted(now, formatID(raw[:idBytes]))
	if !ok {
		return nil, ErrSealed
	}
	aead, err := sealer.aead()
	if err != nil {
		return nil, err
	}
	value, err := aead.Open(nil, nil, raw[idBytes:], []byte(uid))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}

// Pseudonym returns what stands for a text in records, and the id of the key that it was made
// with: equal texts have equal pseudonyms as long as that key signs. It tells nothing of the
// text to a reader without the key.
func (k Keys) Pseudonym(now time.Time, text string) (keyID, pseudonym string) {
	signer := k.signer(now)
	return signer.id, encoding.EncodeToString(signer.mac(pseudonymUse, []byte(text))[:pseudonymBytes])
}

func (k Keys) signer(now time.Time) Key {
	signer := k.byAge[0]
	for _, key := range k.byAge[1:] {
		if !now.Before(key.signsFrom) {
			signer = key
		}
	}
	return signer
}

// accepted returns the key of an id, if what it signed is accepted.
func (k Keys) accepted(now time.Time, id string) (Key, bool) {
	i := k.index(id)
	if i < 0 || i+1 < len(k.byAge) && !now.Before(k.byAge[i+1].signsFrom.Add(MaxLifetime)) {
		return Key{}, false
	}
	return k.byAge[i], true
}

func (k Keys) index(id string) int {
	return slices.IndexFunc(k.byAge, func(key Key) bool { return key.id == id })
}
