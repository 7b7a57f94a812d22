package workload

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// nights returns the workloads in which logins that Flinks refreshes by night stay at Flinks.
func nights() []Workload {
	abandoned := annotated(v1alpha1.AbandonLoginAnnotation, "true")
	return []Workload{
		{
			ID: "W70", Title: "Flinks refreshes by night, and the login is retained", Prepare: connected(quiet, byNight, retained),
			Steps: []Step{remove(30*time.Minute, acme)}, Ends: ends(nil, end{"acme", gone}),
		},
		{
			ID: "W71", Title: "Flinks refreshes by night, and a login that cannot be deleted is abandoned",
			Prepare: connected(quiet, byNight), Either: true, // Who gives a login up tries once to end its nights.
			Steps: []Step{
				step(30*time.Minute, "keep cards in use", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "CARD_IN_USE", Times: -1}))
				}),
				remove(time.Minute, acme), edit(20*time.Minute, acme, "abandon", abandoned),
				edit(20*time.Minute, acme, "abandon it again, if it is still there", abandoned),
			},
			Ends: endsEither(end{"acme", gone}),
		},
		{
			ID: "W72", Title: "one of two wants Flinks to refresh by night, and is deleted", Prepare: twins(quiet, byNight),
			Steps: []Step{remove(30*time.Minute, acme)},
			Ends:  ends(nil, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W73", Title: "two want Flinks to refresh by night, one is deleted, and the other wants it no more",
			Prepare: func(w *world.World) {
				connected(quiet, byNight)(w)
				w.After(2*time.Minute, func() { w.CreateConnection(twin, onSame, byNight) })
			},
			Steps: []Step{remove(30*time.Minute, acme), edit(time.Second, twin, "no policy", withoutPolicy)},
			Ends:  ends(nil, end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W74", Title: "the policy becomes nightly, and the login is retained a little later", Prepare: connected(quiet, retained),
			Steps: []Step{edit(30*time.Minute, acme, "by night", byNight), remove(5*time.Minute, acme)},
			Ends:  ends(nil, end{"acme", gone}),
		},
	}
}

// byNight leaves the refreshing of a connection to Flinks.
func byNight(c *v1alpha1.BankConnection) {
	c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
}

func withoutPolicy(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = nil }
