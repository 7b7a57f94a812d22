package invariant

import (
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// mostWrites is how often the record of a refresh may be written: the claim, the answer, that the
// person answered, and the data.
const mostWrites = 4

// effort counts what the operator does for one refresh, and for one transition.
type effort struct {
	// writes that were made for a session.
	writes map[string]int
	// events that were recorded, and the version of the object that they were recorded about.
	events map[event]string
}

// event is what a process says in one event about one object. Another process may have to tell of
// the same later: it was frozen between its write and its event.
type event struct {
	process string
	uid     types.UID
	// action tells two requests apart that one write refuses.
	action, reason, note string
}

func newEffort() effort {
	return effort{writes: map[string]int{}, events: map[event]string{}}
}

// checkWrites: what is recorded of a refresh is written a few times, and no more (S7). What goes
// wrong in between may cost more.
func (c *Checker) checkWrites(e *world.Effect, was, is *v1alpha1.BankConnection) {
	if c.w.Disturbed || is.Status.Refresh == nil || reflect.DeepEqual(attemptsOf(was), attemptsOf(is)) {
		return
	}
	session := sessionOf(is)
	if is.Status.Refresh.State == v1alpha1.RefreshDispatched {
		c.effort.writes[session]-- // That Flinks goes on in the background is a state of its own.
	}
	if c.effort.writes[session]++; c.effort.writes[session] > mostWrites {
		c.violate("S7", e, "write %d of one refresh", c.effort.writes[session])
	}
}

// sessionOf names the newest session that a status tells of. One that the operator did not open has
// no nonce of its own, and is told by its data.
func sessionOf(o *v1alpha1.BankConnection) string {
	if o.Status.Refresh.StartTime != nil {
		return o.Status.Internal.Nonce
	}
	return fmt.Sprint(o.UID, " ", o.Status.LastRefreshTime)
}

// attempts is what a status records of live sessions.
type attempts struct {
	newest               *v1alpha1.RefreshStatus
	nonce                string
	unattended, attended []metav1.Time
}

func attemptsOf(o *v1alpha1.BankConnection) attempts {
	in := o.Status.Internal
	return attempts{o.Status.Refresh, in.Nonce, in.UnattendedTimes, in.AttendedTimes}
}

// checkEvent: a transition is told of once (S7). After a restore versions come again.
func (c *Checker) checkEvent(e *world.Effect) {
	all := c.w.Server.Events()
	if e.API.Err != nil || len(all) == 0 || len(c.w.Restores) > 0 {
		return
	}
	last := all[len(all)-1]
	key := event{process: e.Process.Name, uid: last.UID, action: last.Action, reason: last.Reason, note: last.Note}
	version := "none"
	if o := c.w.Server.Get(last.Kind, last.Key); o != nil {
		version = o.GetResourceVersion()
	}
	if c.effort.events[key] == version {
		c.violate("S7", e, "the event %s is recorded again, and nothing changed", last.Reason)
	}
	c.effort.events[key] = version
}
