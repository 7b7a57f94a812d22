package workload

import (
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// vouching returns the workloads in which an application vouches for the browsers of its customers.
func vouching() []Workload {
	return []Workload{
		{
			ID: "W90", Title: "a stranger opens a link whose application vouches for browsers, and tries all; then the customer links their bank",
			Prepare: func(w *world.World) {
				bank(w)
				w.CreateApplicationKey()
				w.CreateConnection(acme, vouched)
			},
			Steps: []Step{
				step(5*time.Minute, "the stranger comes", stranger(quiet)),
				step(5*time.Minute, "the customer comes", customer("laptop")),
			},
		},
		{
			ID: "W91", Title: "the bank asked a question; a stranger opens the link, whose application vouches for browsers, and then the customer in two",
			Prepare: func(w *world.World) {
				connected(asked, vouched)(w)
				w.CreateApplicationKey()
			},
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(30*time.Minute, "the stranger comes", stranger(asked)),
				step(time.Minute, "the customer comes", both(customer("laptop"), customer("phone"))),
				application(time.Hour, acme),
			},
		},
	}
}

// stranger adds a person who has the links of acme and is not its customer.
func stranger(user string) func(*world.World) {
	return func(w *world.World) {
		w.Actors = append(w.Actors, &world.Person{
			Key: acme, Username: user, Browser: "the browser of a stranger", Insists: true, MaxLinks: 3,
			Delay: time.Second, Think: time.Second,
		})
	}
}

// customer adds the customer of acme, whom the application knows, in one of their browsers.
func customer(browser string) func(*world.World) {
	return func(w *world.World) {
		w.Actors = append(w.Actors, &world.Person{
			Key: acme, Username: asked, Browser: browser, Vouched: true, Delay: time.Minute, Think: time.Minute,
		})
	}
}
