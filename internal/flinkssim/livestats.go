package flinkssim

import (
	"strings"
	"time"
)

// Overlap is a moment at which a live session was wanted for a login that had
// one open already.
type Overlap struct {
	Time    time.Time `json:"time"`
	LoginID string    `json:"loginId"`
	// Open is the number of live sessions that were open, the new one included
	// unless it was refused.
	Open int `json:"open"`
	// Refused: the attempt was turned away with CONCURRENT_SESSION.
	Refused bool `json:"refused"`
}

// LiveStats sums up the live sessions of the simulator's life.
type LiveStats struct {
	Opened  int `json:"opened"`
	Refused int `json:"refused"`
	// MaxPerLogin is the most live sessions that one login ever had open at once.
	MaxPerLogin int `json:"maxPerLogin"`
	// MaxInstance is the most live sessions ever open at once, over all logins.
	MaxInstance int       `json:"maxInstance"`
	Overlaps    []Overlap `json:"overlaps"`
}

func (st *LiveStats) openedOne(now time.Time, logins map[string]*login, l *login) {
	st.Opened++
	open := l.openSessions(now)
	st.MaxPerLogin = max(st.MaxPerLogin, open)
	if open > 1 {
		st.Overlaps = append(st.Overlaps, Overlap{Time: now, LoginID: l.id, Open: open})
	}
	total := 0
	for _, other := range logins {
		if len(other.live) > 0 {
			total += other.openSessions(now)
		}
	}
	st.MaxInstance = max(st.MaxInstance, total)
}

func (st *LiveStats) refusedOne(now time.Time, l *login, code string) {
	st.Refused++
	if code == codeConcurrentSession {
		st.Overlaps = append(st.Overlaps, Overlap{Time: now, LoginID: l.id, Open: l.openSessions(now), Refused: true})
	}
}

// OpenSessions returns the number of live sessions that hold the login now: 0 or 1
// while the concurrency lock is on.
func (s *Server) OpenSessions(loginID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logins[strings.ToLower(loginID)]
	if l == nil {
		return 0
	}
	return l.openSessions(s.clock.Now())
}

// MaxConcurrentLive returns the most live sessions that any one login ever had open
// at the same moment.
func (s *Server) MaxConcurrentLive() int { return s.LiveStats().MaxPerLogin }

// LiveStats returns the sum of the live sessions so far.
func (s *Server) LiveStats() LiveStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.live
	out.Overlaps = append([]Overlap(nil), s.live.Overlaps...)
	return out
}
