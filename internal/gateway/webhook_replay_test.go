package gateway

import (
	"fmt"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func payloadOf(login, request, refreshed string) webhookPayload {
	n := webhookPayload{responseType: "GetAccountsDetail", requestID: request}
	n.login.id, n.login.lastRefresh = login, refreshed
	return n
}

// TestReplayFilter: each row follows one webhook that led to a notification.
func TestReplayFilter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first := payloadOf("login", "request", "2026-11-20T11:00:00.1234567")
	tests := map[string]struct {
		first  func(*webhookPayload)
		second func(*webhookPayload)
		other  linkapi.Instance
		after  time.Duration
		old    bool
	}{
		"the same":                       {old: true},
		"the same, hours later":          {after: replayWindow - 1, old: true},
		"the same, when it is forgotten": {after: replayWindow},
		"of another instance":            {other: linkapi.Instance{Namespace: "n", Name: "toolbox"}},
		"of another login":               {second: func(n *webhookPayload) { n.login.id = "other"; n.login.lastRefresh = "2020-01-01T00:00:00" }},
		"of another kind":                {second: func(n *webhookPayload) { n.responseType = "KYC" }},
		"of another session":             {second: func(n *webhookPayload) { n.requestID = "other" }},
		"newer data":                     {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:00:00.1234568" }},
		"older data":                     {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:00:00.1234566" }, old: true},
		"older data, with a zone":        {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:30:00+01:00" }, old: true},
		"data of no time":                {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "" }},
		"data of the year 1":             {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "0001-01-01T00:00:00" }},
		"text for a time":                {second: func(n *webhookPayload) { n.requestID = "other"; n.login.lastRefresh = "!" }},
		"after a time that is no time": {
			first:  func(n *webhookPayload) { n.login.lastRefresh = "zzzz" },
			second: func(n *webhookPayload) { n.requestID = "other" },
		},
		"after a time that is to come": {
			first:  func(n *webhookPayload) { n.login.lastRefresh = "9999-12-31T23:59:59.9999999" },
			second: func(n *webhookPayload) { n.requestID = "other" },
		},
		"nothing tells them apart": {
			first:  func(n *webhookPayload) { n.requestID, n.login.lastRefresh = "", "" },
			second: func(n *webhookPayload) { n.requestID, n.login.lastRefresh = "", "" },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := testingclock.NewFakePassiveClock(now)
			s, instance, one, two := newReplayFilter(clock), linkapi.Instance{Name: "toolbox"}, first, first
			if test.first != nil {
				test.first(&one)
			}
			if test.second != nil {
				test.second(&two)
			}
			if s.isReplay(instance, one) {
				t.Fatal("the first one is old")
			}
			s.add(instance, one)
			if test.other != (linkapi.Instance{}) {
				instance = test.other
			}
			clock.SetTime(now.Add(test.after))
			if got := s.isReplay(instance, two); got != test.old {
				t.Errorf("knows is %v", got)
			}
		})
	}
}

// TestNewestStays: what came late does not make what is older look new.
func TestNewestStays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s, i := newReplayFilter(testingclock.NewFakePassiveClock(now)), linkapi.Instance{Name: "toolbox"}
	for n, at := range []string{"2026-11-20T11:00:00", "2026-11-20T09:00:00"} {
		s.add(i, payloadOf("login", fmt.Sprint(n), at))
	}
	if !s.isReplay(i, payloadOf("login", "new", "2026-11-20T10:00:00")) {
		t.Error("data that is older than the newest is taken for new")
	}
}
