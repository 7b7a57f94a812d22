package testenv

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

func TestLeaks(t *testing.T) {
	const secret = "0e8f5a1c-2b7d-4c3e-9f60-123456789abc"
	for _, text := range []string{
		"loginId=" + secret,
		strings.ToUpper(secret),
		strings.ReplaceAll(secret, "-", ""),
		url.QueryEscape(`{"loginId":"` + secret + `"}`),
		hex.EncodeToString([]byte("x" + secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte("a" + secret + "z")),
		base64.URLEncoding.EncodeToString([]byte("ab" + secret + "yz")),
		base64.RawStdEncoding.EncodeToString([]byte("abc" + secret + "\n")),
	} {
		if !Leaks("before "+text+" after", secret) {
			t.Errorf("not found in %q", text)
		}
	}
	for _, text := range []string{"", "REDACTED", secret[:18], "0e8f5a1c-2b7d-4c3e-9f60-123456789abd"} {
		if Leaks(text, secret) {
			t.Errorf("found in %q", text)
		}
	}
}
