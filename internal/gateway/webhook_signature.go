package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"net/http"
	"slices"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// The two header names that Flinks documents.
const (
	signatureHeader      = "flinks-authenticity-key"
	signatureHeaderNewer = "X-Flinks-Signature"
)

// signatureHeaders are the names of the headers that may have the signature of a webhook.
type signatureHeaders []string

// newSignatureHeaders returns the documented names and one more, which may be empty.
func newSignatureHeaders(additional string) signatureHeaders {
	names := signatureHeaders{signatureHeader, signatureHeaderNewer}
	additional = http.CanonicalHeaderKey(additional)
	isAdditional := func(name string) bool { return http.CanonicalHeaderKey(name) == additional }
	if additional != "" && !slices.ContainsFunc(names, isAdditional) {
		names = append(names, additional)
	}
	return names
}

// find returns the signature of a webhook. It refuses two: it is not clear which of them
// Flinks made.
func (s signatureHeaders) find(header http.Header) (mac []byte, ok bool) {
	var found []string
	for _, name := range s {
		found = append(found, header.Values(name)...)
	}
	if len(found) != 1 {
		return nil, false
	}
	mac, err := base64.StdEncoding.Strict().DecodeString(found[0])
	return mac, err == nil && len(mac) == sha256.Size
}

// readSigned reads the raw bytes of a webhook once. It returns the payload, and whether
// one of the keys signed the bytes.
func readSigned(body io.Reader, keys []linkapi.Identifier, signature []byte) (p webhookPayload, signed bool, err error) {
	var macs []hash.Hash
	var writers []io.Writer
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		macs, writers = append(macs, mac), append(writers, mac)
	}
	raw := io.TeeReader(body, io.MultiWriter(writers...))
	p, parseErr := parsePayload(raw)
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return webhookPayload{}, false, err
	}
	for _, mac := range macs {
		if hmac.Equal(mac.Sum(nil), signature) {
			signed = true
		}
	}
	return p, signed, parseErr
}
