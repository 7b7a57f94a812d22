// Package workload holds what happens to the operator in a world when nothing goes wrong: what
// people, applications and administrators do.
package workload

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// Workload is one story.
type Workload struct {
	// ID names it in the names of cases, such as W03.
	ID string
	// Title says in a few words what happens.
	Title string
	// Prepare makes the world as it is before the operator starts.
	Prepare func(*world.World)
	// Steps are what is done then, one after the other.
	Steps []Step
	// Tail is how long the world is left alone after that, until all is as it stays: three
	// hours if it is 0.
	Tail time.Duration
	// Few reports whether the workload is so large that it is not disturbed at every place.
	Few bool
	// Either reports whether the logins may end either way, deleted or not, once something
	// goes wrong: the story is one of who is faster.
	Either bool
	// Twins reports whether two connections come to one login, so that clocks decide which of
	// them owns it.
	Twins bool
	// Several reports whether the story has several ends once something goes wrong, because it
	// is one of who is faster. Ends tells them apart, and what is there is not compared.
	Several bool
	// Open are the words of the state at the end, such as "request", that may say something else
	// once something goes wrong: they tell of the way, and not of where it led.
	Open []string
	// Ends says what is not as it should be at the end; by default, every connection is to be
	// ready, and every application is to have had what it wants.
	Ends func(*world.World) string
}

// Step is one thing that is done.
type Step struct {
	// After is how long the world is left alone before it.
	After time.Duration
	// Does says what is done.
	Does string
	Do   func(*world.World)
}

// defaultTail leaves time for what was lost to be found out, asked for again and answered.
const defaultTail = 3 * time.Hour

// Length of what happens after the last step.
func (w Workload) Length() time.Duration {
	if w.Tail == 0 {
		return defaultTail
	}
	return w.Tail
}

// Judge says what is not as it should be at the end of the story; empty if all is.
func (w Workload) Judge(in *world.World) string {
	if w.Ends != nil {
		return w.Ends(in)
	}
	return allWell(in)
}

// All returns the workloads, in order.
func All() []Workload {
	return slices.Concat(single(), going(), shared(), instances(), policies(), nights(), people(), vouching(), handoffs(), newData(), reading(), links(), async(), fleets(), defects())
}

// Find returns the workload of that name.
func Find(id string) (Workload, bool) {
	for _, w := range All() {
		if w.ID == id {
			return w, true
		}
	}
	return Workload{}, false
}

// allWell: every connection is ready, and every application had what it wants.
func allWell(w *world.World) string {
	for _, o := range w.Server.List(apiserver.BankConnection) {
		if problem := ready(o.(*v1alpha1.BankConnection)); problem != "" {
			return problem
		}
	}
	return applicationsContent(w)
}

func applicationsContent(w *world.World) string {
	for _, actor := range w.Actors {
		if a, ok := actor.(*world.Application); ok && !a.Done() && w.Connection(a.Key) != nil {
			return fmt.Sprintf("%s was asked for a refresh %d times in vain", a.Key, a.Asked())
		}
	}
	return ""
}

func ready(c *v1alpha1.BankConnection) string {
	condition := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case !c.DeletionTimestamp.IsZero():
		return client.ObjectKeyFromObject(c).String() + " is still being deleted"
	case condition == nil:
		return client.ObjectKeyFromObject(c).String() + " was never looked at"
	case condition.Reason != v1alpha1.ReasonRefreshed:
		return client.ObjectKeyFromObject(c).String() + " is " + condition.Reason
	}
	return ""
}

// end is how a connection is to end: with a reason of its condition Ready, or gone.
type end struct {
	name, reason string
}

const gone = "gone"

// ends makes sure that connections of the usual namespace end in a certain way, and the
// logins of some users are deleted.
func ends(deleted []string, wanted ...end) func(*world.World) string {
	return func(w *world.World) string {
		if problem := endsEither(wanted...)(w); problem != "" || w.AnyLogins {
			return problem
		}
		for _, b := range w.Banks() {
			for _, l := range b.Logins() {
				if l.Deleted != slices.Contains(deleted, l.Username) {
					return fmt.Sprintf("the login of %s is deleted: %v", l.Username, l.Deleted)
				}
			}
		}
		return ""
	}
}

// endsEither makes sure of the same, whatever becomes of the logins.
func endsEither(wanted ...end) func(*world.World) string {
	return func(w *world.World) string {
		for _, want := range wanted {
			if problem := endsAs(w, want); problem != "" {
				return problem
			}
		}
		return applicationsContent(w)
	}
}

func endsAs(w *world.World, want end) string {
	c := w.Connection(world.Name(want.name))
	switch {
	case c == nil && want.reason == gone:
		return ""
	case c == nil:
		return want.name + " is gone"
	case want.reason == gone:
		return want.name + " is still there"
	}
	condition := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)
	if condition == nil || condition.Reason != want.reason {
		return fmt.Sprintf("%s is %+v and not %s", want.name, condition, want.reason)
	}
	return ""
}
