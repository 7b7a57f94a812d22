package workload

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func suspendInstance(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Suspend = true }

func resumeInstance(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Suspend = false }

// suspendedInstances returns those in which an administrator stops all calls of an instance.
func suspendedInstances() []Workload {
	return []Workload{
		{
			ID: "W86", Title: "the instance is suspended and resumed; meanwhile refreshes become due, one is asked for, and a connection is deleted",
			Prepare: func(w *world.World) {
				connected(quiet, every(time.Hour))(w)
				connect(w, twin, asked)
			},
			Steps: []Step{
				step(30*time.Minute, "suspend the instance", editInstance(suspendInstance)),
				looks(2*time.Minute, v1alpha1.ReasonInstanceSuspended),
				request(time.Minute, acme, "meanwhile"),
				remove(time.Minute, twin),
				step(3*time.Hour, "resume the instance", editInstance(resumeInstance)),
				application(time.Minute, acme),
			},
			Ends: ends([]string{asked}, end{"acme", v1alpha1.ReasonRefreshed}, end{"twin", gone}),
		},
		{
			ID: "W87", Title: "the instance is suspended just when a live session begins and a login is deleted, and resumed",
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				connect(w, twin, asked)
			},
			Steps: []Step{
				application(5*time.Minute, acme),
				remove(time.Millisecond, twin),
				step(time.Millisecond, "suspend the instance", editInstance(suspendInstance)),
				step(time.Hour, "resume the instance", editInstance(resumeInstance)),
			},
			Ends: ends([]string{asked}, end{"acme", v1alpha1.ReasonRefreshed}, end{"twin", gone}),
		},
	}
}
