package flinks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

func TestParseLoginID(t *testing.T) {
	tests := map[string]struct {
		raw  string
		want error
	}{
		"plain":              {rawLogin, nil},
		"upper case":         {strings.ToUpper(rawLogin), nil},
		"trailing newline":   {rawLogin + "\n", nil},
		"windows newline":    {rawLogin + "\r\n", nil},
		"byte order mark":    {"\uFEFF" + rawLogin, nil},
		"mark inside blanks": {" \uFEFF\t" + rawLogin + "\u00a0\n", nil},
		"empty":              {"", flinks.ErrEmpty},
		"blank":              {" \r\n\t\uFEFF", flinks.ErrEmpty},
		"1 KiB":              {rawLogin + strings.Repeat(" ", 1024-36), nil},
		"over 1 KiB":         {rawLogin + strings.Repeat(" ", 1025-36), flinks.ErrTooLong},
		"text":               {"hello", flinks.ErrNotGUID},
		"braces":             {"{" + rawLogin + "}", flinks.ErrNotGUID},
		"no dashes":          {strings.ReplaceAll(rawLogin, "-", ""), flinks.ErrNotGUID},
		"dash elsewhere":     {"b0debb4-8f9f1-46c6-80a4-08d7dd88d478", flinks.ErrNotGUID},
		"not hexadecimal":    {"g0debb48-f9f1-46c6-80a4-08d7dd88d478", flinks.ErrNotGUID},
		"two":                {rawLogin + "\n" + rawLogin, flinks.ErrNotGUID},
		"JSON":               {`{"loginId":"` + rawLogin + `"}`, flinks.ErrNotGUID},
		"path":               {"../" + rawLogin[3:], flinks.ErrNotGUID},
		"zero width blank":   {"\u200b" + rawLogin, flinks.ErrNotGUID},
		"UTF-16":             {"\xff\xfeb\x000\x00", flinks.ErrNotGUID},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := flinks.ParseLoginID([]byte(tt.raw))
			if !errors.Is(err, tt.want) {
				t.Fatalf("error = %v, want %v", err, tt.want)
			}
			if got.IsZero() != (tt.want != nil) {
				t.Fatalf("IsZero = %t", got.IsZero())
			}
			if tt.want == nil && !got.Equal(login(t)) {
				t.Fatal("not the same login")
			}
		})
	}
}

func TestParseSecretKey(t *testing.T) {
	tests := map[string]struct {
		raw  string
		want error
	}{
		"plain":          {rawSecret, nil},
		"trimmed":        {"\uFEFF " + rawSecret + "\n", nil},
		"one character":  {"x", nil},
		"1024":           {strings.Repeat("k", 1024), nil},
		"1025":           {strings.Repeat("k", 1025), flinks.ErrTooLong},
		"empty":          {"\n", flinks.ErrEmpty},
		"blank inside":   {"a b", flinks.ErrNotVisibleASCII},
		"header forgery": {"a\r\nx-api-key: b", flinks.ErrNotVisibleASCII},
		"accent":         {"clé", flinks.ErrNotVisibleASCII},
		"NUL":            {"a\x00b", flinks.ErrNotVisibleASCII},
		"DEL":            {"a\x7fb", flinks.ErrNotVisibleASCII},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := flinks.ParseSecretKey([]byte(tt.raw))
			if !errors.Is(err, tt.want) || got.IsZero() != (tt.want != nil) {
				t.Fatalf("zero %t, error %v, want %v", got.IsZero(), err, tt.want)
			}
		})
	}
}

// The value is written down: a change would unbind every connection in every cluster.
func TestFingerprintIsStable(t *testing.T) {
	const want = "e6cc8e493b71909eae6e8d882c8f9f32"
	const instance = "toolbox"
	upper := flinkstest.Must[flinks.LoginID](t)(flinks.ParseLoginID([]byte(strings.ToUpper(rawLogin))))
	for name, got := range map[string]string{
		"plain":      login(t).Fingerprint(instance, customerID),
		"upper case": upper.Fingerprint(strings.ToUpper(instance), strings.ToUpper(customerID)),
	} {
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestFingerprintTellsLoginsApart(t *testing.T) {
	other := flinkstest.Must[flinks.LoginID](t)(flinks.ParseLoginID([]byte(otherRequest)))
	all := []string{
		login(t).Fingerprint("a", customerID),
		login(t).Fingerprint("b", customerID),
		login(t).Fingerprint("a", otherRequest),
		login(t).Fingerprint("a\x00"+customerID, ""),
		other.Fingerprint("a", customerID),
	}
	seen := map[string]bool{}
	for _, f := range all {
		if len(f) != 32 || seen[f] {
			t.Errorf("%q is not 32 characters, or is there twice", f)
		}
		seen[f] = true
	}
	if got := (flinks.LoginID{}).Fingerprint("a", customerID); got != "" {
		t.Errorf("the zero login has the fingerprint %q", got)
	}
}

func TestEqual(t *testing.T) {
	var none flinks.LoginID
	if !none.Equal(flinks.LoginID{}) || none.Equal(login(t)) || login(t).Equal(none) {
		t.Error("zero values compare wrongly")
	}
	a, b := credentials(t), credentials(t)
	if !a.SecretKey.Equal(b.SecretKey) || a.SecretKey.Equal(flinks.SecretKey{}) || !a.APIKey.Equal(b.APIKey) ||
		!a.BearerToken.Equal(b.BearerToken) || token(t).Equal(flinks.AuthorizeToken{}) || request(t).Equal(flinks.RequestID{}) {
		t.Error("credentials compare wrongly")
	}
}
