package workload

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// async returns the workloads in which live sessions are begun with AuthorizeAsync.
func async() []Workload {
	offered := func(yes bool) func(*world.World) {
		return func(w *world.World) {
			w.Must(w.Banks()[0].SetKnobs(func(k *flinkssim.Knobs) { k.AuthorizeAsync = yes }))
		}
	}
	says := func(c v1alpha1.AsyncCapability) func(*world.World) {
		return editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.AuthorizeAsync = c })
	}
	lasts := func(d time.Duration) func(*world.World) {
		return func(w *world.World) {
			w.Must(w.Banks()[0].SetKnobs(func(k *flinkssim.Knobs) { k.AsyncDuration = d }))
		}
	}
	background := both(offered(true), says(v1alpha1.AsyncSupported))
	return []Workload{
		{
			ID: "W75", Title: "a live session goes on in the background, and brings data",
			Prepare: both(connected(quiet), background),
			Steps:   []Step{application(2*time.Minute, acme)},
		},
		{
			ID: "W76", Title: "the bank asks in the background, and the person answers in minute 3",
			Prepare: both(both(connected(asked, handsOut), background), person(acme, 2*time.Minute, time.Minute)),
			Steps:   []Step{application(2*time.Minute, acme)},
		},
		{
			// Without the RequestId, which a crash loses, nothing leads to the question.
			ID: "W79", Title: "the bank asks in the background after 25 minutes, and a refresh is asked for while the person answers",
			Several: true, Prepare: both(both(connected(asked), background), both(lasts(25*time.Minute), person(acme, 6*time.Minute, time.Minute))),
			Steps: []Step{
				request(2*time.Minute, acme, "once"), request(31*time.Minute, acme, "late"),
				step(40*time.Minute, "sessions take seconds", lasts(10*time.Second)), application(5*time.Minute, acme),
			},
			Ends: func(w *world.World) string { return ready(w.Connection(acme)) },
		},
		{
			ID: "W77", Title: "the instance says in the middle of a session that it has no AuthorizeAsync",
			Prepare: both(connected(quiet), background),
			Steps: []Step{
				application(2*time.Minute, acme),
				step(4*time.Second, "no AuthorizeAsync", says(v1alpha1.AsyncUnsupported)),
			},
		},
		{
			ID: "W78", Title: "the instance says that it has AuthorizeAsync, and has it later",
			Several: true, Prepare: both(connected(quiet), says(v1alpha1.AsyncSupported)),
			Steps: []Step{
				application(2*time.Minute, acme),
				step(10*time.Minute, "AuthorizeAsync is opened", offered(true)),
				request(20*time.Minute, acme, "again"),
			},
			Ends: func(w *world.World) string { return ready(w.Connection(acme)) },
		},
	}
}
