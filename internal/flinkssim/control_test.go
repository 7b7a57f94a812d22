package flinkssim

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// control is a simulator with both of its servers.
func newControl(t *testing.T) (h *harness, address string) {
	t.Helper()
	h = newHarness(t)
	web := httptest.NewServer(h.ControlHandler())
	t.Cleanup(web.Close)
	return h, web.URL
}

func decodeInto[T any](t *testing.T, a answer) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("reading %q: %v", a.body, err)
	}
	return out
}

func TestControlKnobs(t *testing.T) {
	h, at := newControl(t)
	got := decodeInto[Knobs](t, h.send("PUT", at+"/knobs", `{"throttleStatus":429,"authorizeTokenTTL":"20m","requireXApiKey":false}`))
	want := DefaultKnobs()
	want.ThrottleStatus, want.AuthorizeTokenTTL, want.RequireXAPIKey = 429, 20*time.Minute, false
	if got != want || h.Knobs() != want {
		t.Errorf("got %+v", got)
	}
	want.Kind()
	want.ThrottleStatus = 403
	got = decodeInto[Knobs](t, h.send("PUT", at+"/knobs", `{"throttleStatus":403,"profile":"kind"}`))
	if got != want || h.Knobs() != want {
		t.Errorf("got %+v", got)
	}
	for _, bad := range []string{`{"throttleStatus":503}`, `{"noSuchKnob":1}`, `{"profile":"mean"}`, `{"throttleStatus":403,"x":1}`, `[]`} {
		if a := h.send("PUT", at+"/knobs", bad); a.status != 400 || !strings.Contains(a.body, `"error"`) {
			t.Errorf("%s: got %d %s", bad, a.status, a.body)
		}
	}
	if h.Knobs() != want || decodeInto[Knobs](t, h.send("GET", at+"/knobs", "")) != want {
		t.Error("a refused change must change nothing")
	}
}

func TestControlLogins(t *testing.T) {
	h, at := newControl(t)
	state := decodeInto[LoginState](t, h.send("POST", at+"/logins",
		`{"username":"Greatday","language":"fr","lastRefresh":"2026-03-01T00:00:00Z","scheduled":true}`))
	if state.LoginID == "" || state.Language != "fr" || !state.Scheduled || !state.Linked || state.LastRefresh.Day() != 1 {
		t.Errorf("got %+v", state)
	}
	h.authorize(liveCall(state.LoginID))
	if all := decodeInto[[]LoginState](t, h.send("GET", at+"/logins", "")); len(all) != 1 || all[0].OpenSessions != 1 {
		t.Errorf("got %+v", all)
	}
	done := decodeInto[LoginState](t, h.send("POST", at+"/logins/"+state.LoginID+"/complete-mfa", ""))
	if done.LastCode != codeOK || done.Answers != 1 {
		t.Errorf("got %+v", done)
	}
	if a := h.send("POST", at+"/logins/"+state.LoginID+"/complete-mfa", ""); a.status != 400 {
		t.Errorf("got %d, want 400: nothing waits", a.status)
	}
	if a := h.send("GET", at+"/logins/"+newGUID(), ""); a.status != 400 {
		t.Errorf("got %d, want 400", a.status)
	}
	if a := h.send("POST", at+"/logins", `{"user":"Greatday"}`); a.status != 400 {
		t.Errorf("got %d, want 400: a misspelt field", a.status)
	}
	if stats := decodeInto[LiveStats](t, h.send("GET", at+"/live", "")); stats.Opened != 1 {
		t.Errorf("got %+v", stats)
	}
}

func TestControlJournal(t *testing.T) {
	h, at := newControl(t)
	one, two := h.seed("greatday_nomfa+1"), h.seed("greatday_nomfa+2")
	h.authorize(cachedCall(one))
	h.authorize(cachedCall(two))
	h.deleteCard(one)
	for query, want := range map[string]int{"": 3, "?endpoint=authorize": 2, "?loginId=" + one: 2, "?endpoint=DeleteCard&loginId=" + two: 0} {
		if got := decodeInto[[]Entry](t, h.send("GET", at+"/journal"+query, "")); len(got) != want {
			t.Errorf("%s: got %d entries, want %d", query, len(got), want)
		}
	}
	if got := decodeInto[[]Entry](t, h.send("DELETE", at+"/journal", "")); len(got) != 0 || len(h.Journal()) != 0 {
		t.Error("the journal must be empty")
	}
}

func TestControlFaultsAndClock(t *testing.T) {
	h, at := newControl(t)
	left := decodeInto[[]Fault](t, h.send("POST", at+"/faults", `{"endpoint":"Authorize","latency":"1s","times":3}`))
	if len(left) != 1 || left[0].Latency != time.Second || left[0].Times != 3 {
		t.Errorf("got %+v", left)
	}
	if a := h.send("POST", at+"/faults", `{"drop":"sometimes"}`); a.status != 400 {
		t.Errorf("got %d", a.status)
	}
	h.send("DELETE", at+"/faults", "")
	if len(h.Faults()) != 0 {
		t.Error("the script must be empty")
	}
	if a := h.send("GET", at+"/clock", ""); !strings.Contains(a.body, `"now":"2026-03-04T10:20:30`) {
		t.Errorf("got %s", a.body)
	}
	if a := h.send("POST", at+"/clock", `{"advance":"8m"}`); a.status != 400 {
		t.Errorf("got %d: only the owner of this clock can move it", a.status)
	}
	if a := h.send("GET", at+"/healthz", ""); a.status != 200 || a.body != "{\"status\":\"ok\"}\n" {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestControlTheRest(t *testing.T) {
	h, at := newControl(t)
	h.send("PUT", at+"/knobs", `{"nightlyWorks":true}`)
	id := h.SeedLogin(SeedOptions{Scheduled: true})
	if a := h.send("POST", at+"/nightly", ""); a.body != "{\"tried\":1}\n" {
		t.Errorf("got %s", a.body)
	}
	h.pass(time.Hour)
	token := decodeInto[map[string]string](t, h.send("POST", at+"/tokens", ""))["token"]
	wantCode(t, h.authorizeWith(token, cachedCall(id)), 200, "")
	h.send("PUT", at+"/users/"+DefaultUsername+"/password", `{"password":"new"}`)
	wantCode(t, h.authorize(liveCall(id)), 400, codeInvalidLogin)
}

func TestControlIsNotUnderTheAPI(t *testing.T) {
	h, at := newControl(t)
	for _, path := range []string{"/knobs", "/journal", "/faults", "/clock", "/logins", "/live"} {
		if a := h.send("GET", h.url+path, ""); a.status != 404 {
			t.Errorf("%s: the API answers %d", path, a.status)
		}
	}
	if a := h.send("POST", at+"/v3/"+ToolboxCustomerID+"/BankingServices/Authorize", ""); a.status != 404 {
		t.Errorf("the control port serves the API: %d", a.status)
	}
}
