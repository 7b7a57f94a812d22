package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// freshLook is how old an observe on record may be to speak for what Flinks has.
	freshLook = 5 * time.Minute
	// lookLifetime is the same for an observe that this process made for a refresh that
	// was due: attempts that fail, or that a bank which is down holds back, need no other.
	lookLifetime = 6 * time.Hour
)

// Look is an observe that was made for a refresh that is due. It is known in memory only,
// and is of no meaning to a status that was put back since.
type Look struct {
	time     time.Time
	observed *metav1.Time
}

// LookAfter is the look that counts in the world that an outcome left behind.
func LookAfter(now time.Time, w World, o Outcome) Look {
	switch {
	case !isLook(o):
		return w.Look
	case !due(now, w.status().NextRefreshTime):
		return Look{}
	}
	return Look{time: now, observed: w.status().LastObservedTime}
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

// IsZero reports whether there is nothing to remember.
func (l Look) IsZero() bool { return l.time.IsZero() }

// refreshes is what to do about a refresh that is due and that nobody asked for. It is
// preceded by an observe: the status may come from a backup, or nothing ran for a while,
// and Flinks has newer data.
func (w World) refreshes(now time.Time) Action {
	switch {
	case w.hasLooked(now):
		return Action{Kind: Refresh}
	case awaitsRetry(now, w.status()) && pending(now, w.status().NextObserveTime):
		return Action{Kind: Wait}
	}
	return w.observes(now)
}

// hasLooked reports whether it is known what Flinks has.
func (w World) hasLooked(now time.Time) bool {
	observed := w.status().LastObservedTime
	if observed != nil && now.Sub(observed.Time) < freshLook {
		return true
	}
	l := w.Look
	return l.observed.Equal(observed) && now.Sub(l.time) < lookLifetime && !l.time.Before(w.dueSince())
}
