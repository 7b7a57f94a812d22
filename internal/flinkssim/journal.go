package flinkssim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one request as the simulator saw it. It holds ids in clear, since it
// is a test oracle; it never holds a key, a password or an answer.
type Entry struct {
	Seq int `json:"seq"`
	// Time is the virtual time at which the request arrived.
	Time time.Time `json:"time"`
	// Host is the address that the request was sent to, as it named it itself.
	Host string `json:"host,omitempty"`
	// Endpoint is the last word of the path, such as Authorize or DeleteCard;
	// Connect for the pages, Person and Nightly for what happens without a request,
	// Webhook for a call that the simulator made.
	Endpoint string `json:"endpoint"`
	// Mode of Authorize is cached, live, link or mfa; of Connect the page's name; of
	// a webhook its ResponseType.
	Mode      string `json:"mode,omitempty"`
	LoginID   string `json:"loginId,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// Status is that of the answer, 0 for none; of a webhook the receiver's.
	Status     int    `json:"status"`
	FlinksCode string `json:"flinksCode,omitempty"`
	// Committed: the call passed the checks and took effect, whatever the answer.
	Committed bool `json:"committed"`
	// LiveSessionOpened: the call opened a live session at the bank.
	LiveSessionOpened bool `json:"liveSessionOpened"`
	// OldKey: a key was good for it that had been replaced by another.
	OldKey bool `json:"oldKey,omitempty"`
	// InFlight: it has not been answered yet.
	InFlight bool `json:"inFlight,omitempty"`
	// Fault describes the fault that was applied, if any.
	Fault string `json:"fault,omitempty"`
	// Headers and BodyKeys are the names that were present, never the values.
	Headers  []string `json:"headers,omitempty"`
	BodyKeys []string `json:"bodyKeys,omitempty"`
}

// HasHeader reports whether the request carried the header.
func (e Entry) HasHeader(name string) bool {
	return slices.ContainsFunc(e.Headers, func(h string) bool { return strings.EqualFold(h, name) })
}

// String prints the entry for a terminal, ids shortened.
func (e Entry) String() string {
	parts := []string{fmt.Sprintf("#%d %s %s", e.Seq, e.Time.UTC().Format(time.RFC3339), e.Endpoint)}
	add := func(label, value string) {
		if value != "" {
			parts = append(parts, label+value)
		}
	}
	add("", e.Mode)
	add("login=", mask(e.LoginID))
	add("request=", mask(e.RequestID))
	add("", e.answer())
	if e.Committed {
		add("", "committed")
	}
	if e.LiveSessionOpened {
		add("", "live-session-opened")
	}
	if e.OldKey {
		add("", "old-key")
	}
	add("fault=", e.Fault)
	return strings.Join(parts, " ")
}

func (e Entry) answer() string {
	switch {
	case e.InFlight:
		return "in flight"
	case e.Status == 0:
		return "no answer"
	case e.FlinksCode != "":
		return fmt.Sprintf("%d %s", e.Status, e.FlinksCode)
	default:
		return fmt.Sprintf("%d", e.Status)
	}
}

// journalLimit bounds the memory of a simulator that runs for days.
const journalLimit = 200_000

type journal struct {
	seq     int
	entries []*Entry
}

func (j *journal) begin(e Entry) *Entry {
	j.seq++
	e.Seq = j.seq
	if len(j.entries) >= journalLimit {
		j.entries = slices.Delete(j.entries, 0, journalLimit/2)
	}
	j.entries = append(j.entries, &e)
	return &e
}

// Journal returns every request since the last reset, in order of arrival.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Entry, 0, len(s.journal.entries))
	for _, e := range s.journal.entries {
		out = append(out, *e)
	}
	return out
}

// ResetJournal forgets the entries; sequence numbers go on.
func (s *Server) ResetJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.entries = nil
}

// JournalSince returns the requests that came after the one of that number, in order of
// arrival.
func (s *Server) JournalSince(seq int) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := s.journal.entries
	first, _ := slices.BinarySearchFunc(entries, seq+1, func(e *Entry, seq int) int { return e.Seq - seq })
	out := make([]Entry, 0, len(entries)-first)
	for _, e := range entries[first:] {
		out = append(out, *e)
	}
	return out
}
