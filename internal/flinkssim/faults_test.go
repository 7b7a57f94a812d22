package flinkssim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func (h *harness) inject(f Fault) {
	h.t.Helper()
	if err := h.InjectFault(f); err != nil {
		h.t.Fatal(err)
	}
}

// last returns the journal entry of the latest request.
func (h *harness) last() Entry {
	h.t.Helper()
	entries := h.Journal()
	if len(entries) == 0 {
		h.t.Fatal("the journal is empty")
	}
	return entries[len(entries)-1]
}

func TestFaultsThatReplaceTheAnswer(t *testing.T) {
	tests := []struct {
		name   string
		fault  Fault
		status int
		body   string // must be contained
		kind   string // content type
	}{
		{"a bare status", Fault{Status: 503}, 503, "<h1>503 Service Unavailable</h1>", "text/html"},
		{"a gateway's page", Fault{BodyKind: BodyHTML}, 502, "<html>", "text/html"},
		{"a page with 200", Fault{Status: 200, BodyKind: BodyHTML}, 200, "<html>", "text/html"},
		{"a code", Fault{FlinksCode: "AGGREGATION_ERROR"}, 500, `"FlinksCode":"AGGREGATION_ERROR"`, "application/json"},
		{"a code under another status", Fault{Status: 429, FlinksCode: "TOO_MANY_REQUESTS"}, 429, `"HttpStatusCode":429`, "application/json"},
		{"an error under 200", Fault{Status: 200, FlinksCode: "UNAUTHORIZED"}, 200, `{"HttpStatusCode":401,"Message":"","FlinksCode":"UNAUTHORIZED"}`, "application/json"},
		{"an unknown code", Fault{Status: 418, FlinksCode: "TEAPOT"}, 418, `"FlinksCode":"TEAPOT"`, "application/json"},
		{"a body", Fault{Status: 200, Body: `{"a":1}`}, 200, `{"a":1}`, "application/json"},
		{"garbage", Fault{BodyKind: BodyGarbage}, 200, "{not json", "application/json"},
		{"other types", Fault{BodyKind: BodyWrongType}, 200, `"HttpStatusCode":"many"`, "application/json"},
		{"nothing", Fault{BodyKind: BodyEmpty}, 200, "", "application/json"},
		{"a redirect", Fault{Redirect: "http://elsewhere.test/"}, 302, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			id := h.seed(DefaultUsername)
			h.inject(tt.fault)
			got := h.authorize(liveCall(id))
			if got.status != tt.status || !strings.Contains(got.body, tt.body) || !strings.HasPrefix(got.header.Get("Content-Type"), tt.kind) {
				t.Errorf("got %d %s %q", got.status, got.header.Get("Content-Type"), got.body)
			}
			if e := h.last(); e.Committed || e.LiveSessionOpened || e.Fault == "" || e.Status != tt.status {
				t.Errorf("got %+v, want no effect and the fault named", e)
			}
			if n := h.OpenSessions(id); n != 0 {
				t.Errorf("got %d live sessions", n)
			}
			wantCode(t, h.authorize(liveCall(id)), 200, "")
		})
	}
}

func TestFaultRedirectNamesItsTarget(t *testing.T) {
	h := newHarness(t)
	h.inject(Fault{Status: 307, Redirect: "http://elsewhere.test/x"})
	got := h.authorize(`{}`)
	if got.status != 307 || got.header.Get("Location") != "http://elsewhere.test/x" {
		t.Errorf("got %d to %q", got.status, got.header.Get("Location"))
	}
}

func TestFaultCommitsAllTheSame(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	h.inject(Fault{Endpoint: "Authorize", Mode: modeLive, Status: 502, Commit: true})
	got := h.authorize(liveCall(id))
	if got.status != 502 {
		t.Errorf("got %d, want 502", got.status)
	}
	if e := h.last(); !e.Committed || !e.LiveSessionOpened || e.Status != 502 || e.LoginID != id {
		t.Errorf("got %+v", e)
	}
	wantCode(t, h.authorize(liveCall(id)), 401, codeConcurrentSession)
}

func TestFaultDropBeforeCommit(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	h.inject(Fault{Endpoint: "Authorize", Drop: DropBeforeCommit})
	if got := h.authorize(liveCall(id)); got.err == nil {
		t.Errorf("got an answer: %d", got.status)
	}
	if e := h.last(); e.Committed || e.LiveSessionOpened || e.Status != 0 || e.Fault != "drop before-commit" {
		t.Errorf("got %+v", e)
	}
	wantCode(t, h.authorize(liveCall(id)), 203, "")
}

func TestFaultDropAfterCommit(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	h.inject(Fault{Endpoint: "Authorize", Drop: DropAfterCommit})
	if got := h.authorize(liveCall(id)); got.err == nil {
		t.Errorf("got an answer: %d", got.status)
	}
	if e := h.last(); !e.Committed || !e.LiveSessionOpened || e.Status != 0 || e.RequestID == "" {
		t.Errorf("got %+v", e)
	}
	wantCode(t, h.authorize(liveCall(id)), 401, codeConcurrentSession)
	wantCode(t, h.authorize(cachedCall(id)), 401, codeQuestionNotFound)

	gone := h.seed(DefaultUsername)
	h.inject(Fault{Endpoint: "DeleteCard", Drop: DropAfterCommit})
	if got := h.deleteCard(gone); got.err == nil {
		t.Error("got an answer")
	}
	wantCode(t, h.deleteCard(gone), 404, "")
}

func TestFaultTruncated(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{BodyKind: BodyTruncated})
	got := h.authorize(liveCall(id))
	if !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v, want an unexpected end", got.err)
	}
	if got.status != 200 || !strings.HasPrefix(got.body, `{"Links"`) || json.Valid([]byte(got.body)) {
		t.Errorf("got %d %q, want half of the true answer", got.status, got.body)
	}
	if e := h.last(); !e.Committed {
		t.Error("a truncated answer is one to a call that took effect")
	}
}

func TestFaultEndlessAndHuge(t *testing.T) {
	for kind, enough := range map[string]int64{BodyEndless: 8 << 20, BodyHuge: hugeBody} {
		t.Run(kind, func(t *testing.T) {
			h := newHarness(t)
			h.inject(Fault{BodyKind: kind})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/v3/x/BankingServices/Institutions", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := new(http.Client).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if n, err := io.CopyN(io.Discard, resp.Body, enough); err != nil {
				t.Errorf("got %d bytes: %v", n, err)
			}
		})
	}
}

func TestFaultHangEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, id := quietServer()
		if err := s.InjectFault(Fault{Hang: true}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := direct(ctx, s, liveCall(id))
		synctest.Wait()
		if e := s.Journal()[0]; e.Status != 0 || e.Fault != "hang" || e.Committed || s.OpenSessions(id) != 0 {
			t.Errorf("got %+v", e)
		}
		cancel()
		if code := <-done; code != aborted {
			t.Errorf("got %d, want no answer", code)
		}
	})
}

func TestFaultRetryAfterSpoilsNothing(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{RetryAfter: 1500 * time.Millisecond})
	got := h.authorize(cachedCall(id))
	wantCode(t, got, 200, "")
	if got.header.Get("Retry-After") != "2" {
		t.Errorf("got %q, want whole seconds, rounded up", got.header.Get("Retry-After"))
	}
}

func TestFaultLatencyIsRealTimeAfterTheEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, id := quietServer()
		if err := s.InjectFault(Fault{Latency: time.Hour}); err != nil {
			t.Fatal(err)
		}
		began := s.Now()
		done := direct(t.Context(), s, liveCall(id))
		synctest.Wait()
		if s.OpenSessions(id) != 1 || !s.Journal()[0].Committed {
			t.Error("the effect must not wait for the latency")
		}
		if code := <-done; code != 203 || s.Now().Sub(began) != time.Hour {
			t.Errorf("got %d after %v", code, s.Now().Sub(began))
		}
	})
}

func TestFaultAsOutcomeIsTheBanksAnswer(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{Endpoint: "Authorize", Mode: modeLive, FlinksCode: "NEW_ACCOUNT", AsOutcome: true})
	wantAnswer(t, h.authorize(liveCall(id)), 401, bankRefusal("NEW_ACCOUNT"), id)
	wantAnswer(t, h.authorize(cachedCall(id)), 401, bankRefusal("NEW_ACCOUNT"), id)
	if state, _ := h.Login(id); state.LastCode != "NEW_ACCOUNT" {
		t.Errorf("got %+v", state)
	}
	asking := h.seed("Greatday")
	request := h.authorize(liveCall(asking)).requestID()
	h.inject(Fault{Mode: modeMFA, FlinksCode: "DISABLED_LOGIN", AsOutcome: true})
	wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 401, codeDisabledLogin)
}

func TestFaultMatching(t *testing.T) {
	h := newHarness(t)
	one, two := h.seed("greatday_nomfa+1"), h.seed("greatday_nomfa+2")
	h.inject(Fault{Endpoint: "authorize", Mode: modeCached, LoginID: one, Skip: 2, Times: 2, Status: 500})
	wantStatuses(t, []int{200, 200, 200, 200, 500, 500, 200}, []answer{
		h.authorize(cachedCall(two)),
		h.authorize(liveCall(one)),
		h.authorize(cachedCall(one)),
		h.authorize(cachedCall(one)),
		h.authorize(cachedCall(one)),
		h.authorize(cachedCall(one)),
		h.authorize(cachedCall(one)),
	})
	if left := h.Faults(); len(left) != 0 {
		t.Errorf("got %d faults left", len(left))
	}
}

func TestFaultsInOrderAndForEver(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{Status: 500})
	h.inject(Fault{Status: 503, Times: -1})
	wantStatuses(t, []int{500, 503, 503, 503}, []answer{
		h.authorize(cachedCall(id)), h.authorize(cachedCall(id)), h.authorize(cachedCall(id)), h.authorize(cachedCall(id)),
	})
	h.ClearFaults()
	wantCode(t, h.authorize(cachedCall(id)), 200, "")
}

func wantStatuses(t *testing.T, want []int, got []answer) {
	t.Helper()
	for i := range want {
		if got[i].status != want[i] {
			t.Errorf("call %d: got %d, want %d", i, got[i].status, want[i])
		}
	}
}

func TestFaultsByRequestIDFindTheLogin(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{Endpoint: "GetAccountsDetail", LoginID: id, Status: 500})
	request := h.authorize(cachedCall(id)).requestID()
	if got := h.details(request); got.status != 500 {
		t.Errorf("got %d, want the fault", got.status)
	}
}

func TestImpossibleFaults(t *testing.T) {
	for _, f := range []Fault{
		{BodyKind: "xml"}, {Drop: "always"}, {AsOutcome: true}, {Status: 42}, {Skip: -1}, {Latency: -1}, {Redirect: ":"},
	} {
		if New(Options{}).InjectFault(f) == nil {
			t.Errorf("%+v must be refused", f)
		}
	}
}

func TestFaultAsJSON(t *testing.T) {
	var f Fault
	raw := `{"endpoint":"Authorize","skip":2,"latency":"1m30s","retryAfter":"5s","drop":"after-commit"}`
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		t.Fatal(err)
	}
	want := Fault{Endpoint: "Authorize", Skip: 2, Latency: 90 * time.Second, RetryAfter: 5 * time.Second, Drop: DropAfterCommit}
	if f != want {
		t.Errorf("got %+v", f)
	}
	back, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(back), `"latency":"1m30s"`) || !strings.Contains(string(back), `"skip":2`) {
		t.Errorf("got %s, %v", back, err)
	}
	if json.Unmarshal([]byte(`{"latency":"soon"}`), &f) == nil {
		t.Error("a latency that is no duration must be refused")
	}
}

func TestFaultThatDispatches(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.inject(Fault{Endpoint: "Authorize", Mode: "live", Dispatch: true})
	got := h.authorize(liveCall(id))
	wantCode(t, got, 202, codeOperationDispatched)
	if state, _ := h.Login(id); state.LiveOpened != 1 {
		t.Errorf("%d sessions were opened", state.LiveOpened)
	}
	request := got.requestID()
	wantCode(t, h.poll(request), 202, codeOperationPending)
	h.pass(time.Minute)
	if got := h.poll(request); got.status != 200 {
		t.Errorf("got %d %q", got.status, got.body)
	}
}
