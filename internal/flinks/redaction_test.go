package flinks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

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

func TestErrorText(t *testing.T) {
	e := &flinks.Error{Op: flinks.OpRefresh, HTTPStatus: 401, Code: "DISABLED_LOGIN", Class: flinks.ClassUser, Delivery: flinks.Answered, RequestID: request(t)}
	if got, want := e.Error(), "flinks: Refresh: DISABLED_LOGIN (class user, Answered, HTTP 401)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if errors.Is(e, nil) || errors.Is(&flinks.Error{}, nil) {
		t.Error("an error without a cause matches nil")
	}
}
