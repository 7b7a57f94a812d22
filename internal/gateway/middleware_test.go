package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// A line of the log, and a label of a metric, name a route.
func TestWhatIsTold(t *testing.T) {
	s := newFixture(t)
	s.before = func(context.Context) { s.clock.SetTime(s.clock.Now().Add(7 * time.Millisecond)) }
	s.get("/c/" + aToken + "?loginId=" + aLogin)
	s.get("/" + aLogin)
	s.get("/c/" + aToken + "/start")
	s.do(hook("/webhooks/lending/bank", "{}"))
	type line struct {
		Msg, Route           string
		Status, Milliseconds int
	}
	var got []line
	for text := range strings.Lines(s.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	want := []line{
		{"Request", "GET /c/{token}", 200, 7},
		{"Request", "none", 404, 0},
		{"Request", "none", 405, 0},
		{"Request", "POST /webhooks/{namespace}/{name}", 200, 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	for _, metric := range []string{
		`flinks_gateway_requests_total{route="GET /c/{token}",status="200"} 1`,
		`flinks_gateway_requests_total{route="none",status="404"} 1`,
		`flinks_gateway_requests_in_flight 0`,
	} {
		if !strings.Contains(metricsOf(s.gateway), metric) {
			t.Errorf("no metric %s", metric)
		}
	}
}

// A panic ends one request. What it says goes nowhere.
func TestPanic(t *testing.T) {
	s := newFixture(t)
	s.before = func(context.Context) { panic("canary " + aLogin) }
	w := s.get("/c/" + aToken)
	if w.Code != 500 || strings.TrimSpace(w.Body.String()) != "internal error" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkHeaders(t, w)
	log := s.log.String()
	if !strings.Contains(log, `"Panic"`) || !strings.Contains(log, "showPage") || strings.Contains(log, "canary") || strings.Contains(log, aLogin) {
		t.Errorf("the log does not say where it was, or says what: %s", log)
	}
	if got := metricsOf(s.gateway); !strings.Contains(got, `status="500"} 1`) || !strings.Contains(got, "in_flight 0") {
		t.Error("it is not counted")
	}
	s.before = nil
	if got := s.get("/c/" + aToken).Code; got != 200 {
		t.Errorf("%d for the next one", got)
	}
}

// Half an answer must not pass for a whole one.
func TestPanicWithinAnAnswer(t *testing.T) {
	s := newFixture(t)
	half := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("half", 4096))
		panic("canary")
	})
	access := &accessLog{routes: http.NewServeMux(), clock: s.clock, log: s.config.Log, metrics: newMetrics()}
	server := httptest.NewServer(access.middleware(half))
	defer server.Close()
	res, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("the answer looks whole")
	}
}

// TestCanary: whatever is asked and whatever goes wrong, identifiers are in nothing that
// is kept or read by others: pages, headers, cookies, the log, metrics. The one answer
// that has the way to Connect is for the script.
func TestCanary(t *testing.T) {
	link := "/c/" + aToken
	cookie := cookieName + "=" + aToken
	secrets := []string{aToken, aLogin, aRequest, aWebhook, "canary"}
	for _, err := range []error{nil, linkapi.ErrUnavailable, linkapi.ErrInvalid, linkapi.ErrNotFound, linkapi.ErrNotNow, errors.New("canary " + aLogin)} {
		for _, state := range everyState {
			s := newFixture(t, unlimited)
			s.err, s.view = err, full(state, "")
			answers := []*httptest.ResponseRecorder{
				s.get(link), s.get(link + "?loginId=" + aLogin), s.get(link + "/state"), s.get(link + "/" + aLogin), s.get("/" + aLogin),
				s.get("/landed?loginId="+aLogin+"&requestId="+aRequest, "Cookie", cookie), s.get("//landed?loginId=" + aLogin),
				s.post(link+"/finish", `{"loginId":"`+aLogin+`","x":1}`), s.post(link+"/finish", `{"loginId":"`+aLogin),
				s.post("/landed", `{"`+aLogin+`":1}`, "Cookie", cookie), s.post(link+"/start", "{}", "Origin", "https://"+aLogin),
				s.do(hook("/webhooks/toolbox", aPayload)), s.do(hook("/webhooks/"+aLogin, aPayload)), s.do(hook("/webhooks/toolbox", aPayload+aLogin)),
				s.do(with(hook("/webhooks/toolbox", aPayload), signatureHeader, "canary")),
			}
			for i, w := range answers {
				for _, secret := range secrets {
					if strings.Contains(w.Body.String(), secret) {
						t.Errorf("answer %d (%v, %s) has %s: %s", i, err, state, secret, w.Body)
					}
					for name, values := range w.Header() {
						if strings.Contains(strings.Join(values, " "), secret) {
							t.Errorf("header %s of answer %d has %s", name, i, secret)
						}
					}
				}
			}
			s.post(link+"/start", "{}")
			s.post(link+"/connect", "{}")
			s.post(link+"/finish", aPost)
			for _, secret := range append(secrets, "private.fin.ag", "192.0.2.1") {
				if strings.Contains(s.log.String(), secret) || strings.Contains(metricsOf(s.gateway), secret) {
					t.Errorf("the log or a metric has %s (%v, %s)", secret, err, state)
				}
			}
		}
	}
}
