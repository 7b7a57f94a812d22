package flinkssim

import (
	"testing"
	"testing/synctest"
	"time"

	testclock "k8s.io/utils/clock/testing"
)

func TestVirtualClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewVirtualClock()
		began := c.Now()
		c.Advance(time.Hour)
		c.Advance(-2 * time.Hour)
		if d := c.Since(began); d != time.Hour || c.Offset() != time.Hour {
			t.Errorf("got %v, want an hour: time does not run backwards", d)
		}
	})
}

// TestExpiryOnTheVirtualClock is what the virtual clock is for: a session's 8
// minutes, a token's 15 and the 30 of processing, without waiting.
func TestExpiryOnTheVirtualClock(t *testing.T) {
	h := newHarness(t)
	h.Server.clock = NewVirtualClock()
	advance := func(d time.Duration) {
		t.Helper()
		if err := h.Advance(d); err != nil {
			t.Fatal(err)
		}
	}
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	token := h.MintAuthorizeToken()
	advance(8 * time.Minute)
	if n := h.OpenSessions(id); n != 0 {
		t.Errorf("got %d open sessions after 8 minutes", n)
	}
	wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 400, codeSessionExpired)
	advance(7 * time.Minute)
	wantCode(t, h.authorizeWith(token, cachedCall(id)), 401, codeUnauthorized)

	slow := h.seed("test_pending")
	request = h.authorize(liveCall(slow)).requestID()
	wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 200, "")
	wantCode(t, h.details(request), 202, codeOperationPending)
	advance(29 * time.Minute)
	wantCode(t, h.poll(request), 202, codeOperationPending)
	advance(time.Minute)
	if got := h.poll(request); got.status == 202 {
		t.Error("processing must end after 30 minutes")
	}
}

func TestAdvanceAFakeClock(t *testing.T) {
	fake := testclock.NewFakeClock(start)
	s := New(Options{Clock: fake})
	if err := s.Advance(time.Minute); err != nil || !s.Now().Equal(start.Add(time.Minute)) {
		t.Errorf("got %v, %v", s.Now(), err)
	}
	if New(Options{Clock: testclock.NewFakePassiveClock(start)}).Advance(time.Minute) == nil {
		t.Error("a clock that cannot be moved must say so")
	}
}
