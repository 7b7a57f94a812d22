package world

import "time"

// takeover is how long it takes until another process leads, after one that did died.
const takeover = 20 * time.Second

// Supervisor starts another process when none leads, as the cluster does.
type Supervisor struct {
	// After is how long that takes; 20 s if it is 0.
	After time.Duration

	at time.Time
}

// Act implements Actor.
func (s *Supervisor) Act(w *World) bool {
	if w.Leader() != nil {
		s.at = time.Time{}
		return false
	}
	if w.now.Before(w.outage) {
		return false
	}
	if s.at.IsZero() {
		after := s.After
		if after == 0 {
			after = takeover
		}
		s.at = w.now.Add(after)
	}
	if w.now.Before(s.at) {
		return false
	}
	s.at = time.Time{}
	w.Start()
	return true
}

// Next implements Actor.
func (s *Supervisor) Next(w *World) time.Time { return later(s.at, w.outage) }

// Outage ends all processes, and keeps others from being started for a while.
func (w *World) Outage(d time.Duration) {
	for _, p := range w.processes {
		p.Kill()
	}
	w.outage = w.now.Add(d)
}

// StandBy starts a process that answers the gateway and does not reconcile.
func (w *World) StandBy() { w.After(time.Minute, func() { w.startStandby() }) }
