package gateway

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

// TestSeen: each row follows one webhook that led to a hint.
func TestSeen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first := note{kind: kindAccounts, loginID: "login", requestID: "request", lastRefresh: "2026-11-20T11:00:00.1234567"}
	tests := map[string]struct {
		first  func(*note)
		second func(*note)
		other  session.Instance
		after  time.Duration
		old    bool
	}{
		"the same":                       {old: true},
		"the same, hours later":          {after: dedupeFor - 1, old: true},
		"the same, when it is forgotten": {after: dedupeFor},
		"of another instance":            {other: session.Instance{Namespace: "n", Name: "toolbox"}},
		"of another login":               {second: func(n *note) { n.loginID = "other"; n.lastRefresh = "2020-01-01T00:00:00" }},
		"of another kind":                {second: func(n *note) { n.kind = kindIdentity }},
		"of another session":             {second: func(n *note) { n.requestID = "other" }},
		"newer data":                     {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "2026-11-20T11:00:00.1234568" }},
		"older data":                     {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "2026-11-20T11:00:00.1234566" }, old: true},
		"older data, with a zone":        {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "2026-11-20T11:30:00+01:00" }, old: true},
		"data of no time":                {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "" }},
		"data of the year 1":             {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "0001-01-01T00:00:00" }},
		"text for a time":                {second: func(n *note) { n.requestID = "other"; n.lastRefresh = "!" }},
		"after a time that is no time": {
			first:  func(n *note) { n.lastRefresh = "zzzz" },
			second: func(n *note) { n.requestID = "other" },
		},
		"after a time that is to come": {
			first:  func(n *note) { n.lastRefresh = "9999-12-31T23:59:59.9999999" },
			second: func(n *note) { n.requestID = "other" },
		},
		"nothing tells them apart": {
			first:  func(n *note) { n.requestID, n.lastRefresh = "", "" },
			second: func(n *note) { n.requestID, n.lastRefresh = "", "" },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, instance, one, two := newSeen(), session.Instance{Name: "toolbox"}, first, first
			if test.first != nil {
				test.first(&one)
			}
			if test.second != nil {
				test.second(&two)
			}
			if s.isOld(now, instance, one) {
				t.Fatal("the first one is old")
			}
			s.remember(now, instance, one)
			if test.other != (session.Instance{}) {
				instance = test.other
			}
			if got := s.isOld(now.Add(test.after), instance, two); got != test.old {
				t.Errorf("isOld is %v", got)
			}
		})
	}
}

// TestNewestStays: what came late does not make what is older look new.
func TestNewestStays(t *testing.T) {
	t.Parallel()
	s, now, i := newSeen(), time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), session.Instance{Name: "toolbox"}
	for n, at := range []string{"2026-11-20T11:00:00", "2026-11-20T09:00:00"} {
		s.remember(now, i, note{kind: kindAccounts, loginID: "login", requestID: fmt.Sprint(n), lastRefresh: at})
	}
	if !s.isOld(now, i, note{kind: kindAccounts, loginID: "login", requestID: "new", lastRefresh: "2026-11-20T10:00:00"}) {
		t.Error("data that is older than the newest is taken for new")
	}
}

// TestPlaces: one address leaves places to others, and all together have an end.
func TestPlaces(t *testing.T) {
	t.Parallel()
	p := newPlaces()
	from := func(n int) netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 32) }
	taken := func(n, tries int) (got int) {
		for range tries {
			if p.take(from(n)) {
				got++
			}
		}
		return got
	}
	if got := taken(0, 1000); got != webhooksAtOnceFrom {
		t.Errorf("one address takes %d places", got)
	}
	all := webhooksAtOnceFrom
	for n := 1; n < 100; n++ {
		all += taken(n, 10)
	}
	if all != webhooksAtOnce {
		t.Errorf("all together take %d places", all)
	}
	p.leave(from(0))
	if !p.take(from(200)) || p.take(from(201)) {
		t.Error("a place that is left is not exactly one")
	}
	for range webhooksAtOnceFrom - 1 {
		p.leave(from(0))
	}
	if _, held := p.by[from(0)]; held {
		t.Error("an address is remembered that has no place")
	}
}
