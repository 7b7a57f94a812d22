package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// freshLook is how old a recorded observe may be to tell what data Flinks has.
	freshLook = 5 * time.Minute
	// lookLifetime is the same for an observe that this process made for a refresh that
	// was due: failed or deferred attempts need no other one.
	lookLifetime = 6 * time.Hour
)

func (s *state) lookAfter(o Outcome) Look {
	switch {
	case !isLook(o):
		return s.Look
	case !due(s.now, s.st.NextRefreshTime):
		return Look{}
	}
	return Look{time: s.now, observed: s.st.LastObservedTime}
}

// refreshes returns what to do about an unattended refresh that is due. An observe
// precedes it: the status may come from a backup, or the operator did not run for a while,
// and Flinks may have newer data.
func (s *state) refreshes() Action {
	switch {
	case s.hasLooked():
		return Refresh{}
	case awaitsRetry(s.now, s.st) && Pending(s.now, s.st.NextObserveTime):
		return Wait{}
	}
	return s.observes()
}

// hasLooked reports whether it is known what data Flinks has.
func (s *state) hasLooked() bool {
	observed := s.st.LastObservedTime
	if observed != nil && s.now.Sub(observed.Time) < freshLook {
		return true
	}
	l := s.Look
	return l.observed.Equal(observed) && s.now.Sub(l.time) < lookLifetime && !l.time.Before(s.dueSince())
}

// isLook reports whether an outcome is the answer to an observe. Not every answer is
// recorded as one: while the last live session failed, Flinks repeats its error, and older
// instances do not mark that.
func isLook(o Outcome) bool {
	if !Is[Observe](o.Action) || o.Err == nil {
		return Is[Observe](o.Action) && o.Authorization != nil
	}
	switch o.Err.Class {
	case flinks.ClassThrottled, flinks.ClassInstance, flinks.ClassPending:
		return false
	default:
		return o.Err.Op == flinks.OpObserve && o.Err.Delivery == flinks.Answered
	}
}
