package flinkssim

import (
	"testing"
	"time"
)

// newAsyncHarness has AuthorizeAsync open.
func newAsyncHarness(t *testing.T) *harness {
	h := newHarness(t)
	h.turn("authorizeAsync", "true")
	return h
}

// async makes a call of AuthorizeAsync with a new token.
func (h *harness) async(body string) answer {
	h.t.Helper()
	return h.call("POST", "AuthorizeAsync", body, "flinks-auth-key", h.MintAuthorizeToken())
}

func (h *harness) pollAuthorize(requestID string) answer {
	h.t.Helper()
	return h.async(`{"RequestId":"` + requestID + `"}`)
}

// TestAuthorizeAsync: the first 202 opens the session, polls are told nothing until the time of the
// knob is over, and each spends a token.
func TestAuthorizeAsync(t *testing.T) {
	for name, row := range map[string]struct {
		user   string
		status int
		code   string
	}{
		"authorized":         {DefaultUsername, 200, ""},
		"the bank asks":      {"Greatday", 203, ""},
		"the bank is closed": {"sim_maintenance", 401, "BANK MAINTENANCE_RETRY_LATER"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newAsyncHarness(t)
			id := h.seed(row.user)
			begun := h.async(liveCall(id))
			wantAnswer(t, begun, 202, `{"HttpStatusCode":202,"RequestId":"`+begun.requestID()+`"}`, id)
			if state, _ := h.Login(id); state.LiveOpened != 1 {
				t.Errorf("%d sessions were opened", state.LiveOpened)
			}
			h.pass(9 * time.Second)
			wantCode(t, h.pollAuthorize(begun.requestID()), 202, "")
			wantCode(t, h.call("POST", "AuthorizeAsync", `{"RequestId":"`+begun.requestID()+`"}`), 401, codeUnauthorized)
			h.pass(time.Second)
			got := h.pollAuthorize(begun.requestID())
			wantCode(t, got, row.status, row.code)
			if got.requestID() != begun.requestID() {
				t.Errorf("the session is now %s", got.requestID())
			}
			if row.status == 200 {
				wantCode(t, h.details(begun.requestID()), 202, codeOperationPending)
			}
		})
	}
}

// TestAuthorizeAsyncTellsLater what stands in the way of an attempt.
func TestAuthorizeAsyncTellsLater(t *testing.T) {
	h := newAsyncHarness(t)
	id := h.seed("Greatday")
	h.async(liveCall(id))
	second := h.async(liveCall(id))
	wantCode(t, second, 202, "")
	h.pass(10 * time.Second)
	wantCode(t, h.pollAuthorize(second.requestID()), 401, codeConcurrentSession)
	if state, _ := h.Login(id); state.LiveOpened != 1 {
		t.Errorf("%d sessions were opened", state.LiveOpened)
	}
	wantCode(t, h.async(liveCall(newGUID())), 401, codeUnauthorized)
	wantCode(t, h.pollAuthorize(h.authorize(cachedCall(id)).requestID()), 400, codeSessionNonexistent)
	wantCode(t, h.async(cachedCall(id)), 401, codeInvalidRequest)
}

// TestAuthorizeAsyncAnswer goes on in the background too.
func TestAuthorizeAsyncAnswer(t *testing.T) {
	h := newAsyncHarness(t)
	h.turn("mfaToken", mfaTokenBoth)
	begun := h.async(liveCall(h.seed("Greatday")))
	h.pass(10 * time.Second)
	wantCode(t, h.pollAuthorize(begun.requestID()), 203, "")
	answers := `","SecurityResponses":{"What city were you born in?":["Montreal"]}}`
	wantCode(t, h.async(`{"RequestId":"`+begun.requestID()+answers), 202, "")
	wantCode(t, h.pollAuthorize(begun.requestID()), 202, "")
	h.pass(10 * time.Second)
	wantCode(t, h.pollAuthorize(begun.requestID()), 200, "")
}
