package flinkssim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"
)

// start is an instant with seven fractional digits, as Flinks prints them.
var start = time.Date(2026, 3, 4, 10, 20, 30, 123456700, time.UTC)

const startText = "2026-03-04T10:20:30.1234567"

// harness is a simulator behind a real HTTP server, on a clock that stands still.
type harness struct {
	*Server
	t     *testing.T
	clock *testclock.FakePassiveClock
	url   string
	// tokens are those that opened the sessions, by RequestId.
	tokens map[string]string
}

func newHarness(t *testing.T, change ...func(*Knobs)) *harness {
	t.Helper()
	clock := testclock.NewFakePassiveClock(start)
	s := New(Options{Clock: clock, SecretKey: "secret", APIKey: "api", BearerToken: "bearer"})
	for _, c := range change {
		if err := s.SetKnobs(c); err != nil {
			t.Fatalf("setting knobs: %v", err)
		}
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return &harness{Server: s, t: t, clock: clock, url: web.URL, tokens: map[string]string{}}
}

// turn sets one more knob, from text.
func (h *harness) turn(knob, value string) {
	h.t.Helper()
	if err := h.SetKnobs(func(k *Knobs) {
		if err := k.Set(knob, value); err != nil {
			h.t.Fatal(err)
		}
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) pass(d time.Duration) { h.clock.SetTime(h.clock.Now().Add(d)) }

// answer is what came back over the wire.
type answer struct {
	status int
	body   string
	header http.Header
	err    error
}

func (a answer) field(name string) string {
	var fields map[string]any
	_ = json.Unmarshal([]byte(a.body), &fields)
	s, _ := fields[name].(string)
	return s
}

func (a answer) code() string      { return a.field("FlinksCode") }
func (a answer) requestID() string { return a.field("RequestId") }

func (a answer) loginID() string {
	var fields struct {
		Login struct{ ID string }
	}
	_ = json.Unmarshal([]byte(a.body), &fields)
	return fields.Login.ID
}

// call sends one request to the API; headers are name, value pairs.
func (h *harness) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	return h.send(method, h.url+"/v3/"+ToolboxCustomerID+"/BankingServices/"+path, body, headers...)
}

func (h *harness) send(method, url, body string, headers ...string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		h.t.Fatalf("making the request: %v", err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, body: string(raw), header: resp.Header, err: err}
}

// authorize sends Authorize, with a fresh token or that of the session which it names.
func (h *harness) authorize(body string) answer {
	h.t.Helper()
	var in struct{ RequestID string }
	_ = json.Unmarshal([]byte(body), &in)
	if token := h.tokens[in.RequestID]; token != "" {
		return h.authorizeWith(token, body)
	}
	return h.authorizeWith(h.MintAuthorizeToken(), body)
}

func (h *harness) authorizeWith(token, body string) answer {
	h.t.Helper()
	got := h.call("POST", "Authorize", body, "flinks-auth-key", token)
	if id := got.requestID(); id != "" && h.tokens[id] == "" {
		h.tokens[id] = token
	}
	return got
}

func cachedCall(loginID string) string {
	return `{"LoginId":"` + loginID + `","MostRecentCached":true}`
}

func liveCall(loginID string) string {
	return `{"LoginId":"` + loginID + `","MostRecentCached":false,"Save":true}`
}

func linkCall(username, password string) string {
	return `{"Institution":"FlinksCapital","username":"` + username + `","Password":"` + password +
		`","MostRecentCached":false,"Save":true}`
}

func mfaCall(requestID, prompt, given string) string {
	raw, _ := json.Marshal(map[string]any{
		"RequestId": requestID, "SecurityResponses": map[string][]string{prompt: {given}},
	})
	return string(raw)
}

func (h *harness) details(requestID string) answer {
	h.t.Helper()
	return h.call("POST", "GetAccountsDetail", `{"RequestId":"`+requestID+`"}`, "x-api-key", "api")
}

func (h *harness) poll(requestID string) answer {
	h.t.Helper()
	return h.call("GET", "GetAccountsDetailAsync/"+requestID, "", "x-api-key", "api")
}

func (h *harness) deleteCard(loginID string) answer {
	h.t.Helper()
	return h.call("DELETE", "DeleteCard/"+loginID, "", "x-api-key", "api")
}

func (h *harness) seed(username string) string {
	h.t.Helper()
	return h.SeedLogin(SeedOptions{Username: username})
}

// wantAnswer compares status and body exactly: names, order and values. In want,
// $request and $login stand for the ids of the answer.
func wantAnswer(t *testing.T, got answer, status int, want string, loginID string) {
	t.Helper()
	if got.err != nil {
		t.Fatalf("calling: %v", got.err)
	}
	if got.status != status {
		t.Errorf("status: got %d, want %d, body %s", got.status, status, got.body)
	}
	if want == "" && got.body == "" {
		return
	}
	want = strings.NewReplacer("$request", got.requestID(), "$login", loginID).Replace(want)
	if diff := cmp.Diff(indented(t, want), indented(t, got.body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// wantCode checks what most cases turn on.
func wantCode(t *testing.T, got answer, status int, code string) {
	t.Helper()
	if got.err != nil {
		t.Fatalf("calling: %v", got.err)
	}
	if got.status != status || got.code() != code {
		t.Errorf("got %d %q, want %d %q; body %.300s", got.status, got.code(), status, code, got.body)
	}
}

// indented keeps the order of keys, which decoding would lose.
func indented(t *testing.T, raw string) string {
	t.Helper()
	var buf bytes.Buffer
	if err := json.Indent(&buf, []byte(raw), "", " "); err != nil {
		t.Fatalf("not JSON: %v: %s", err, raw)
	}
	return buf.String()
}
