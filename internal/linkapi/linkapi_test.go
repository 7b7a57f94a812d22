package linkapi_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// said is a call that got through to the backend.
type said struct {
	Op                       linkapi.Operation
	Token, Visitor, Client   string
	Ticket                   string
	Login, Request           string
	InstanceNamespace, Named string
	Accounts                 int
}

// scripted is a backend that answers what it is told to.
type scripted struct {
	mu    sync.Mutex
	calls []said
	view  linkapi.View
	url   string
	logo  []byte
	keys  []string
	err   error
}

func (b *scripted) note(s said) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, s)
}

func (b *scripted) View(_ context.Context, visit linkapi.Visit) (linkapi.View, error) {
	b.note(said{Op: linkapi.OpView, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal()})
	return b.view, b.err
}

func (b *scripted) Open(_ context.Context, visit linkapi.Visit) (linkapi.View, error) {
	b.note(said{Op: linkapi.OpOpen, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal()})
	return b.view, b.err
}

func (b *scripted) Logo(_ context.Context, visit linkapi.Visit) ([]byte, error) {
	b.note(said{Op: linkapi.OpLogo, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal()})
	return b.logo, b.err
}

func (b *scripted) Start(_ context.Context, visit linkapi.Visit) (linkapi.View, error) {
	b.note(said{Op: linkapi.OpStart, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal()})
	return b.view, b.err
}

func (b *scripted) Connect(_ context.Context, visit linkapi.Visit) (linkapi.Identifier, error) {
	b.note(said{Op: linkapi.OpConnect, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal()})
	return linkapi.NewIdentifier(b.url), b.err
}

func (b *scripted) Finish(_ context.Context, visit linkapi.Visit, login, request linkapi.Identifier, accounts ...linkapi.Identifier) (linkapi.View, error) {
	b.note(said{Op: linkapi.OpFinish, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal(), Login: login.Reveal(), Request: request.Reveal(), Accounts: len(accounts)})
	return b.view, b.err
}

func (b *scripted) Prove(_ context.Context, visit linkapi.Visit, ticket linkapi.Identifier) (linkapi.View, error) {
	b.note(said{Op: linkapi.OpProve, Token: visit.Token.Reveal(), Visitor: visit.Visitor.Reveal(), Client: visit.Client.Reveal(), Ticket: ticket.Reveal()})
	return b.view, b.err
}

func (b *scripted) WebhookKeys(_ context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	b.note(said{Op: linkapi.OpWebhookKeys, InstanceNamespace: i.Namespace, Named: i.Name})
	var keys []linkapi.Identifier
	for _, k := range b.keys {
		keys = append(keys, linkapi.NewIdentifier(k))
	}
	return keys, b.err
}

func (b *scripted) Notify(_ context.Context, i linkapi.Instance, login linkapi.Identifier) error {
	b.note(said{Op: linkapi.OpNotify, InstanceNamespace: i.Namespace, Named: i.Name, Login: login.Reveal()})
	return b.err
}

const bearer = "header.claims.signature"

// newClient returns a client of a handler that is served over TLS.
func newClient(t *testing.T, h http.Handler) (*linkapi.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	c, err := linkapi.NewClient(linkapi.ClientOptions{
		URL: server.URL, CAFile: authorityOf(t, server), TokenFile: file(t, "token", bearer+"\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, server
}

// authorityOf returns a file with the certificate of a test server, which signs itself.
func authorityOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	return file(t, "ca.crt", string(pem.EncodeToMemory(block)))
}

func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func visit(token string) linkapi.Visit { return linkapi.Visit{Token: id(token)} }

func id(v string) linkapi.Identifier { return linkapi.NewIdentifier(v) }

func TestClientAndHandlerUnderstandEachOther(t *testing.T) {
	view := linkapi.View{
		State: linkapi.StateWait, Reason: "MFARequired", Until: time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC), Language: "fr",
		ConnectOrigin: "https://toolbox-iframe.private.fin.ag", ReturnURL: "https://app.example.com/done?a=1&b=<2>",
		DisplayName: "Prêts Łódź & fils", Title: "Mortgage <17>",
		Brand: linkapi.Brand{
			Logo:        strings.Repeat("0123456789abcdef", 4),
			AccentColor: "#00695C", SupportEmail: "help+fr@example.com", SupportPhone: "+1 (514) 555-0100",
			SupportURL: "https://example.com/help?a=1&b=2", PrivacyURL: "https://example.com/privacy",
		},
	}
	url := "https://toolbox-iframe.private.fin.ag/v2/?authorizeToken=t&redirectUrl=https%3A%2F%2Fgateway%2Flanded"
	b := &scripted{view: view, url: url, keys: []string{"the current key &<>", "the one before"}}
	c, _ := newClient(t, linkapi.Handler(b))
	ctx := t.Context()

	for _, ask := range []func() (linkapi.View, error){
		func() (linkapi.View, error) { return c.View(ctx, visit("t1")) },
		func() (linkapi.View, error) { return c.Open(ctx, visit("t1")) },
		func() (linkapi.View, error) { return c.Start(ctx, visit("t2")) },
		func() (linkapi.View, error) { return c.Finish(ctx, visit("t3"), id("login"), id("request")) },
		func() (linkapi.View, error) {
			return c.Finish(ctx, visit("t4"), id("login"), linkapi.Identifier{}, id("one"), id("two"))
		},
		func() (linkapi.View, error) {
			return c.Prove(ctx, linkapi.Visit{Token: id("t6"), Visitor: id("v"), Client: id("2001:db8::/64")}, id("ticket"))
		},
	} {
		got, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(view, got); diff != "" {
			t.Errorf("the view differs (-sent +got):\n%s", diff)
		}
	}
	got, err := c.Connect(ctx, visit("t5"))
	if err != nil || got.Reveal() != url {
		t.Errorf("Connect gives %q, %v", got.Reveal(), err)
	}
	keys, err := c.WebhookKeys(ctx, linkapi.Instance{Namespace: "lending", Name: "bank"})
	if err != nil || len(keys) != 2 || keys[0].Reveal() != b.keys[0] || keys[1].Reveal() != b.keys[1] {
		t.Errorf("WebhookKeys gives %d keys, %v", len(keys), err)
	}
	if err := c.Notify(ctx, linkapi.Instance{Name: "bank"}, id("login")); err != nil {
		t.Error(err)
	}
	want := []said{
		{Op: linkapi.OpView, Token: "t1"},
		{Op: linkapi.OpOpen, Token: "t1"},
		{Op: linkapi.OpStart, Token: "t2"},
		{Op: linkapi.OpFinish, Token: "t3", Login: "login", Request: "request"},
		{Op: linkapi.OpFinish, Token: "t4", Login: "login", Accounts: 2},
		{Op: linkapi.OpProve, Token: "t6", Visitor: "v", Client: "2001:db8::/64", Ticket: "ticket"},
		{Op: linkapi.OpConnect, Token: "t5"},
		{Op: linkapi.OpWebhookKeys, InstanceNamespace: "lending", Named: "bank"},
		{Op: linkapi.OpNotify, Named: "bank", Login: "login"},
	}
	if diff := cmp.Diff(want, b.calls); diff != "" {
		t.Errorf("the backend was asked something else (-want +got):\n%s", diff)
	}
}

// Every error of a backend arrives as itself or as ErrUnavailable, and brings along
// nothing of what it said.
func TestErrorsArriveAsThemselves(t *testing.T) {
	for name, tc := range map[string]struct{ sent, want error }{
		"not found":    {linkapi.ErrNotFound, linkapi.ErrNotFound},
		"not now":      {linkapi.ErrNotNow, linkapi.ErrNotNow},
		"invalid":      {linkapi.ErrInvalid, linkapi.ErrInvalid},
		"unavailable":  {linkapi.ErrUnavailable, linkapi.ErrUnavailable},
		"wrapped":      {errors.Join(errors.New("a secret"), linkapi.ErrNotNow), linkapi.ErrNotNow},
		"unknown":      {errors.New("a secret"), linkapi.ErrUnavailable},
		"out of time":  {context.DeadlineExceeded, linkapi.ErrUnavailable},
		"no keys left": {os.ErrNotExist, linkapi.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newClient(t, linkapi.Handler(&scripted{err: tc.sent, url: "https://x.test/", keys: []string{"k"}}))
			_, view := c.View(t.Context(), visit("t"))
			_, start := c.Start(t.Context(), visit("t"))
			_, connect := c.Connect(t.Context(), visit("t"))
			_, finish := c.Finish(t.Context(), visit("t"), id("l"), id("r"))
			_, keys := c.WebhookKeys(t.Context(), linkapi.Instance{Name: "i"})
			notify := c.Notify(t.Context(), linkapi.Instance{Name: "i"}, id("l"))
			for op, got := range map[string]error{"view": view, "start": start, "connect": connect, "finish": finish, "keys": keys, "notify": notify} {
				if got != tc.want { //nolint:errorlint // Not even wrapped.
					t.Errorf("%s: %v, want %v", op, got, tc.want)
				}
			}
		})
	}
}

func TestEveryCallIsNoted(t *testing.T) {
	b := &scripted{view: linkapi.View{State: linkapi.StateDone}}
	var noted []string
	var mu sync.Mutex
	c, server := newClient(t, &linkapi.Server{Backend: b, OnCall: func(op linkapi.Operation, code linkapi.Code) {
		mu.Lock()
		defer mu.Unlock()
		noted = append(noted, string(op)+" "+string(code))
	}})
	_, _ = c.View(t.Context(), visit("t"))
	b.err = linkapi.ErrNotNow
	_, _ = c.Start(t.Context(), visit("t"))
	for _, path := range []string{"/linkapi/v1/view", "/linkapi/v1/made-up"} {
		res, err := server.Client().Post(server.URL+path, "application/json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	if diff := cmp.Diff([]string{"view OK", "start NotNow", "view Invalid", " NotFound"}, noted); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
}
