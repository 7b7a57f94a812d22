package workload

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// single returns the workloads of one connection that stays.
func single() []Workload { return slices.Concat(refreshed(), changed()) }

// refreshed returns those in which the connection stays as it is.
func refreshed() []Workload {
	return []Workload{
		{
			ID: "W01", Title: "a connection is created and observed", Prepare: bank,
			Steps: []Step{step(time.Minute, "create it", func(w *world.World) { connect(w, acme, quiet) })},
		},
		{
			ID: "W02", Title: "a refresh is asked for and brings data", Prepare: connected(quiet),
			Steps: []Step{application(2*time.Minute, acme)},
		},
		{
			ID: "W03", Title: "the bank asks, and the person answers in minute 3",
			Prepare: both(connected(asked), person(acme, 2*time.Minute, time.Minute)),
			Steps:   []Step{application(2*time.Minute, acme)},
		},
		{
			ID: "W04", Title: "the bank asks, the link expires, and the next one is used", Tail: 4 * time.Hour,
			Prepare: connected(asked),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(20*time.Minute, "the person comes", person(acme, time.Minute, 10*time.Second)),
				application(time.Minute, acme),
			},
		},
		{
			ID: "W05", Title: "the data takes half an hour", Prepare: both(connected("test_dispatched"), person(acme, time.Minute, time.Minute)),
			Steps: []Step{application(2*time.Minute, acme)},
		},
		{
			ID: "W06", Title: "the login is revoked at Flinks", Prepare: connected(quiet),
			// A request in vain is answered by the daily observe.
			Tail: 26 * time.Hour, Open: []string{"request", "refresh", "DataFresh"},
			Steps: []Step{
				step(5*time.Minute, "delete the login at Flinks", deleteAtFlinks),
				request(time.Minute, acme, "once"),
			},
			Ends: ends([]string{quiet}, end{"acme", v1alpha1.ReasonLoginGone}),
		},
	}
}

// changed returns those in which the connection, its policy or its Secret changes.
func changed() []Workload {
	acmeLogin := world.Name("acme-login")
	return []Workload{
		{
			ID: "W07", Title: "the policy changes in the middle of a session",
			Prepare: both(connected(asked, every(24*time.Hour)), person(acme, 4*time.Minute, time.Minute)),
			Steps: []Step{
				application(20*time.Minute, acme),
				edit(2*time.Minute, acme, "another interval", every(48*time.Hour)),
			},
		},
		{
			ID: "W08", Title: "the Secret comes later than the connection", Prepare: bank,
			Steps: []Step{
				step(time.Minute, "create the connection", func(w *world.World) { w.CreateConnection(acme) }),
				step(7*time.Minute, "create the Secret", func(w *world.World) { w.CreateLogin(acme, seed(w, quiet)) }),
			},
		},
		{
			ID: "W09", Title: "the Secret gets another login in the middle of a session, and gets the old one back",
			Prepare: both(connected(asked), person(acme, 3*time.Minute, time.Minute)),
			Steps: []Step{
				application(2*time.Minute, acme),
				step(time.Minute, "another login", func(w *world.World) {
					w.PutSecret(acmeLogin, map[string]string{"loginId": seed(w, quiet)})
				}),
				step(30*time.Minute, "the old login", func(w *world.World) {
					w.PutSecret(acmeLogin, map[string]string{"loginId": seed(w, asked)})
				}),
			},
		},
		{
			ID: "W16", Title: "it is suspended and resumed, and asked again and again", Prepare: connected(quiet),
			Steps: []Step{
				request(2*time.Minute, acme, "one"), request(time.Second, acme, "two"),
				edit(time.Minute, acme, "suspend", suspended), request(time.Minute, acme, "three"),
				edit(10*time.Minute, acme, "resume", resumed), application(time.Minute, acme),
			},
		},
		{
			ID: "W17", Title: "its status is lost", Prepare: connected(quiet),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(10*time.Minute, "lose the status", loseStatus(acme)),
				application(30*time.Minute, acme),
			},
		},
		{
			ID: "W37", Title: "link and session are handed out in Secrets",
			Prepare: both(connected(asked, inSecret), person(acme, 2*time.Minute, time.Minute)),
			Steps:   []Step{application(2*time.Minute, acme)},
		},
	}
}

// deleteAtFlinks deletes the first login, as a user of the dashboard would.
func deleteAtFlinks(w *world.World) {
	b := w.Banks()[0]
	w.DeleteAtFlinks(b, b.Logins()[0].LoginID)
}

// loseStatus makes a connection as one is that was restored from a backup without status.
func loseStatus(key world.Key) func(*world.World) {
	return func(w *world.World) {
		w.Stripped = true
		if w.Connection(key) != nil {
			w.Server.Mutate(apiserver.BankConnection, key, loseStatusOf)
		}
	}
}
