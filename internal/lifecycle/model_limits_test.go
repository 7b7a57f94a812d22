package lifecycle_test

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// limits are what the instance's budget would say: pauses, of all calls or of live
// ones, and crowds. A restart of the manager may forget them, or not.
type limits struct {
	calls, live lifecycle.Deferral
	// crowd is how many of a hundred questions are answered with a later time.
	crowd int
}

// limitsCalls changes the limits.
func (w *walk) limitsCalls() {
	pause := func() lifecycle.Deferral {
		if w.f.chance(70) {
			return lifecycle.Deferral{}
		}
		reason := oneOf(w.f, v1alpha1.ReasonThrottled, v1alpha1.ReasonFlinksUnavailable)
		return lifecycle.Deferral{Until: w.now.Add(w.f.upTo(oneOf(w.f, time.Minute, 24*time.Hour))), Reason: reason}
	}
	w.limits = limits{calls: pause(), live: pause(), crowd: oneOf(w.f, 0, 0, 0, 20, 90)}
	w.log("limits: %+v", w.limits)
}

// admit decides within the limits. What waits for them does not ask all the time.
func (w *walk) admit(inputs lifecycle.Inputs) (lifecycle.Action, lifecycle.Inputs) {
	a, after := lifecycle.Reserve(w.now, inputs, w.asks)
	if again := lifecycle.Decide(w.now, after); again != a {
		w.broken("%+v, and then at once %+v", a, again)
	}
	return a, after
}

// asks returns the budget's answer to a manager.
func (w *walk) asks(n lifecycle.Demand) (lifecycle.Deferral, bool) {
	switch {
	case n.Calls < 1 || n.Calls > 2:
		w.broken("%d calls are asked for", n.Calls)
	case w.now.Before(w.limits.calls.Until):
		return w.limits.calls, false
	case n.Live && w.now.Before(w.limits.live.Until):
		return w.limits.live, false
	case w.f.chance(w.limits.crowd):
		return lifecycle.Deferral{Until: w.now.Add(time.Second + w.f.upTo(10*time.Minute))}, false
	}
	return lifecycle.Deferral{}, true
}

// within: nothing is called while all calls, or live ones, are held.
func (w *walk) within(live bool) {
	if w.now.Before(w.limits.calls.Until) || (live && w.now.Before(w.limits.live.Until)) {
		w.broken("a call in spite of %+v", w.limits)
	}
}
