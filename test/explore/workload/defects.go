package workload

import (
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// deletable is how many connections are left at least when few of the fleet were deleted.
const deletable = fleet - 5

const elsewhere = "api.elsewhere.test"

// defects are the workloads that known defects were found with.
func defects() []Workload {
	return slices.Concat(deletionDefects(), requestDefects(), crowdDefects(), laterDefects())
}

// deletionDefects are about deletions of the wrong login, or of none.
func deletionDefects() []Workload {
	return []Workload{
		{
			ID: "W53", Title: "the address of the instance is mistyped, a connection is deleted, and the address is put right",
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				w.AddFlinks(elsewhere, func(o *flinkssim.Options) {
					o.Knobs = flinkssim.DefaultKnobs()
					o.Knobs.DeleteUnknown = flinkssim.DeleteUnknownInvalidLogin400
				})
			},
			Steps: []Step{
				step(30*time.Minute, "another address", reachedAt(elsewhere)), remove(time.Minute, acme),
				step(20*time.Minute, "the right one", reachedAt(world.BankHost)),
			},
			Ends: ends([]string{quiet}, end{"acme", gone}),
		},
		{
			ID: "W54", Title: "one login in two namespaces under one name, and one of the two is deleted",
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				w.Server.AddNamespace(savings.Namespace, nil)
				connect(w, savings, quiet)
			},
			Steps: []Step{remove(30*time.Minute, savings)},
			Ends:  ends(nil, end{"acme", v1alpha1.ReasonRefreshed}),
		},
		{
			ID: "W55", Title: "two connections with one login are deleted together, and one of them is retained at the last moment",
			Prepare: twins(quiet), Loose: true,
			Steps: []Step{removeBoth(), edit(22*time.Millisecond, twin, "retain", retained)},
			Ends:  endsEither(end{"acme", gone}, end{"twin", gone}),
		},
	}
}

// requestDefects are about what is asked for while something else is wrong.
func requestDefects() []Workload {
	return []Workload{
		{
			ID: "W56", Title: "the status is lost while the bank waits, and a refresh is due by the policy", Loose: true,
			Prepare: both(connected(asked, every(time.Hour)), person(acme, 2*time.Minute, time.Minute)),
			Steps:   []Step{request(2*time.Minute, acme, "once"), step(time.Minute, "lose the status", loseStatus(acme))},
			Ends:    endsEither(),
		},
		{
			ID: "W57", Title: "somebody else has a session, and a refresh is asked for twice", Prepare: connected(quiet),
			Steps: []Step{
				step(2*time.Minute, "somebody has a session", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "CONCURRENT_SESSION"}))
				}),
				request(0, acme, "once"), request(2*time.Minute, acme, "twice"), application(15*time.Minute, acme),
			},
		},
		{
			ID: "W58", Title: "a webhook denies finalizers on Secrets, with a status of its own",
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				w.Deny = func(e *apiserver.Effect) error {
					if e.Kind == apiserver.Secret && e.Verb == apiserver.Patch {
						return apierrors.NewBadRequest("admission webhook denied the request")
					}
					return nil
				}
			},
			Steps: []Step{application(5*time.Minute, acme)},
		},
	}
}

// crowdDefects are about connections that stand in each other's way, or in that of their own end.
func crowdDefects() []Workload {
	return []Workload{
		{
			ID: "W59", Title: "many connections are deleted by mistake, and the confirmation is withdrawn at once", Few: true, Loose: true,
			Prepare: func(w *world.World) {
				manyConnected(w)
				editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
					i.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1)), Burst: new(int32(2))}
				})(w)
			},
			Steps: []Step{
				step(20*time.Minute, "delete all", deleteFleet),
				step(15*time.Minute, "confirm", confirmed(90*time.Minute)),
				step(1100*time.Millisecond, "withdraw", editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = nil })),
			},
			Ends: func(w *world.World) string {
				if n := len(w.Server.List(apiserver.BankConnection)); n < deletable {
					return fmt.Sprintf("only %d connections are left", n)
				}
				return ""
			},
		},
		{
			ID: "W60", Title: "two connections with one login are asked at once", Loose: true, Prepare: twins(asked),
			Steps: []Step{request(5*time.Minute, twin, "once"), request(0, acme, "once")},
			Ends:  endsEither(end{"twin", v1alpha1.ReasonDuplicateLogin}),
		},
		{
			ID: "W61", Title: "Flinks is away for good, and a connection is deleted", Prepare: connected(quiet), Loose: true,
			Steps: []Step{
				step(30*time.Minute, "Flinks goes away", func(w *world.World) { w.Banks()[0].Down = true }), remove(time.Minute, acme),
			},
			Ends: func(w *world.World) string {
				if w.Connection(acme) == nil {
					return "acme is gone, and its login is not"
				}
				return ""
			},
		},
	}
}

// laterDefects are about what comes while much else is under way.
func laterDefects() []Workload {
	return []Workload{
		{
			ID: "W62", Title: "a connection is created while many are looked at after a restart", Few: true, Prepare: manyConnected,
			Steps: []Step{
				step(30*time.Minute, "restart", restart),
				step(0, "create one more", func(w *world.World) { connect(w, acme, asked) }),
				step(40*time.Second, "see whether it was looked at", undisturbed(func(w *world.World) string {
					return endsAs(w, end{"acme", v1alpha1.ReasonRefreshed})
				})),
			},
		},
		{
			ID: "W64", Title: "a connection is deleted, and another one is created on its Secret a little later", Loose: true,
			Prepare: connected(quiet),
			Steps: []Step{
				remove(30*time.Minute, acme),
				step(10*time.Second, "create another one", func(w *world.World) { w.CreateConnection(twin, onSame) }),
			},
			Ends: endsEither(end{"acme", gone}),
		},
		{
			ID: "W63", Title: "the replies of several live calls are lost", Few: true, Loose: true, Prepare: manyConnected,
			Steps: []Step{
				step(5*time.Minute, "lose replies", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Times: 6, Drop: flinkssim.DropAfterCommit}))
					for n := range 6 {
						w.Annotate(numbered(n), v1alpha1.RefreshRequestedAtAnnotation, "once")
					}
				}),
				step(30*time.Second, "see whether the instance is called", undisturbed(func(w *world.World) string {
					i, _ := w.Server.Get(apiserver.ClusterFlinksInstance, types.NamespacedName{Name: world.InstanceName}).(*v1alpha1.ClusterFlinksInstance)
					if meta.IsStatusConditionTrue(i.Status.Conditions, v1alpha1.ConditionCallsPaused) {
						return "nobody calls the instance"
					}
					return ""
				})),
			},
			Ends: endsEither(),
		},
	}
}

var savings = types.NamespacedName{Namespace: "savings", Name: "acme"}

// reachedAt makes the shared instance be reached at another host.
func reachedAt(host string) func(*world.World) {
	return editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Endpoints.API = "https://" + host })
}

func deleteFleet(w *world.World) {
	for n := range fleet {
		w.Delete(apiserver.BankConnection, numbered(n))
	}
}

// confirmed lets any number of logins be deleted until a time after the beginning.
func confirmed(until time.Duration) func(*world.World) {
	return editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Annotations = map[string]string{v1alpha1.AllowDeletionsUntilAnnotation: world.Epoch.Add(until).Format(time.RFC3339)}
	})
}
