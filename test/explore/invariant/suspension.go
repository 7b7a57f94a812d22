package invariant

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// suspensionSeen is how long the caches of all processes may take to show what one of them saw,
// while nothing goes wrong.
const suspensionSeen = 2 * time.Second

// isSuspended reports whether the shared instance is suspended, as of a version of the API server;
// 0 for the newest.
func (c *Checker) isSuspended(version int64) (suspended bool) {
	for _, change := range c.w.Server.Log(apiserver.ClusterFlinksInstance) {
		i, ok := change.Object.(*v1alpha1.ClusterFlinksInstance)
		if ok && i.Name == world.InstanceName && (version == 0 || change.ResourceVersion <= version) {
			suspended = i.Spec.Suspend
		}
	}
	return suspended
}

// isAtShared reports whether a run is about the shared instance, or a connection of it.
func (c *Checker) isAtShared(r *run) bool {
	o := c.w.Connection(r.key)
	return o != nil && o.Spec.InstanceRef.Kind == v1alpha1.KindClusterFlinksInstance && o.Spec.InstanceRef.Name == world.InstanceName
}

// checkSuspension: nothing that cannot be undone is done for an instance that was suspended when it
// was last read live (S16).
func (c *Checker) checkSuspension(e *world.Effect, r *run) {
	if c.isAtShared(r) && c.isSuspended(r.confirmation) {
		c.violate("S16", e, "a call that cannot be undone, for a suspended instance")
	}
}

// checkSuspended: no call is made for an instance that says that it is suspended (S16).
func (c *Checker) checkSuspended(e *world.Effect, r *run) {
	i := c.sharedInstance()
	if c.w.Disturbed || i == nil || !i.Spec.Suspend || !c.isAtShared(r) {
		return
	}
	says := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionSuspended)
	if says != nil && r.began.After(says.LastTransitionTime.Add(suspensionSeen)) {
		c.violate("S16", e, "a call for an instance that has been suspended since %s", says.LastTransitionTime)
	}
}
