package flinkssim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJournalEntry(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	got := h.authorize(liveCall(id))
	e := h.last()
	want := Entry{
		Seq: 1, Time: start, Host: strings.TrimPrefix(h.url, "http://"), Endpoint: "Authorize", Mode: modeLive, LoginID: id, RequestID: got.requestID(),
		Status: 200, Committed: true, LiveSessionOpened: true,
		Headers:  []string{"Accept-Encoding", "Content-Length", "Content-Type", "Flinks-Auth-Key", "User-Agent"},
		BodyKeys: []string{"LoginId", "MostRecentCached", "Save"},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if !e.HasHeader("flinks-auth-key") || e.HasHeader("x-api-key") {
		t.Error("HasHeader must go by name, in any case")
	}
}

func TestJournalKnowsWhatTookEffect(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	tests := []struct {
		name      string
		call      func() answer
		mode      string
		committed bool
		opened    bool
	}{
		{"refused token", func() answer { return h.authorizeWith("x", liveCall(id)) }, modeLive, false, false},
		{"live", func() answer { return h.authorize(liveCall(id)) }, modeLive, true, true},
		{"second live", func() answer { return h.authorize(liveCall(id)) }, modeLive, false, false},
		{"second link", func() answer { return h.authorize(linkCall("Greatday", "Everyday")) }, modeLink, false, false},
		{"cached", func() answer { return h.authorize(cachedCall(id)) }, modeCached, true, false},
		{"answer", func() answer {
			request, _ := h.WaitingRequestID(id)
			return h.authorize(mfaCall(request, "What city were you born in?", "Montreal"))
		}, modeMFA, true, false},
		{"delete too early", func() answer { return h.deleteCard(id) }, "", false, false},
		{"delete", func() answer { h.pass(idleLife); return h.deleteCard(id) }, "", true, false},
		{"delete again", func() answer { return h.deleteCard(id) }, "", false, false},
	}
	for _, tt := range tests {
		tt.call()
		e := h.last()
		if e.Mode != tt.mode || e.Committed != tt.committed || e.LiveSessionOpened != tt.opened || e.LoginID != id {
			t.Errorf("%s: got %+v", tt.name, e)
		}
	}
}

func TestJournalNeverHoldsSecrets(t *testing.T) {
	h := newHarness(t)
	request := h.authorize(linkCall("Greatday", "Everyday")).requestID()
	h.authorize(mfaCall(request, "What city were you born in?", "Montreal"))
	h.details(request)
	h.send("GET", h.url+"/v2/?demo=true&authorizeToken="+h.MintAuthorizeToken(), "")
	for _, e := range h.Journal() {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		line := e.String() + string(raw)
		for _, secret := range []string{"secret", "Everyday", "Montreal", "born", "Greatday"} {
			if strings.Contains(line, secret) {
				t.Errorf("the journal shows %q: %s", secret, line)
			}
		}
	}
}

func TestEntryStringMasksIDs(t *testing.T) {
	e := Entry{
		Seq: 7, Time: start, Endpoint: "Authorize", Mode: modeLive, LoginID: "abcdef01-2345", RequestID: "98765432-1000",
		Status: 203, Committed: true, LiveSessionOpened: true, Fault: "hang",
	}
	want := "#7 2026-03-04T10:20:30Z Authorize live login=abcd… request=9876… 203 committed live-session-opened fault=hang"
	if got := e.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	refused := Entry{Endpoint: "DeleteCard", Status: 400, FlinksCode: "CARD_IN_USE"}.String()
	if !strings.HasSuffix(refused, "DeleteCard 400 CARD_IN_USE") {
		t.Errorf("got %s", refused)
	}
	if s := (Entry{Endpoint: "X"}).String(); !strings.HasSuffix(s, "no answer") {
		t.Errorf("got %s", s)
	}
	if s := (Entry{Endpoint: "X", InFlight: true}).String(); !strings.HasSuffix(s, "in flight") {
		t.Errorf("got %s", s)
	}
	h := newHarness(t)
	id := h.seed("Greatday")
	if state, _ := h.Login(id); strings.Contains(state.String(), id) || strings.Contains(state.String(), "Greatday") {
		t.Errorf("got %s", state)
	}
}

func TestResetJournal(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.authorize(cachedCall(id))
	h.ResetJournal()
	if n := len(h.Journal()); n != 0 {
		t.Errorf("got %d entries", n)
	}
	h.authorize(cachedCall(id))
	if e := h.last(); e.Seq != 2 {
		t.Errorf("got sequence %d, want it to go on", e.Seq)
	}
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	for range journalLimit + 1 {
		j.begin(Entry{})
	}
	if len(j.entries) != journalLimit/2+1 || j.entries[len(j.entries)-1].Seq != journalLimit+1 {
		t.Errorf("got %d entries", len(j.entries))
	}
}

func TestSessionsAreSwept(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	for range 2000 {
		h.mu.Lock()
		h.mintToken()
		h.newSession(h.logins[id]).phase = phaseAuthorized
		h.mu.Unlock()
		h.pass(idleLife)
	}
	if n, m := len(h.sessions), len(h.tokens); n > 1100 || m > 1200 {
		t.Errorf("got %d sessions and %d tokens", n, m)
	}
}
