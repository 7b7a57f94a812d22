package gateway

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// What browsers, Flinks and the operator send each other in these tests. None of it may
// appear anywhere else.
var (
	aToken   = strings.Repeat("canaryTok-", 8) + "12345678"
	aLogin   = "5e115eac-1209-4f19-641c-08d6d484e2fe"
	aRequest = "0a7b4e3c-5d2f-4c1e-9b8a-77c6d5e4f3a2"
	aWebhook = "canary-key-of-webhooks"
	aConnect = "https://toolbox-iframe.private.fin.ag"
	aWay     = aConnect + "/v2/?authorizeToken=canary-authorize-token&redirectUrl=https%3A%2F%2Fgateway%2Flanded&tag=canary-tag"
)

var noon = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)

// operator is a link API that gives prepared answers, and records its calls.
type operator struct {
	view linkapi.View
	keys []string
	err  error
	logo []byte
	// logoErr is what the operator answers when it is asked for the logo.
	logoErr error
	// keysErr is what the operator answers when it is asked for keys.
	keysErr error
	// before, if set, runs before each answer.
	before func(context.Context)

	mu      sync.Mutex
	journal []string
	// visitor is the secret of the browser that asked last, and client its network.
	visitor, client string
}

func (o *operator) asked(ctx context.Context, what ...string) {
	o.mu.Lock()
	o.journal = append(o.journal, strings.Join(slices.DeleteFunc(what, func(s string) bool { return s == "" }), " "))
	o.mu.Unlock()
	if o.before != nil {
		o.before(ctx)
	}
}

// asks returns the calls since it was last called.
func (o *operator) asks() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	asks := o.journal
	o.journal = nil
	return asks
}

func (o *operator) View(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	o.asked(ctx, "view", o.from(visit))
	return o.view, o.err
}

func (o *operator) Open(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	o.asked(ctx, "open", o.from(visit))
	return o.view, o.err
}

func (o *operator) Logo(ctx context.Context, visit linkapi.Visit) ([]byte, error) {
	o.asked(ctx, "logo", o.from(visit))
	return o.logo, o.logoErr
}

func (o *operator) Start(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	o.asked(ctx, "start", o.from(visit))
	return o.view, o.err
}

func (o *operator) Connect(ctx context.Context, visit linkapi.Visit) (linkapi.Identifier, error) {
	o.asked(ctx, "connect", o.from(visit))
	return linkapi.NewIdentifier(aWay), o.err
}

func (o *operator) Finish(ctx context.Context, visit linkapi.Visit, login, request linkapi.Identifier, accounts ...linkapi.Identifier) (linkapi.View, error) {
	said := []string{"finish", o.from(visit), login.Reveal(), request.Reveal()}
	for _, id := range accounts {
		said = append(said, id.Reveal())
	}
	o.asked(ctx, said...)
	return o.view, o.err
}

func (o *operator) Prove(ctx context.Context, visit linkapi.Visit, ticket linkapi.Identifier) (linkapi.View, error) {
	o.asked(ctx, "prove", o.from(visit), ticket.Reveal())
	return o.view, o.err
}

// from notes the browser of a visit, and returns the token.
func (o *operator) from(visit linkapi.Visit) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.visitor, o.client = visit.Visitor.Reveal(), visit.Client.Reveal()
	return visit.Token.Reveal()
}

func (o *operator) WebhookKeys(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	o.asked(ctx, "keys", i.Namespace, i.Name)
	if o.keysErr != nil {
		return nil, o.keysErr
	}
	var keys []linkapi.Identifier
	for _, k := range o.keys {
		keys = append(keys, linkapi.NewIdentifier(k))
	}
	if len(keys) == 0 {
		return nil, linkapi.ErrNotFound
	}
	return keys, nil
}

func (o *operator) Notify(ctx context.Context, i linkapi.Instance, login linkapi.Identifier) error {
	o.asked(ctx, "notify", i.Namespace, i.Name, login.Reveal())
	return o.err
}

// fixture is a gateway with everything around it.
type fixture struct {
	*operator

	t       *testing.T
	config  Config
	clock   *clocktesting.FakePassiveClock
	gateway *Gateway
	public  http.Handler
	log     *lines
}

// newFixture returns a fixture whose operator answers Start.
func newFixture(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	s := &fixture{
		t: t, clock: clocktesting.NewFakePassiveClock(noon), log: &lines{},
		operator: &operator{view: linkapi.View{State: linkapi.StateStart, ConnectOrigin: aConnect}, keys: []string{aWebhook}},
	}
	s.config = Config{Backend: s.operator, Clock: s.clock, Limits: DefaultLimits(), Log: slog.New(slog.NewJSONHandler(s.log, nil))}
	for _, c := range change {
		c(&s.config)
	}
	s.gateway = NewGateway(s.config)
	s.public = s.gateway.Public()
	return s
}

// unlimited lets any number of requests through.
func unlimited(c *Config) {
	const many = 1e15
	c.Limits.PerClient, c.Limits.PerLink = rate.Inf, rate.Inf
	c.Limits.Webhooks.Burst, c.Limits.Webhooks.BurstBytes = many, many
}

// do answers a request.
func (s *fixture) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.public.ServeHTTP(w, r)
	return w
}

func (s *fixture) get(path string, header ...string) *httptest.ResponseRecorder {
	return s.do(with(httptest.NewRequest(http.MethodGet, path, nil), header...))
}

// post sends JSON as the page's script does.
func (s *fixture) post(path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return s.do(with(r, header...))
}

// with sets headers, given as name and value; an empty value deletes one.
func with(r *http.Request, header ...string) *http.Request {
	for pair := range slices.Chunk(header, 2) {
		if r.Header.Del(pair[0]); pair[1] != "" {
			r.Header.Set(pair[0], pair[1])
		}
	}
	return r
}

// wasAsked checks the calls of the operator since it was last called.
func (s *fixture) wasAsked(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.asks()); diff != "" {
		s.t.Errorf("what the operator was asked (-want +got):\n%s", diff)
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// metricsOf returns the metrics as Prometheus reads them.
func metricsOf(g *Gateway) string {
	w := httptest.NewRecorder()
	g.Private(func() bool { return true }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}
