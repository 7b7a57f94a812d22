package workload

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// links returns the workloads in which what an instance says of links changes while one is in use.
func links() []Workload {
	gateway := func(url string) func(*world.World) {
		return editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
			i.Spec.Gateway = nil
			if url != "" {
				i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: url}
			}
		})
	}
	token := func(p v1alpha1.TokenPermission) func(*world.World) {
		return editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect.TokenInStatus = p })
	}
	return []Workload{
		{
			ID: "W67", Title: "an instance gets a gateway while the link to the bank's question is with the customer",
			Prepare: both(connected(asked, byDefault, handsOut), gateway("")),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(20*time.Second, "the instance gets a gateway", gateway(world.Gateway)),
				step(20*time.Second, "the person comes", linkUser(20*time.Second)),
				application(30*time.Minute, acme),
			},
		},
		{
			ID: "W68", Title: "an instance loses its gateway while the link to it is with the customer",
			Prepare: connected(asked, byDefault, handsOut),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(20*time.Second, "the person comes", linkUser(20*time.Second)),
				step(30*time.Second, "the instance loses its gateway", gateway("")),
				application(30*time.Minute, acme),
			},
		},
		{
			ID: "W69", Title: "an instance forbids tokens in a status while one is there, and allows them again",
			Prepare: connected(asked),
			Steps: []Step{
				request(2*time.Minute, acme, "once"),
				step(20*time.Second, "no tokens in a status", token(v1alpha1.TokenNever)),
				step(time.Minute, "see that the link is gone", undisturbed(linkWithdrawn)),
				step(20*time.Minute, "tokens in a status", token("")),
				step(time.Minute, "the person comes", person(acme, time.Minute, time.Minute)),
				application(time.Minute, acme),
			},
		},
		{
			// The page may learn of the login, with the accounts that the person selected, after the operator
			// saw the data; and an application that asks too often has the bank ask while the person is away.
			ID: "W96", Title: "the bank asks where Flinks Connect goes on with no session; a person comes early, waits, and logs in to the bank again",
			Several: true, Prepare: both(connected(asked, byGateway), withoutReconnect),
			Steps: []Step{
				step(time.Minute, "there is a person", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{Key: acme, Username: asked, Delay: 5 * time.Minute, Think: 20 * time.Second})
				}),
				step(time.Minute, "want a refresh of acme", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Application{Key: acme, Tries: 3})
				}),
			},
			Ends: func(w *world.World) string { return ready(w.Connection(acme)) },
		},
	}
}

// byDefault leaves it to the instance where links lead.
func byDefault(c *v1alpha1.BankConnection) { c.Spec.Reconnect = nil }

// linkWithdrawn returns what is wrong if acme still has a link that its instance does not allow any
// more, or does not say why it has none.
func linkWithdrawn(w *world.World) string {
	switch c := w.Connection(acme); {
	case c.Status.Reconnect == nil:
		return "nothing says that the customer is wanted"
	case c.Status.Reconnect.Link.URL != "":
		return "the link is still in the status"
	case !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionLinkNotIssued):
		return "the status does not say why there is no link"
	}
	return ""
}

// withoutReconnect makes Flinks Connect go on with no session, and the instance say so.
func withoutReconnect(w *world.World) {
	if err := w.Banks()[0].SetKnobs(func(k *flinkssim.Knobs) { k.ReconnectEnabled = false }); err != nil {
		panic(err)
	}
	w.EditInstance(world.InstanceName, func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect.Reconnect = v1alpha1.ReconnectUnsupported })
}
