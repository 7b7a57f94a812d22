package invariant

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkDelete: DeleteCard is called for a login whose object is to go, was bound to it, and
// wants that, and that no other connection has (S2). What counts is what was stored when the
// reconcile last read live.
func (c *Checker) checkDelete(e *world.Effect, r *run, entry flinkssim.Entry) {
	if isDefinite(entry) && c.isGone(entry.LoginID) {
		c.deleted[entry.LoginID] = append(c.deleted[entry.LoginID], c.w.Now())
	}
	if r.key.Name == "" {
		c.violate("S2", e, "DeleteCard outside of the reconcile of a connection")
		return
	}
	own := c.versionAt(r.key, r.fence)
	if own == nil {
		c.violate("S2", e, "DeleteCard for a connection that is not there")
		return
	}
	c.checkSuspension(e, r)
	abandoned := own.Annotations[v1alpha1.AbandonLoginAnnotation] == "true"
	switch {
	case own.DeletionTimestamp.IsZero():
		c.violate("S2", e, "DeleteCard for a connection that is not being deleted")
	case own.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain:
		c.violate("S2", e, "DeleteCard for a connection that wants its login retained")
	case abandoned:
		c.violate("S2", e, "DeleteCard for a connection whose login was abandoned")
	case own.Status.Binding == nil:
		c.violate("S2", e, "DeleteCard for a connection that was never bound")
	case c.loginOf(own) != "" && c.loginOf(own) != entry.LoginID:
		c.violate("S2", e, "DeleteCard for another login than the one that the connection is bound to")
	default:
		c.checkSharers(e, r, own, entry.LoginID)
		c.checkDeleter(e, own, entry)
		c.checkLimit(e, r, own)
	}
}

// isGone reports whether no instance of Flinks has a login any more.
func (c *Checker) isGone(login string) bool {
	for _, b := range c.w.Banks() {
		if state, ok := b.Login(login); ok && !state.Deleted {
			return false
		}
	}
	return true
}

// checkDeleter: one object deletes a login, and no other does so again.
func (c *Checker) checkDeleter(e *world.Effect, own *v1alpha1.BankConnection, entry flinkssim.Entry) {
	if len(c.w.Restores) > 0 || len(c.w.Mutations) > 0 {
		return
	}
	if first, ok := c.deleters[entry.LoginID]; ok && first != own.UID {
		c.violate("S2", e, "DeleteCard for a login that was deleted for another connection")
	} else if isDefinite(entry) {
		c.deleters[entry.LoginID] = own.UID
	}
}

// deletionLimit is how many logins may be deleted together where an instance does not say.
const deletionLimit = 10

// mostDeletions returns how many logins of the shared instance may be deleted together.
func (c *Checker) mostDeletions() int {
	i := c.sharedInstance()
	if i == nil || i.Spec.Limits == nil || i.Spec.Limits.Deletions == nil || i.Spec.Limits.Deletions.Count == nil {
		return deletionLimit
	}
	return int(*i.Spec.Limits.Deletions.Count)
}

// checkLimit: no more logins are deleted together than is confirmed.
func (c *Checker) checkLimit(e *world.Effect, r *run, own *v1alpha1.BankConnection) {
	if own.Spec.InstanceRef.Kind != v1alpha1.KindClusterFlinksInstance || c.w.ClocksMoved || r.began.Before(c.w.Now().Add(-time.Minute)) {
		return
	}
	together, limited := c.together(own.Namespace)
	if !limited {
		return
	}
	if !c.isConfirmed(r.confirmation) {
		c.violate("S2", e, "one of %d deletions together, which no confirmation covers", together)
	}
}

// together returns how many logins are to be deleted, and whether those of a namespace exceed the
// limit: by themselves, or with others of which they are more than an equal part. Namespaces that
// exceed it by themselves are paused, and take nothing away from others.
func (c *Checker) together(namespace string) (n int, limited bool) {
	logins := map[string]map[string]bool{}
	for _, o := range c.connections() {
		if o.DeletionTimestamp.IsZero() || !hasFinalizer(o) || c.loginOf(o) == "" {
			continue
		}
		if logins[o.Namespace] == nil {
			logins[o.Namespace] = map[string]bool{}
		}
		logins[o.Namespace][c.loginOf(o)] = true
	}
	own, namespaces, most := len(logins[namespace]), 0, c.mostDeletions()
	if own > most {
		return own, true
	}
	for _, of := range logins {
		if len(of) <= most {
			n, namespaces = n+len(of), namespaces+1
		}
	}
	return n, n > most && own*namespaces > most
}

// isConfirmed reports whether any number of deletions was confirmed when the instance was last read
// live, or is if that is 0: what comes later no call that is about to be made can know.
func (c *Checker) isConfirmed(version int64) (confirmed bool) {
	for _, change := range c.w.Server.Log(apiserver.ClusterFlinksInstance) {
		if version == 0 || change.ResourceVersion <= version {
			confirmed = change.Object.GetAnnotations()[v1alpha1.AllowDeletionsUntilAnnotation] != ""
		}
	}
	return confirmed
}

// isDefinite reports whether Flinks answered that the login is no more.
func isDefinite(entry flinkssim.Entry) bool {
	switch {
	case entry.Fault != "" && !entry.Committed:
		return false
	case entry.Status == http.StatusOK, entry.Committed:
		return true
	}
	return slices.Contains([]string{"INVALID_LOGIN", "INVALID_REQUEST"}, entry.FlinksCode) || entry.Status == http.StatusNotFound
}

// checkSharers: no other connection had the login in use.
func (c *Checker) checkSharers(e *world.Effect, r *run, own *v1alpha1.BankConnection, login string) {
	for _, other := range c.connections() {
		then := c.versionAt(types.NamespacedName{Namespace: other.Namespace, Name: other.Name}, r.fence)
		if then == nil || then.UID == own.UID || !c.shares(then, own, login) {
			continue
		}
		switch {
		case then.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain:
			c.violate("S2", e, "DeleteCard for a login that %s/%s wants retained", then.Namespace, then.Name)
		case then.DeletionTimestamp.IsZero():
			c.violate("S2", e, "DeleteCard for a login that %s/%s uses too", then.Namespace, then.Name)
		}
	}
}

// shares reports whether another connection has a login: it is bound to it, or it is unbound
// and names the Secret, the key and the instance of the one that is deleted, where the login
// is.
func (c *Checker) shares(other, own *v1alpha1.BankConnection, login string) bool {
	if other.Status.Binding != nil {
		return c.loginOf(other) == login
	}
	if claim := own.Status.DeletionClaim; claim != nil && !other.CreationTimestamp.Before(&claim.ClaimTime) {
		return false // It finds the claim before it is bound.
	}
	if other.Namespace != own.Namespace || other.Spec.InstanceRef != own.Spec.InstanceRef {
		return false
	}
	return c.secretHolds(other, login) && other.Spec.LoginIDSecretRef == own.Spec.LoginIDSecretRef
}

func (c *Checker) secretHolds(o *v1alpha1.BankConnection, login string) bool {
	name := types.NamespacedName{Namespace: o.Namespace, Name: o.Spec.LoginIDSecretRef.Name}
	s, ok := c.w.Server.Get(apiserver.Secret, name).(*corev1.Secret)
	if !ok {
		return false
	}
	key := o.Spec.LoginIDSecretRef.Key
	if key == "" {
		key = v1alpha1.DefaultLoginIDKey
	}
	// A byte order mark, and blanks around it, are no part of it.
	return strings.TrimSpace(strings.TrimPrefix(string(s.Data[key]), "\ufeff")) == login
}

// versionAt returns a connection as it was at a resource version, or is now if that is 0.
func (c *Checker) versionAt(key types.NamespacedName, version int64) *v1alpha1.BankConnection {
	if version == 0 {
		return c.w.Connection(key)
	}
	var found *v1alpha1.BankConnection
	for _, change := range c.w.Server.Log(apiserver.BankConnection) {
		if change.ResourceVersion > version {
			break
		}
		if change.Key == key {
			found, _ = change.Object.(*v1alpha1.BankConnection)
			if change.Type == "DELETED" {
				found = nil
			}
		}
	}
	return found
}

// checkRelease: the finalizer goes only after the login did, or where it need not (S1).
func (c *Checker) checkRelease(e *world.Effect, was, is *v1alpha1.BankConnection, removed bool) {
	if !hasFinalizer(was) || hasFinalizer(is) && !removed {
		return
	}
	abandoned := was.Annotations[v1alpha1.AbandonLoginAnnotation] == "true"
	login := c.loginOf(was)
	if was.Status.Binding == nil || was.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain || abandoned || login == "" {
		return
	}
	if was.DeletionTimestamp.IsZero() {
		c.violate("S1", e, "the finalizer is taken off an object that is not being deleted")
		return
	}
	if c.wasDeleted(login, was.DeletionTimestamp.Time) || c.isShared(was, login) || len(c.w.Mutations) > 0 {
		return
	}
	c.violate("S1", e, "the object is let go of, and its login is still at Flinks")
}

// wasDeleted reports whether Flinks said, since the object was to go, that the login did.
func (c *Checker) wasDeleted(login string, since time.Time) bool {
	for _, at := range c.deleted[login] {
		if !at.Before(since.Add(-time.Second)) {
			return true
		}
	}
	for _, b := range c.w.Banks() {
		if state, ok := b.Login(login); ok && state.Deleted {
			return true
		}
	}
	return false
}

// isShared reports whether another connection has the login.
func (c *Checker) isShared(own *v1alpha1.BankConnection, login string) bool {
	for _, other := range c.connections() {
		letGo := !other.DeletionTimestamp.IsZero() && !hasFinalizer(other)
		if other.UID != own.UID && !letGo && c.shares(other, own, login) {
			return true
		}
	}
	return false
}
