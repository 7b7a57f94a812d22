package workload

import (
	"fmt"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// handoffs are those of applications that read the data themselves.
func handoffs() []Workload {
	return []Workload{
		{
			ID: "W92", Title: "an application requests a session, a refresh, and another session",
			Prepare: connected(quiet, handsOff),
			Steps: []Step{
				requestSession(10*time.Minute, "first"),
				application(10*time.Minute, acme),
				requestSession(10*time.Minute, "second"),
			},
			Ends: sessionRequested("second"),
		},
	}
}

func handsOff(c *v1alpha1.BankConnection) {
	c.Spec.SessionHandOff = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
	c.Spec.Accounts = v1alpha1.AccountsAll
}

// requestSession returns a step that asks for a session of the first connection.
func requestSession(after time.Duration, value string) Step {
	return step(after, "ask for a session of "+acme.Name, func(w *world.World) {
		w.Annotate(acme, v1alpha1.SessionRequestedAtAnnotation, value)
	})
}

// sessionRequested makes sure that a request for a session was answered: with a session, unless
// something went wrong.
func sessionRequested(value string) func(*world.World) string {
	return func(w *world.World) string {
		h := w.Connection(acme).Status.LastHandledSessionRequest
		switch {
		case h == nil || h.Value != value || h.Result == v1alpha1.SessionRequestInProgress:
			return fmt.Sprintf("the request %s for a session is %+v", value, h)
		case h.Result != v1alpha1.SessionRequestSucceeded && !w.Disturbed:
			return fmt.Sprintf("the request %s for a session %s: %s", value, h.Result, h.Reason)
		}
		return ""
	}
}
