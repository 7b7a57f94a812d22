package workload

import (
	"fmt"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// people returns the workloads in which persons do more than to answer in time.
func people() []Workload {
	return []Workload{
		{
			ID: "W31", Title: "a person presses the button on the gateway's page, long after the bank asked",
			Prepare: connected(asked, byGateway),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(30*time.Minute, "the person comes", linkUser(20*time.Second)),
				application(time.Hour, acme),
			},
		},
		{
			ID: "W32", Title: "a person links their bank on the gateway's page",
			Prepare: func(w *world.World) {
				bank(w)
				w.CreateConnection(acme, byGateway)
			},
			Steps: []Step{step(5*time.Minute, "the person comes", func(w *world.World) {
				w.Actors = append(w.Actors, &world.Person{Key: acme, Username: asked, Delay: time.Minute, Think: time.Minute})
			})},
		},
		{
			ID: "W95", Title: "a person opens the link, leaves it alone for an hour, and then comes back from Flinks Connect with another login, and with the right one",
			Prepare: both(connected(asked, byGateway), func(w *world.World) { seed(w, quiet) }),
			Steps: []Step{
				step(2*time.Minute, "the password is another one", func(w *world.World) { w.Banks()[0].SetBankPassword(asked, "another") }),
				request(2*time.Minute, acme, "once"),
				step(30*time.Minute, "the person comes", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{
						Key: acme, Username: asked, Password: "another", Mistaken: quiet, Delay: time.Minute, Think: time.Minute, Leaves: time.Hour,
					})
				}),
				step(3*time.Hour, "see how the link went", undisturbed(completed)),
				application(time.Hour, acme),
			},
		},
		{
			ID: "W88", Title: "a person links their bank by a link in a Secret, which is then given another name",
			Prepare: func(w *world.World) {
				bank(w)
				w.CreateConnection(acme, byGatewayInSecret(""))
			},
			Steps: []Step{
				edit(5*time.Minute, acme, "gets another name for the Secret", byGatewayInSecret("acme-link")),
				step(5*time.Minute, "the person comes", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{Key: acme, Username: asked, Delay: time.Minute, Think: time.Minute})
				}),
				request(2*time.Hour, acme, "once"), application(time.Hour, acme),
			},
		},
		{
			ID: "W33", Title: "the link is opened in minute 7, and a refresh is asked for in minutes 9 and 11, while the person answers",
			Prepare: both(connected(asked), person(acme, 7*time.Minute, 5*time.Minute)),
			Steps:   []Step{request(2*time.Minute, acme, "once"), application(9*time.Minute, acme), request(2*time.Minute, acme, "again")},
		},
		{
			ID: "W47", Title: "the person answers wrong at first", Prepare: connected(asked),
			Steps: []Step{
				step(time.Minute, "there is a person", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{Key: acme, Delay: time.Minute, Think: time.Minute, Wrong: 1})
				}),
				application(time.Minute, acme),
			},
		},
		{
			ID: "W48", Title: "two persons press at once on two replicas, while a refresh is asked for",
			Prepare: func(w *world.World) {
				connected(asked, byGateway)(w)
				w.StandBy()
			},
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(30*time.Minute, "both come", both(linkUser(20*time.Second), linkUser(40*time.Second))),
				request(time.Minute, acme, "twice"), application(time.Hour, acme),
			},
			Ends: func(w *world.World) string {
				if l := w.Banks()[0].Logins()[0]; l.Prompts > 6 {
					return fmt.Sprintf("the bank asked %d times", l.Prompts)
				}
				return allWell(w)
			},
		},
		{
			ID: "W89", Title: "a person links a login on the gateway's page that another connection is bound to", Several: true,
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				w.CreateConnection(twin, byGateway)
			},
			Steps: []Step{step(5*time.Minute, "the person comes", func(w *world.World) {
				w.Actors = append(w.Actors, &world.Person{Key: twin, Username: quiet, Delay: time.Minute, Think: time.Minute})
			}), step(30*time.Minute, "see who is bound", undisturbed(boundOnce)), remove(time.Minute, twin)},
			Ends: boundOnce,
		},
	}
}

// completed returns what is wrong with the journey of acme's link, which was abandoned for a while.
func completed(w *world.World) string {
	c := w.Connection(acme)
	switch {
	case c == nil || c.Status.Link == nil:
		return "there is no journey"
	case c.Status.Link.State != v1alpha1.JourneyCompleted, c.Status.Link.AbandonedTime == nil, c.Status.Link.Reason != "":
		return fmt.Sprintf("the journey is %+v", c.Status.Link)
	case len(c.Status.UnverifiedLogins) != 1:
		return fmt.Sprintf("%d logins were refused, not the other one", len(c.Status.UnverifiedLogins))
	}
	return ""
}

// boundOnce returns what is wrong if the login of acme has a second binding, or acme has lost it.
func boundOnce(w *world.World) string {
	first, second := w.Connection(acme), w.Connection(twin)
	switch {
	case first == nil || first.Status.Binding == nil:
		return "acme is not bound to its login"
	case second != nil && second.Status.Binding != nil:
		return "the login is bound twice"
	}
	return ""
}

// linkUser adds a customer who follows the links of acme to the gateway, and can log in there.
func linkUser(think time.Duration) func(*world.World) {
	return func(w *world.World) {
		w.Actors = append(w.Actors, &world.Person{Key: acme, Username: asked, Delay: time.Minute, Think: think})
	}
}
