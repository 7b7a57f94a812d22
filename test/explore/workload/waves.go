package workload

import (
	"fmt"
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

const (
	// crowd is how many connections there are where few may be deleted together.
	crowd = 6
	// deletableOfCrowd is how many that is.
	deletableOfCrowd = 2
)

// waves returns the workloads about deletions that are too many, unless a person confirms them.
func waves() []Workload {
	withdraw := editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = nil })
	slowly := editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Limits.RequestsPerSecond, i.Spec.Limits.Burst = new(int32(1)), new(int32(2))
	})
	return []Workload{
		{
			ID: "W80", Title: "many connections are deleted by mistake, Flinks throttles what was confirmed, and the confirmation is withdrawn",
			Few: true, Several: true, Prepare: both(crowdConnected, slowly),
			Steps: slices.Concat([]Step{
				step(20*time.Minute, "delete all", deleteFleet),
				step(15*time.Minute, "confirm", func(w *world.World) {
					w.Must(w.Banks()[0].InjectFault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "TOO_MANY_REQUESTS", Times: 2}))
					confirmed(90 * time.Minute)(w)
				}),
				step(5*time.Second, "withdraw", withdraw),
			}, staysUntilConfirmed(2*time.Hour)),
			Ends: noneLeftInTime,
		},
		{
			ID: "W81", Title: "any number of deletions is confirmed days ahead, and many connections are deleted by mistake", Few: true, Several: true,
			Prepare: crowdConnected,
			Steps: slices.Concat([]Step{
				step(10*time.Minute, "confirm", confirmed(30*time.Hour)),
				step(9*time.Hour, "delete all", deleteFleet),
			}, staysUntilConfirmed(11*time.Hour)),
			Ends: noneLeftInTime,
		},
		{
			ID: "W82", Title: "many connections with one login are deleted, and another tenant's", Few: true, Several: true,
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				for n := range crowd {
					w.CreateConnection(numbered(n), onSame)
				}
				limitDeletions(w)
				neighbour(w)
			},
			Steps: []Step{step(30*time.Minute, "delete all", both(deleteFleet, deleteNeighbours))},
			Ends:  noneLeftInTime,
		},
		{
			ID: "W83", Title: "many connections of one tenant are deleted by mistake, and one of another tenant on purpose", Few: true, Several: true,
			Prepare: both(crowdConnected, neighbour),
			Steps: slices.Concat([]Step{
				step(30*time.Minute, "delete all", both(deleteFleet, deleteNeighbours)),
				step(10*time.Minute, "see whether the other tenant waits", undisturbed(func(w *world.World) string {
					if w.Connection(savings) != nil {
						return "the connection of the other tenant is left"
					}
					return ""
				})),
			}, staysUntilConfirmed(2*time.Hour)),
			Ends: noneLeftInTime,
		},
	}
}

// staysUntilConfirmed returns steps that see that the crowd is left, and then confirm that it may
// go.
func staysUntilConfirmed(until time.Duration) []Step {
	return []Step{
		step(20*time.Minute, "see what is left", undisturbed(crowdIsLeft)),
		step(0, "confirm that all may go", confirmed(until)),
	}
}

// neighbour makes a connection of another tenant.
func neighbour(w *world.World) {
	w.Server.AddNamespace(savings.Namespace, nil)
	connect(w, savings, asked)
}

// deleteNeighbours deletes the connections that are not of the fleet.
func deleteNeighbours(w *world.World) {
	w.Delete(apiserver.BankConnection, savings)
	w.Delete(apiserver.BankConnection, acme)
}

// crowdConnected makes more connections than may be deleted together.
func crowdConnected(w *world.World) {
	bank(w)
	for n := range crowd {
		connect(w, numbered(n), fmt.Sprintf("%s+%02d", quiet, n))
	}
	limitDeletions(w)
}

// limitDeletions lets few logins be deleted together.
func limitDeletions(w *world.World) {
	editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{Deletions: &v1alpha1.DeletionLimit{Count: new(int32(deletableOfCrowd))}}
	})(w)
}

// crowdIsLeft says how many connections are left, if so few are that nothing keeps them: more went than without a
// confirmation.
func crowdIsLeft(w *world.World) string {
	if n := len(w.Server.List(apiserver.BankConnection)); n <= deletableOfCrowd {
		return fmt.Sprintf("only %d connections are left", n)
	}
	return ""
}

// noneLeftInTime checks the same as noneLeft, except where a clock was wrong: a confirmation that
// looked dated too far ahead when it was noted never counts.
func noneLeftInTime(w *world.World) string {
	if w.ClocksMoved {
		return ""
	}
	return noneLeft(w)
}
