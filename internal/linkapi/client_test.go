package linkapi_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func TestBadAnswers(t *testing.T) {
	view := func(more string) string { return `{"state":"Done"` + more + `}` }
	for name, tc := range map[string]struct {
		status              int
		contentType, answer string
		header              map[string]string
		want                error
	}{
		"nothing":                   {answer: ""},
		"null":                      {answer: "null"},
		"a list":                    {answer: "[]"},
		"HTML":                      {contentType: "text/html", answer: "<html>"},
		"JSON that says it is text": {contentType: "text/plain", answer: view("")},
		"cut off":                   {answer: `{"state":"Do`},
		"too long":                  {answer: view(`,"reason":"` + strings.Repeat("a", 17<<10) + `"`)},
		"no state":                  {answer: "{}"},
		"an unknown state":          {answer: `{"state":"Party"}`},
		"a state of another type":   {answer: `{"state":7}`},
		"an invalid time":           {answer: view(`,"until":"soon"`)},
		"no content":                {status: 204, answer: ""},
		"accepted":                  {status: 202, answer: view("")},
		"a redirect":                {status: 307, answer: "{}", header: map[string]string{"Location": "/linkapi/v1/start"}},
		"401":                       {status: 401, contentType: "text/plain", answer: "Unauthorized", want: linkapi.ErrRefused},
		"403":                       {status: 403, contentType: "text/plain", answer: "a secret", want: linkapi.ErrRefused},
		"404 of a proxy":            {status: 404, contentType: "text/html", answer: "<html>"},
		"404 without a code":        {status: 404, answer: "{}"},
		"404 with another code":     {status: 404, answer: `{"code":"NotNow"}`},
		"409 of another server":     {status: 409, answer: `{"message":"a secret"}`},
		"an unknown code":           {status: 400, answer: `{"code":"Broken"}`},
		"a code of another type":    {status: 400, answer: `{"code":400}`},
		"500":                       {status: 500, answer: `{"code":"NotFound"}`},
		"success with a code":       {status: 200, answer: `{"code":"NotFound"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.want == nil {
				tc.want = linkapi.ErrUnavailable
			}
			asked := 0
			c, _ := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Content-Type", or(tc.contentType, "application/json"))
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(max(tc.status, 200))
				_, _ = w.Write([]byte(tc.answer))
			}))
			v, err := c.View(t.Context(), visit("t"))
			if err != tc.want { //nolint:errorlint // Not even wrapped.
				t.Errorf("%+v, %v, want %v", v, err, tc.want)
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// A page cannot be made to frame, or lead to, what is no web page.
func TestWhatIsOddInAViewIsLeftOut(t *testing.T) {
	for name, more := range map[string]string{
		"a reason with markup":        `,"reason":"<b>"`,
		"a reason that is too long":   `,"reason":"` + strings.Repeat("a", 65) + `"`,
		"an unknown language":         `,"language":"de"`,
		"an origin with a path":       `,"connectOrigin":"https://x.test/v2"`,
		"an origin with a slash":      `,"connectOrigin":"https://x.test/"`,
		"an origin of scripts":        `,"connectOrigin":"javascript:alert(1)"`,
		"an origin that is a policy":  `,"connectOrigin":"https://x.test;script-src"`,
		"an origin with a wildcard":   `,"connectOrigin":"https://*"`,
		"two origins":                 `,"connectOrigin":"https://x.test https://y.test"`,
		"a way back into a script":    `,"returnURL":"javascript:alert(1)"`,
		"a way back with a user":      `,"returnURL":"https://me:secret@x.test/"`,
		"a way back without a host":   `,"returnURL":"/done"`,
		"a name that is too long":     `,"displayName":"` + strings.Repeat("é", 65) + `"`,
		"a name of two lines":         `,"displayName":"Acme\nYour bank"`,
		"a name that turns around":    `,"displayName":"Acme \u202eknab ruoY"`,
		"a title that is too long":    `,"title":"` + strings.Repeat("é", 101) + `"`,
		"a title of two paragraphs":   `,"title":"Payroll\u2029Log in here"`,
		"a title that is not seen":    `,"title":"\u200b\u200b"`,
		"a colour with a rule":        `,"brand":{"accentColor":"red;}*{"}`,
		"a logo with a scheme":        `,"brand":{"logo":"data:text/html,` + strings.Repeat("a", 49) + `"}`,
		"a short colour":              `,"brand":{"accentColor":"#fff"}`,
		"an address with a subject":   `,"brand":{"supportEmail":"help@x.test?subject=a"}`,
		"an address of two":           `,"brand":{"supportEmail":"a@x.test,b@x.test"}`,
		"an address that is too long": `,"brand":{"supportEmail":"` + strings.Repeat("a", 128) + `@x.test"}`,
		"a number with letters":       `,"brand":{"supportPhone":"+1;ext=alert(1)"}`,
		"a number that is too long":   `,"brand":{"supportPhone":"` + strings.Repeat("1", 33) + `"}`,
		"help in plain text":          `,"brand":{"supportURL":"http://x.test/"}`,
		"help in a script":            `,"brand":{"supportURL":"javascript:alert(1)"}`,
		"help without a host":         `,"brand":{"supportURL":"https://:443/"}`,
		"privacy with a user":         `,"brand":{"privacyURL":"https://me@x.test/"}`,
		"privacy that is too long":    `,"brand":{"privacyURL":"https://x.test/` + strings.Repeat("a", 512) + `"}`,
		"a proof that is not wanted":  `,"proofURL":"https://x.test/"`,
		"a way back that is too long": `,"returnURL":"https://x.test/` + strings.Repeat("a", 2048) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"state":"Done"` + more + `}`))
			}))
			v, err := c.View(t.Context(), visit("t"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(linkapi.View{State: linkapi.StateDone}, v); diff != "" {
				t.Errorf("the view (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadURLsAndKeysOfTheOperator(t *testing.T) {
	for name, answer := range map[string]string{
		"no url":           `{}`,
		"a script":         `{"url":"javascript:alert(1)"}`,
		"a path":           `{"url":"/v2/"}`,
		"a user":           `{"url":"https://a:b@x.test/"}`,
		"no keys":          `{"keys":[]}`,
		"keys of no type":  `{"keys":[1]}`,
		"an empty key":     `{"keys":["k",""]}`,
		"too many of them": `{"keys":["a","b","c"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(answer))
			}))
			url, connect := c.Connect(t.Context(), visit("t"))
			keys, webhook := c.WebhookKeys(t.Context(), linkapi.Instance{Name: "i"})
			if !url.IsZero() || connect == nil || keys != nil || webhook == nil {
				t.Errorf("%v %v, %v %v", url.IsZero(), connect, len(keys), webhook)
			}
		})
	}
}

// The operator is asked as the ServiceAccount that the kubelet keeps a token for.
func TestTheTokenIsReadForEveryCall(t *testing.T) {
	var got []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got = append(got, req.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	token := file(t, "token", "first")
	c, err := linkapi.NewClient(linkapi.ClientOptions{URL: server.URL, CAFile: authorityOf(t, server), TokenFile: token})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.View(t.Context(), visit("t"))
	if !errors.Is(err, linkapi.ErrRefused) || !errors.Is(err, linkapi.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	rewrite(t, token, "second\n")
	_, _ = c.View(t.Context(), visit("t"))
	for _, bad := range []string{"", " \n", "two words", "line\nbreak", strings.Repeat("a", 17<<10)} {
		rewrite(t, token, bad)
		if _, err := c.View(t.Context(), visit("t")); err != linkapi.ErrToken { //nolint:errorlint // Not even wrapped.
			t.Errorf("a token of %d bytes: %v", len(bad), err)
		}
	}
	if err := os.Remove(token); err != nil {
		t.Fatal(err)
	}
	if _, err := c.View(t.Context(), visit("t")); err != linkapi.ErrToken { //nolint:errorlint // Not even wrapped.
		t.Errorf("no token: %v", err)
	}
	if fmt.Sprint(got) != "[Bearer first Bearer second]" {
		t.Errorf("asked as %q", got)
	}
}

// Only who the authorities in the file vouch for is asked, and a file that changes is
// followed: certificates are replaced while the gateway runs.
func TestTheAuthoritiesAreFollowed(t *testing.T) {
	b := &scripted{view: linkapi.View{State: linkapi.StateDone}}
	server := httptest.NewUnstartedServer(linkapi.Handler(b))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	good, err := os.ReadFile(authorityOf(t, server))
	if err != nil {
		t.Fatal(err)
	}
	ca := file(t, "ca.crt", strangeAuthority)
	c, err := linkapi.NewClient(linkapi.ClientOptions{URL: server.URL, CAFile: ca, TokenFile: file(t, "token", bearer)})
	if err != nil {
		t.Fatal(err)
	}
	view := func() error {
		_, err := c.View(t.Context(), visit("t"))
		return err
	}
	if err := view(); err != linkapi.ErrUnavailable { //nolint:errorlint // Not even wrapped.
		t.Errorf("with another authority: %v", err)
	}
	if len(b.calls) != 0 {
		t.Fatal("a server without a trusted certificate got a call")
	}
	rewrite(t, ca, string(good))
	if err := view(); err != nil {
		t.Errorf("with the right authority: %v", err)
	}
	rewrite(t, ca, "half of a file")
	if err := view(); err != nil {
		t.Errorf("while the file is being replaced: %v", err)
	}
	rewrite(t, ca, strangeAuthority)
	if err := view(); err == nil {
		t.Error("the authority was taken away and the server is asked all the same")
	}
}

func TestClientsThatCannotWork(t *testing.T) {
	token, ca := file(t, "token", bearer), file(t, "ca.crt", strangeAuthority)
	for name, tc := range map[string]struct {
		o    linkapi.ClientOptions
		want error
	}{
		"no URL":             {linkapi.ClientOptions{CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"http":               {linkapi.ClientOptions{URL: "http://x.test", CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"no host":            {linkapi.ClientOptions{URL: "https://", CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"a path":             {linkapi.ClientOptions{URL: "https://x.test/api", CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"a query":            {linkapi.ClientOptions{URL: "https://x.test?a", CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"a user":             {linkapi.ClientOptions{URL: "https://a:b@x.test", CAFile: ca, TokenFile: token}, linkapi.ErrURL},
		"no token file":      {linkapi.ClientOptions{URL: "https://x.test", CAFile: ca}, linkapi.ErrToken},
		"no authorities":     {linkapi.ClientOptions{URL: "https://x.test", TokenFile: token}, linkapi.ErrCA},
		"a slash is no path": {linkapi.ClientOptions{URL: "https://x.test:9443/", CAFile: ca, TokenFile: token}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := linkapi.NewClient(tc.o); err != tc.want { //nolint:errorlint // Not even wrapped.
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	c, err := linkapi.NewClient(linkapi.ClientOptions{URL: "https://x.test", CAFile: "/nonexistent", TokenFile: token})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.View(t.Context(), visit("t")); err != linkapi.ErrCA { //nolint:errorlint // Not even wrapped.
		t.Errorf("%v", err)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	c, _ := newClient(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		select {
		case <-req.Context().Done():
		case <-release:
		}
	}))
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.View(ctx, visit("t")); err != linkapi.ErrUnavailable { //nolint:errorlint // Not even wrapped.
		t.Errorf("%v", err)
	}
}

func TestIdentifiersPrintNothing(t *testing.T) {
	const canary = "canary-5f1e"
	type inside struct{ hidden, Shown linkapi.Identifier }
	v := inside{id(canary), id(canary)}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(encoded), fmt.Sprint(v), fmt.Sprintf("%+v %#v %s %q %x", v, v, v.Shown, v.Shown, v.Shown), v.Shown.LogValue().String(),
	} {
		if strings.Contains(text, canary) || strings.Contains(text, "63616e617279") {
			t.Errorf("printed: %s", text)
		}
	}
	if v.hidden.Reveal() != canary || !linkapi.NewIdentifier("").IsZero() || (linkapi.Identifier{}).Reveal() != "" {
		t.Error("an identifier is not what it was made of")
	}
}

func rewrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// strangeAuthority is a certificate authority that signed no certificate here.
const strangeAuthority = `-----BEGIN CERTIFICATE-----
MIIBUjCB+aADAgECAgEBMAoGCCqGSM49BAMCMBgxFjAUBgNVBAMTDXNvbWVib2R5
IGVsc2UwIBcNNzAwMTAxMDAwMDAwWhgPMjA5NjEwMDIwNzA2NDBaMBgxFjAUBgNV
BAMTDXNvbWVib2R5IGVsc2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARmUYIy
aeZjhUfYdK6M+FtPqgKJkJe0hm7wJi0f6o7+iL5CyYH4SiajCNrqSJwB33ZMFv84
E9fdhdMhqWHLOTqMozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBQPFIhC
RsNRXyyEv0+QXDqceJyO+jAKBggqhkjOPQQDAgNIADBFAiEA7fK67ywT2+swpDNw
ACgKR5zo7F/K0b/eF4Suj5cFuXcCICtCP6TYY2XWTO7ZymKCXNCS7Rulu5sa6mj7
mgPEo0Jc
-----END CERTIFICATE-----
`
