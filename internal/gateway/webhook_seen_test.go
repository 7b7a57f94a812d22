package gateway

import (
	"fmt"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func noteOf(login, request, refreshed string) note {
	n := note{kind: "GetAccountsDetail", requestID: request}
	n.login.id, n.login.lastRefresh = login, refreshed
	return n
}

// TestPassedOn: each row follows one webhook that led to a notification.
func TestPassedOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first := noteOf("login", "request", "2026-11-20T11:00:00.1234567")
	tests := map[string]struct {
		first  func(*note)
		second func(*note)
		other  linkapi.Instance
		after  time.Duration
		old    bool
	}{
		"the same":                       {old: true},
		"the same, hours later":          {after: dedupeFor - 1, old: true},
		"the same, when it is forgotten": {after: dedupeFor},
		"of another instance":            {other: linkapi.Instance{Namespace: "n", Name: "toolbox"}},
		"of another login":               {second: func(n *note) { n.login.id = "other"; n.login.lastRefresh = "2020-01-01T00:00:00" }},
		"of another kind":                {second: func(n *note) { n.kind = "KYC" }},
		"of another session":             {second: func(n *note) { n.requestID = "other" }},
		"newer data":                     {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:00:00.1234568" }},
		"older data":                     {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:00:00.1234566" }, old: true},
		"older data, with a zone":        {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "2026-11-20T11:30:00+01:00" }, old: true},
		"data of no time":                {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "" }},
		"data of the year 1":             {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "0001-01-01T00:00:00" }},
		"text for a time":                {second: func(n *note) { n.requestID = "other"; n.login.lastRefresh = "!" }},
		"after a time that is no time": {
			first:  func(n *note) { n.login.lastRefresh = "zzzz" },
			second: func(n *note) { n.requestID = "other" },
		},
		"after a time that is to come": {
			first:  func(n *note) { n.login.lastRefresh = "9999-12-31T23:59:59.9999999" },
			second: func(n *note) { n.requestID = "other" },
		},
		"nothing tells them apart": {
			first:  func(n *note) { n.requestID, n.login.lastRefresh = "", "" },
			second: func(n *note) { n.requestID, n.login.lastRefresh = "", "" },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := testingclock.NewFakePassiveClock(now)
			s, instance, one, two := newPassedOn(clock), linkapi.Instance{Name: "toolbox"}, first, first
			if test.first != nil {
				test.first(&one)
			}
			if test.second != nil {
				test.second(&two)
			}
			if s.knows(instance, one) {
				t.Fatal("the first one is old")
			}
			s.add(instance, one)
			if test.other != (linkapi.Instance{}) {
				instance = test.other
			}
			clock.SetTime(now.Add(test.after))
			if got := s.knows(instance, two); got != test.old {
				t.Errorf("knows is %v", got)
			}
		})
	}
}

// TestNewestStays: what came late does not make what is older look new.
func TestNewestStays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s, i := newPassedOn(testingclock.NewFakePassiveClock(now)), linkapi.Instance{Name: "toolbox"}
	for n, at := range []string{"2026-11-20T11:00:00", "2026-11-20T09:00:00"} {
		s.add(i, noteOf("login", fmt.Sprint(n), at))
	}
	if !s.knows(i, noteOf("login", "new", "2026-11-20T10:00:00")) {
		t.Error("data that is older than the newest is taken for new")
	}
}
