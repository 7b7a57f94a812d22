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

// severalBanks are more than there need to be lost replies for an outage of the instance.
const severalBanks = 8

const elsewhere = "api.elsewhere.test"

// defects returns the workloads that known defects were found with.
func defects() []Workload {
	return slices.Concat(deletionDefects(), requestDefects(), crowdDefects(), ownerDefects(), outageDefects(), waves(), laterDefects())
}

// deletionDefects returns those about deletions of the wrong login, or of none.
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
			Either: true, Prepare: twins(quiet),
			Steps: []Step{removeBoth(), edit(22*time.Millisecond, twin, "retain", retained)},
			Ends:  endsEither(end{"acme", gone}, end{"twin", gone}),
		},
	}
}

// requestDefects returns those about what is asked for while something else is wrong.
func requestDefects() []Workload {
	return []Workload{
		{
			ID: "W56", Title: "the status is lost while the bank waits, and a refresh is due by the policy",
			Prepare: both(connected(asked, every(time.Hour)), person(acme, 2*time.Minute, time.Minute)),
			Steps: []Step{
				request(2*time.Minute, acme, "once"), step(time.Minute, "lose the status", loseStatus(acme)),
				edit(3*time.Hour, acme, "no policy", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = nil }),
				application(5*time.Minute, acme),
			},
		},
		{
			ID: "W57", Title: "another program has a session, and a refresh is asked for twice", Prepare: connected(quiet),
			Steps: []Step{
				step(2*time.Minute, "another session", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "CONCURRENT_SESSION"}))
				}),
				request(0, acme, "once"), request(2*time.Minute, acme, "twice"), application(15*time.Minute, acme),
			},
		},
		{
			ID: "W84", Title: "Flinks goes on with a live call in the background", Prepare: connected(quiet),
			Steps: []Step{
				step(2*time.Minute, "live calls take long", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Dispatch: true}))
				}),
				application(0, acme),
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

// crowdDefects returns those about connections that stand in each other's way, or in that of their
// own end.
func crowdDefects() []Workload {
	return []Workload{
		{
			ID: "W59", Title: "many connections are deleted by mistake, and the confirmation is withdrawn at once", Few: true,
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
				step(3*time.Hour, "see whether the others are left", undisturbed(func(w *world.World) string {
					if n := len(w.Server.List(apiserver.BankConnection)); n < deletable {
						return fmt.Sprintf("only %d connections are left", n)
					}
					return ""
				})),
				step(0, "confirm again", confirmed(24*time.Hour)),
			},
			Ends: noneLeft,
		},
	}
}

func ownerDefects() []Workload {
	return []Workload{
		{
			ID: "W60", Title: "two connections with one login are asked at once", Several: true,
			Prepare: both(twins(asked), both(person(acme, time.Minute, time.Minute), person(twin, time.Minute, time.Minute))),
			Steps: []Step{
				request(5*time.Minute, twin, "once"), request(0, acme, "once"),
				step(40*time.Minute, "want both to be refreshed", func(w *world.World) {
					// Only the owner of the login can be; the story does not say which one that is.
					// After a clock that was wrong, an earlier question is waited for twice as long.
					w.Actors = append(w.Actors, &world.Application{Key: acme, Tries: 5}, &world.Application{Key: twin, Tries: 5})
				}),
			},
			Ends: func(w *world.World) string {
				problem := ownedBy(w, acme, twin)
				if w.Disturbed && ownedBy(w, twin, acme) == "" {
					return "" // It was bound first.
				}
				return problem
			},
		},
		{
			ID: "W85", Title: "two connections are bound to one login within a second, and asked; the one that was bound last owns it", Several: true,
			Prepare: func(w *world.World) {
				connected(asked, suspended, byGateway)(w)
				w.Unclear = true // The bank gets no answer: only what is called says anything.
			},
			Steps: []Step{
				step(2*time.Minute, "create another one", func(w *world.World) { connect(w, twin, asked, byGateway) }),
				edit(200*time.Millisecond, acme, "resume", resumed),
				request(350*time.Millisecond, twin, "once"), request(200*time.Millisecond, acme, "once"),
			},
			Ends: endsEither(),
		},
	}
}

func outageDefects() []Workload {
	return []Workload{
		{
			ID: "W61", Title: "Flinks is away for long, and a connection is deleted meanwhile", Prepare: connected(quiet),
			// A process that was frozen remembers the pause, and says so once more before it ends.
			Open: []string{"CallsPaused"},
			Steps: []Step{
				step(30*time.Minute, "Flinks goes away", func(w *world.World) { w.Banks()[0].Down = true }), remove(time.Minute, acme),
				step(50*time.Minute, "Flinks comes back", func(w *world.World) { w.Banks()[0].Down = false }),
			},
			Ends: ends([]string{quiet}, end{"acme", gone}),
		},
	}
}

// laterDefects returns those about what comes while much else is under way.
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
			ID: "W64", Title: "a connection is deleted, and another one is created on its Secret a little later",
			// The second one is bound, or finds that the login is gone, if need be on the next day.
			Several: true, Tail: 26 * time.Hour, Prepare: connected(quiet),
			Steps: []Step{
				remove(30*time.Minute, acme),
				step(10*time.Second, "create another one", func(w *world.World) { w.CreateConnection(twin, onSame) }),
			},
			Ends: func(w *world.World) string {
				if w.Banks()[0].Logins()[0].Deleted {
					return endsEither(end{"acme", gone}, end{"twin", v1alpha1.ReasonLoginGone})(w)
				}
				return endsEither(end{"acme", gone}, end{"twin", v1alpha1.ReasonRefreshed})(w)
			},
		},
		{
			ID: "W63", Title: "the replies of live calls to several banks are lost", Few: true,
			Prepare: severalConnected,
			Steps: []Step{
				step(5*time.Minute, "lose replies", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{
						Endpoint: "Authorize", Mode: "live", Times: severalBanks, Drop: flinkssim.DropAfterCommit,
					}))
					for n := range severalBanks {
						w.Annotate(numbered(n), v1alpha1.RefreshRequestedAtAnnotation, "once")
					}
				}),
				step(5*time.Second, "see whether the instance is called", undisturbed(func(w *world.World) string {
					i, _ := w.Server.Get(apiserver.ClusterFlinksInstance, types.NamespacedName{Name: world.InstanceName}).(*v1alpha1.ClusterFlinksInstance)
					if meta.IsStatusConditionTrue(i.Status.Conditions, v1alpha1.ConditionCallsPaused) {
						return "the instance is not called"
					}
					return ""
				})),
				step(40*time.Minute, "want them to be refreshed", func(w *world.World) {
					for n := range severalBanks {
						w.Actors = append(w.Actors, &world.Application{Key: numbered(n)})
					}
				}),
			},
		},
	}
}

// severalConnected connects customers of several banks.
func severalConnected(w *world.World) {
	bank(w)
	for n := range severalBanks {
		w.CreateLogin(numbered(n), w.Banks()[0].SeedLogin(flinkssim.SeedOptions{
			Username: quiet, Institution: fmt.Sprintf("Bank%d", n), LastRefresh: world.Epoch.Add(-24 * time.Hour),
		}))
		w.CreateConnection(numbered(n))
	}
}

// ownedBy says what is wrong if the first of two connections owns their login.
func ownedBy(w *world.World, owner, other types.NamespacedName) string {
	if problem := endsAs(w, end{owner.Name, v1alpha1.ReasonRefreshed}); problem != "" {
		return problem
	}
	return endsAs(w, end{other.Name, v1alpha1.ReasonDuplicateLogin})
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
