package flinks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// canaries are the secrets of these tests in every spelling that prints them.
var canaries = func() (out []string) {
	for _, c := range []string{rawLogin, rawRequest, rawToken, rawSecret, rawAPIKey, rawBearer, "/BankingServices", "Greatday", "canary-prompt"} {
		raw := []byte(c)
		out = append(out,
			c, url.QueryEscape(c), strings.ReplaceAll(c, "-", ""),
			hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw),
			strings.Trim(fmt.Sprintf("%d", raw), "[]"), strings.Trim(fmt.Sprintf("%#v", raw), "[]byte{}"))
	}
	for i := range out {
		out[i] = strings.ToLower(out[i])
	}
	return out
}()

// leaks returns the first canary found in the text.
func leaks(text string) string {
	text = strings.ToLower(text)
	for _, c := range canaries {
		if strings.Contains(text, c) {
			return c
		}
	}
	return ""
}

// renderings prints v in every way that a log line, a status or an event might.
func renderings(v any) map[string]string {
	out := map[string]string{}
	for _, flag := range []string{"", "+", "#", " ", "40"} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			format := "%" + flag + string(verb)
			out[format] = fmt.Sprintf(format, v)
		}
	}
	out["Sprint"], out["Sprintln"] = fmt.Sprint(v), fmt.Sprintln(v)
	out["Errorf"] = fmt.Errorf("outer: %v", v).Error()
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"slog json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("x", "value", v, slog.Group("g", "v", v))
		out[name] = b.String()
	}
	if raw, err := json.Marshal(v); err == nil {
		out["json"] = string(raw)
	} else {
		out["json error"] = err.Error()
	}
	if raw, err := xml.Marshal(v); err == nil {
		out["xml"] = string(raw)
	}
	return out
}

func checkPrint(t *testing.T, name string, v any) {
	t.Helper()
	for how, text := range renderings(v) {
		if canary := leaks(text); canary != "" {
			t.Errorf("%s printed with %s holds %s: %s", name, how, canary, text)
		}
	}
}

// The hidden and the shown place every type in the spots that fmt treats differently.
type hidden struct {
	l flinks.LoginID
	r flinks.RequestID
	t flinks.AuthorizeToken
	c flinks.Credentials
	p *flinks.LoginID
	m map[string]flinks.LoginID
	s []flinks.LoginID
	i any
}

type shown struct {
	flinks.LoginID `json:"login"`
	R              flinks.RequestID
	T              flinks.AuthorizeToken
	C              flinks.Credentials
	P              *flinks.LoginID
	M              map[string]flinks.LoginID
	S              []flinks.LoginID
	I              any
	H              hidden
}

func TestIdentifiersPrintNothing(t *testing.T) {
	l := login(t)
	h := hidden{l, request(t), token(t), credentials(t), &l, map[string]flinks.LoginID{"k": l}, []flinks.LoginID{l}, l}
	s := shown{l, request(t), token(t), credentials(t), &l, h.m, h.s, l, h}
	values := map[string]any{
		"login": l, "pointer": &l, "request": request(t), "token": token(t), "secret": credentials(t).SecretKey,
		"API key": credentials(t).APIKey, "bearer": credentials(t).BearerToken, "credentials": credentials(t),
		"hidden": h, "pointer to hidden": &h, "shown": s, "slice": []any{h, s}, "map": map[string]any{"h": h, "s": &s},
		"params":        flinks.ConnectParams{RequestID: request(t), AuthorizeToken: token(t)},
		"authorization": flinks.Authorization{RequestID: request(t)},
		"nightly":       flinks.NightlyStatus{Ineligible: []flinks.IneligibleLogin{{Login: l}}},
		"detail":        flinks.AccountsDetail{Login: l, Tag: tag(t, rawRequest)},
		"panic":         recovered(func() { panic(h) }),
		"diff":          cmp.Diff(l, flinks.LoginID{}),
	}
	for name, v := range values {
		checkPrint(t, name, v)
	}
	if got := fmt.Sprintf("%v|%+v|%#v|%s|%q|%x", l, l, l, l, l, l); got != strings.TrimSuffix(strings.Repeat("REDACTED|", 6), "|") {
		t.Errorf("printed %s", got)
	}
	if got := fmt.Sprint(flinks.LoginID{}); got != "" {
		t.Errorf("the zero value prints %q", got)
	}
	raw, err := json.Marshal(struct {
		A flinks.LoginID `json:"a"`
		B flinks.LoginID `json:"b,omitzero"`
	}{A: l})
	if err != nil || string(raw) != `{"a":"REDACTED"}` {
		t.Errorf("%s, %v", raw, err)
	}
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestParseErrorsEchoNothing(t *testing.T) {
	long := []byte(strings.Repeat(rawLogin, 40))
	for _, err := range []error{
		second(flinks.ParseLoginID([]byte(rawLogin + "x"))), second(flinks.ParseLoginID(long)),
		second(flinks.ParseRequestID([]byte(rawLogin + "x"))), second(flinks.ParseSecretKey([]byte(rawSecret + " x"))),
		second(flinks.ParseAPIKey([]byte(rawAPIKey + "\x00"))), second(flinks.ParseBearerToken([]byte(rawBearer + "é"))),
		second(flinks.ParseAuthorizeToken([]byte(rawToken + "\n" + rawToken))),
		second(flinks.EndpointFor(rawLogin+"/", customerID)), second(flinks.NewEndpoint("http://"+rawSecret+"@%zz", "", customerID)),
		second(flinks.ConnectURL(flinks.Endpoint{Connect: "https://c"}, flinks.ConnectParams{RedirectURL: "https://%zz" + rawLogin})),
		second(flinks.ConnectURL(flinks.Endpoint{Connect: "https://c"}, flinks.ConnectParams{ResumeSelectedAccounts: []string{rawLogin + "x"}})),
	} {
		if err == nil {
			t.Error("no error")
			continue
		}
		checkPrint(t, "error", err)
	}
}

// Everything that Flinks, a bank, a proxy or the network could put into an error.
func TestErrorsEchoNothing(t *testing.T) {
	const all = rawLogin + " " + rawRequest + " " + rawToken + " " + rawSecret + " Greatday canary-prompt"
	hostile := `{"HttpStatusCode":401,"FlinksCode":"` + all + `","Message":"` + all + `","Institution":"` + rawLogin +
		`","RequestId":"` + rawRequest + `","SecurityChallenges":[{"Type":"` + all + `","Prompt":"canary-prompt"}],"Login":{"Username":"Greatday","Id":"` + rawLogin + `"}}`
	const limit = 200 * time.Millisecond // for the answer that never comes
	answers := map[string]http.HandlerFunc{
		"code":       reply(401, hostile),
		"message":    reply(400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_REQUEST","Message":"The login '`+rawLogin+`' is invalid."}`),
		"number":     reply(401, `{"HttpStatusCode":401,"FlinksCode":"X","Login":{"Id":12345678901234567890}}`),
		"page":       reply(502, "<html>"+all+"</html>"),
		"text":       reply(400, all),
		"date":       reply(200, strings.Replace(liveOK, "2020-04-15T22:46:03.1690585", all, 1)),
		"redirect":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+rawLogin, http.StatusFound) },
		"timeout":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"hang up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"bad status": reply(999, all),
	}
	for name, answer := range answers {
		for _, o := range operations {
			s := serve(t, answer)
			err := o.run(t, client(t, flinks.Options{Timeouts: flinks.Timeouts{Long: limit, Short: limit}}), endpoint(t, s.URL))
			if err == nil {
				continue // some answers are a success for some operations
			}
			checkPrint(t, name+" "+string(o.op), err)
			checkPrint(t, name+" "+string(o.op), *asError(t, err))
			if inner := errors.Unwrap(err); inner != nil {
				t.Errorf("%s wraps %T", o.op, inner)
			}
		}
	}
	broken := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: r.Method, URL: r.URL.String() + all, Err: errors.New(all)}
	})
	for _, o := range operations {
		err := o.run(t, client(t, flinks.Options{Transport: broken}), endpoint(t, "http://flinks.example"))
		checkPrint(t, "transport error of "+string(o.op), err)
	}
}

// What comes out of a success is as closed as what comes out of an error.
func TestResultsEchoNothing(t *testing.T) {
	s := serve(t, reply(203, `{"HttpStatusCode":203,"Institution":"`+rawLogin+`","RequestId":"`+rawRequest+
		`","SecurityChallenges":[{"Type":"canary-prompt","Prompt":"canary-prompt","Iterables":["canary-prompt"]}]}`))
	auth, err := client(t, flinks.Options{}).Refresh(t.Context(), endpoint(t, s.URL), token(t), login(t))
	if err != nil {
		t.Fatal(err)
	}
	checkPrint(t, "challenge", auth)
	d := serve(t, reply(200, strings.NewReplacer("Chequing\"", rawSecret+"\"", "\"CAD\"", "\"Greatday\"").Replace(accountsOK)))
	detail, err := client(t, flinks.Options{}).GetAccountsDetail(t.Context(), endpoint(t, d.URL), credentials(t), request(t))
	if err != nil {
		t.Fatal(err)
	}
	checkPrint(t, "accounts", detail)
}

func TestErrorText(t *testing.T) {
	e := &flinks.Error{Op: flinks.OpRefresh, HTTPStatus: 401, Code: "DISABLED_LOGIN", Class: flinks.ClassUser, Delivery: flinks.Answered, RequestID: request(t)}
	if got, want := e.Error(), "flinks: Refresh: DISABLED_LOGIN (class user, Answered, HTTP 401)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if errors.Is(e, nil) || errors.Is(&flinks.Error{}, nil) {
		t.Error("an error without a cause matches nil")
	}
}
