package workload

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// going returns the workloads in which connections are deleted.
func going() []Workload {
	return []Workload{
		{
			ID: "W10", Title: "an idle connection is deleted", Prepare: connected(quiet),
			Steps: []Step{remove(30*time.Minute, acme)}, Ends: ends([]string{quiet}, end{"acme", gone}),
		},
		{
			ID: "W11", Title: "a connection is deleted while the bank waits for the person", Prepare: connected(asked),
			Steps: []Step{request(2*time.Minute, acme, "once"), remove(3*time.Minute, acme)},
			Ends:  ends([]string{asked}, end{"acme", gone}),
		},
		{
			ID: "W12", Title: "a connection is deleted and its login retained", Prepare: connected(quiet, retained),
			Steps: []Step{remove(30*time.Minute, acme)}, Ends: ends(nil, end{"acme", gone}),
		},
		{
			ID: "W13", Title: "a connection is deleted and created again", Prepare: connected(quiet, retained),
			Steps: []Step{
				remove(30*time.Minute, acme),
				step(time.Minute, "create it again", func(w *world.World) { w.CreateAgain(acme) }),
				application(5*time.Minute, acme),
			},
			Ends: ends(nil, end{"acme", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W15", Title: "the namespace is deleted, the Secrets first",
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				w.ContentsOrder = []apiserver.Kind{apiserver.Secret}
			},
			Steps: []Step{step(30*time.Minute, "delete the namespace", deleteNamespace)},
			Ends:  ends([]string{quiet}, end{"acme", gone}),
		},
		{
			ID: "W34", Title: "retained while it is being deleted", Either: true, Prepare: connected(asked),
			Steps: []Step{
				request(2*time.Minute, acme, "once"), remove(3*time.Minute, acme),
				edit(2*time.Second, acme, "retain", retained),
			},
			Ends: endsEither(end{"acme", gone}),
		},
		{
			ID: "W41", Title: "abandoned because its Secret is gone", Prepare: connected(quiet),
			Either: true, // A restore that brings the Secret back leads to the deletion of the login.
			Steps: []Step{
				step(30*time.Minute, "take the Secret away", func(w *world.World) {
					w.StripFinalizers(apiserver.Secret, world.Name("acme-login"))
					w.Delete(apiserver.Secret, world.Name("acme-login"))
				}),
				remove(time.Minute, acme),
				edit(20*time.Minute, acme, "abandon", annotated(v1alpha1.AbandonLoginAnnotation, "true")),
				edit(20*time.Minute, acme, "abandon it again, if it is still there", annotated(v1alpha1.AbandonLoginAnnotation, "true")),
			},
			Ends: endsEither(end{"acme", gone}),
		},
	}
}

func deleteNamespace(w *world.World) {
	w.Delete(apiserver.Namespace, types.NamespacedName{Name: world.Namespace})
}

// loseStatusOf takes the status from a connection, and the finalizers.
func loseStatusOf(o client.Object) {
	c := o.(*v1alpha1.BankConnection)
	c.Status, c.Finalizers = v1alpha1.BankConnectionStatus{ObservedGeneration: -1}, nil
}
