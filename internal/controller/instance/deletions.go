package instance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// countLifetime is how long a count of connections is used, so that 10,000 that are
// deleted together do not count each other one by one.
const countLifetime = time.Second

// Deletions counts the logins of each instance that are to be deleted, and those that
// were. The former are read from the cache, so a restart in the middle of a mass
// deletion changes nothing. It is safe for concurrent use.
type Deletions struct {
	// Client may be a cache.
	Client client.Reader

	mu      sync.Mutex
	pending map[Key]*pendingDeletions
}

// Ask returns what a connection needs to know before its login is deleted.
func (d *Deletions) Ask(ctx context.Context, now time.Time, v View, c *v1alpha1.BankConnection) (lifecycle.Deletions, error) {
	if v.Object == nil || !lifecycle.IsPendingDeletion(now, c) {
		return lifecycle.Deletions{}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.current(ctx, now, v.Key, c.Namespace)
	if err != nil {
		return lifecycle.Deletions{}, err
	}
	w.wait(c.Namespace, c.Status.Binding.LoginFingerprint)
	facts := w.facts(v)
	facts.InNamespace = w.namespaces[c.Namespace].pending()
	return facts, nil
}

// Count returns what an instance says about its deletions. It lists no connections if none is to be
// deleted and no deletion was counted before.
func (d *Deletions) Count(ctx context.Context, now time.Time, v View, toBeDeleted int32) (instance.Deletions, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := instance.Deletions{Annotation: confirmationOf(v.Object)}
	if toBeDeleted == 0 && d.pending[v.Key] == nil {
		return all, nil
	}
	w, err := d.count(ctx, now, v.Key)
	if err != nil || len(w.namespaces) == 0 {
		return all, err
	}
	all.Namespaces = map[string]lifecycle.Deletions{}
	facts := w.facts(v)
	for namespace, p := range w.namespaces {
		if len(p.waiting) > 0 {
			facts.InNamespace = p.pending()
			all.Namespaces[namespace] = facts
		}
	}
	return all, nil
}

// Done notes that a login was deleted. One that a customer confirmed does not count.
func (d *Deletions) Done(now time.Time, v View, c *v1alpha1.BankConnection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.Confirmation().IsValid(now) {
		return
	}
	w := d.pending[v.Key]
	if w == nil { // The connection waited for so long that it was in no count.
		w = newPendingDeletions(time.Time{}, nil)
		d.keep(v.Key, w)
	}
	w.delete(now, c.Namespace, c.Status.Binding.LoginFingerprint)
}

func (d *Deletions) forget(k Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pending, k)
}

// current returns a count that is young enough, and knows the namespace.
func (d *Deletions) current(ctx context.Context, now time.Time, k Key, namespace string) (*pendingDeletions, error) {
	w := d.pending[k]
	if w == nil || now.Sub(w.counted) >= countLifetime {
		return d.count(ctx, now, k)
	}
	if w.namespaces[namespace] != nil {
		return w, nil
	}
	connections, err := d.list(ctx, k, client.InNamespace(namespace))
	if err != nil {
		return nil, err
	}
	logins := map[string]bool{}
	addLogins(logins, connections)
	w.in(namespace).logins = len(logins)
	return w, nil
}

// count counts the logins of an instance.
func (d *Deletions) count(ctx context.Context, now time.Time, k Key) (*pendingDeletions, error) {
	connections, err := d.list(ctx, k)
	if err != nil {
		return nil, err
	}
	w := newPendingDeletions(now, d.pending[k])
	for i := range connections {
		if c := &connections[i]; lifecycle.IsPendingDeletion(now, c) {
			w.wait(c.Namespace, c.Status.Binding.LoginFingerprint)
		}
	}
	w.countLogins(connections)
	if len(w.namespaces) == 0 {
		delete(d.pending, k)
		return w, nil
	}
	d.keep(k, w)
	return w, nil
}

func (d *Deletions) keep(k Key, w *pendingDeletions) {
	if d.pending == nil {
		d.pending = map[Key]*pendingDeletions{}
	}
	d.pending[k] = w
}

// list does not wait for the operator's own writes to come by: what was deleted is known.
func (d *Deletions) list(ctx context.Context, k Key, in ...client.ListOption) ([]v1alpha1.BankConnection, error) {
	return list(ctx, d.Client, k, in...)
}

// list returns the connections of an instance as the cache holds them: they must not be changed. It does
// not wait for writes that are under way.
func list(ctx context.Context, from client.Reader, k Key, in ...client.ListOption) ([]v1alpha1.BankConnection, error) {
	var found v1alpha1.BankConnectionList
	options := slices.Concat(in, []client.ListOption{
		client.MatchingFields{IndexInstance: k.String()}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency,
	})
	if err := from.List(ctx, &found, options...); err != nil {
		return nil, fmt.Errorf("listing the connections of %s: %w", k, err)
	}
	return found.Items, nil
}
