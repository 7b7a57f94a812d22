package testenv

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// Leaks reports whether a text holds a secret, in any spelling that a program might
// give it: as it is, without its hyphens, in hex, escaped, or in base64 at any
// offset; in either case of letters.
func Leaks(text, secret string) bool {
	text = strings.ToLower(text)
	for _, spelling := range spellings(secret) {
		if strings.Contains(text, strings.ToLower(spelling)) {
			return true
		}
	}
	return false
}

func spellings(secret string) []string {
	all := []string{
		secret,
		strings.ReplaceAll(secret, "-", ""),
		hex.EncodeToString([]byte(secret)),
		url.QueryEscape(secret),
		url.PathEscape(secret),
	}
	for offset := range 3 {
		all = append(all, base64At(secret, offset))
	}
	return all
}

// base64At returns what is certain to be in the base64 of a text that holds the secret
// at an offset: the characters at both ends depend on what is around it.
func base64At(secret string, offset int) string {
	text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
	const ends = 4
	return strings.TrimRight(text, "=")[ends : len(secret)*4/3-ends]
}
