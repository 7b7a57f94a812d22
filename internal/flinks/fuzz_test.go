package flinks

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

const fuzzLogin = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"

// A value is taken whole or not at all, and never shows.
func FuzzParseLoginID(f *testing.F) {
	for _, seed := range []string{fuzzLogin, fuzzLogin + "\n", "\uFEFF" + fuzzLogin, " ", "", "x", strings.Repeat("a", 1025), "{" + fuzzLogin + "}", "\xff\xfe"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, err := ParseLoginID(raw)
		if (err == nil) == id.IsZero() {
			t.Fatalf("zero %t with error %v", id.IsZero(), err)
		}
		if err != nil {
			if !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrTooLong) && !errors.Is(err, ErrNotGUID) {
				t.Fatalf("unknown error %T", err)
			}
			return
		}
		if !guid.Is(opaque.Reveal(id.Value)) || !strings.Contains(string(raw), opaque.Reveal(id.Value)) || len(id.Fingerprint("h", "c")) != 32 {
			t.Fatal("the value is no GUID of the input")
		}
		if strings.Contains(fmt.Sprintf("%v%+v%#v", id, []any{id}, struct{ x LoginID }{id}), opaque.Reveal(id.Value)) {
			t.Fatal("the value shows")
		}
	})
}

// FuzzConnectURL makes a link to Flinks Connect of any parameters. One that is made goes to
// the endpoint's own host and has these parameters and no others; an error does not contain
// what was refused.
func FuzzConnectURL(f *testing.F) {
	f.Add("https://toolbox-iframe.private.fin.ag", "en", "https://app.example.com/landed?a=1&b=2#c", "a tag", "Acme & fils", "f7f7f7", 14, false)
	f.Add("http://127.0.0.1:8090/connect/", "", "https://user:secret@app.example.com/", "a&demo=true#", "&demo=true#+%20", "", 0, false)
	f.Add("https://a.test/..//b", "de", "javascript:alert(1)", "a\nb", "a\nb", "#f7f7f7", -1, false)
	f.Add("https://a.test/"+strings.Repeat("é", 400), "en", "https://app.example.com/", "a tag", "", "", 14, false)
	f.Add("https://a.test?b", "fr", "//app.example.com", "é\xff", "\xff", "red&a=", 1<<31, true)
	f.Fuzz(func(t *testing.T, connect, language, redirect, tag, name, color string, institution int, classic bool) {
		ep, err := NewEndpoint("https://api.test", connect, fuzzLogin)
		if err != nil {
			if !errors.Is(err, ErrInvalidURL) {
				t.Fatal(err)
			}
			return
		}
		p := ConnectParams{Language: language, RedirectURL: redirect, Tag: tag, InstitutionID: institution, JSRedirect: true}
		p.CustomerName, p.BackgroundColor, p.TermsURL = name, color, redirect
		if classic {
			p.Form = FormClassic
		}
		link, err := ConnectURL(ep, p)
		if err != nil {
			if !slices.Contains([]error{ErrConnectForm, ErrConnectLanguage, ErrConnectRedirect, ErrConnectTag, ErrConnectOption}, err) || link != "" {
				t.Fatalf("%q, %v", link, err)
			}
			return
		}
		want := url.Values{"jsRedirect": {"true"}}
		for name, value := range map[string]string{"language": language, "redirectUrl": redirect, "tag": tag, "customerName": name, "backgroundColor": color, "termsUrl": redirect} {
			if value != "" {
				want.Set(name, value)
			}
		}
		checkLink(t, link, ep.Connect, want)
	})
}

// checkLink checks that a link goes below a base URL and has some parameters.
func checkLink(t *testing.T, link, below string, want url.Values) {
	t.Helper()
	base, baseErr := url.Parse(below)
	u, err := url.Parse(link)
	if err != nil || baseErr != nil {
		t.Fatalf("%q of %q: %v, %v", link, below, err, baseErr)
	}
	if u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.Path, base.Path) {
		t.Fatalf("%q of %q", link, below)
	}
	if got, err := url.ParseQuery(u.RawQuery); err != nil || !maps.EqualFunc(got, want, slices.Equal) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
}
