package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// freshLook is how old an observe on record may be to speak for what Flinks has.
	freshLook = 5 * time.Minute
	// lookLifetime is the same for an observe that this process made for a refresh that
	// was due: attempts that fail, or that a bank which is down holds back, need no other.
	lookLifetime = 6 * time.Hour
)

// LookAfter returns the look that counts after an outcome was recorded.
func LookAfter(now time.Time, in Inputs, o Outcome) Look { return in.at(now).lookAfter(o) }

func (s *state) lookAfter(o Outcome) Look {
	switch {
	case !isLook(o):
		return s.Look
	case !due(s.now, s.st.NextRefreshTime):
		return Look{}
	}
	return Look{time: s.now, observed: s.st.LastObservedTime}
}

// refreshes is what to do about a refresh that is due and that nobody asked for. It is
// preceded by an observe: the status may come from a backup, or nothing ran for a while,
// and Flinks has newer data.
func (s *state) refreshes() Action {
	switch {
	case s.hasLooked():
		return Action{Kind: Refresh}
	case awaitsRetry(s.now, s.st) && Pending(s.now, s.st.NextObserveTime):
		return Action{Kind: Wait}
	}
	return s.observes()
}

// hasLooked reports whether it is known what Flinks has.
func (s *state) hasLooked() bool {
	observed := s.st.LastObservedTime
	if observed != nil && s.now.Sub(observed.Time) < freshLook {
		return true
	}
	l := s.Look
	return l.observed.Equal(observed) && s.now.Sub(l.time) < lookLifetime && !l.time.Before(s.dueSince())
}

// isLook reports whether an outcome is the answer to an observe. Not every answer is on
// record as one: as long as a failure is the last outcome, Flinks repeats it, and older
// instances do not say that it is one.
func isLook(o Outcome) bool {
	if o.Action.Kind != Observe || o.Err == nil {
		return o.Action.Kind == Observe && o.Authorization != nil
	}
	switch o.Err.Class {
	case flinks.ClassThrottled, flinks.ClassInstance, flinks.ClassPending:
		return false
	default:
		return o.Err.Op == flinks.OpObserve && o.Err.Delivery == flinks.Answered
	}
}
