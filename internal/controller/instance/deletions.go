package instance

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
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

	mu    sync.Mutex
	waves map[Key]*wave
}

// wave is what is known of the deletions of one instance.
type wave struct {
	counted     time.Time
	connections int
	// waiting are the connections in the wave when they were counted, and those that
	// came by since. None is in deleted as well.
	waiting map[types.UID]bool
	// deleted are those whose login was deleted, and when.
	deleted map[types.UID]time.Time
}

// Ask is what a connection needs to know before its login is deleted.
func (d *Deletions) Ask(ctx context.Context, now time.Time, v View, c *v1alpha1.BankConnection) (lifecycle.Deletions, error) {
	if v.Object == nil || !lifecycle.InWave(now, c) {
		return lifecycle.Deletions{}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.waves[v.Key]
	if w == nil || now.Sub(w.counted) >= countLifetime {
		var err error
		if w, err = d.count(ctx, now, v.Key); err != nil {
			return lifecycle.Deletions{}, err
		}
	}
	if _, done := w.deleted[c.UID]; !done {
		w.waiting[c.UID] = true
	}
	return w.facts(v), nil
}

// Count is what an instance says about its deletions.
func (d *Deletions) Count(ctx context.Context, now time.Time, v View) (lifecycle.Deletions, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.count(ctx, now, v.Key)
	if err != nil {
		return lifecycle.Deletions{}, err
	}
	return w.facts(v), nil
}

// Done notes that a login was deleted. One that somebody confirmed does not count.
func (d *Deletions) Done(now time.Time, v View, uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.waves[v.Key]
	if w == nil || w.facts(v).Confirmed(now) {
		return
	}
	delete(w.waiting, uid)
	w.deleted[uid] = now
}

func (d *Deletions) forget(k Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waves, k)
}

// count counts the connections of an instance, without waiting for its own writes to
// come by: what was deleted is known.
func (d *Deletions) count(ctx context.Context, now time.Time, k Key) (*wave, error) {
	var list v1alpha1.BankConnectionList
	err := d.Client.List(ctx, &list, client.MatchingFields{IndexInstance: k.String()},
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	if err != nil {
		return nil, fmt.Errorf("listing the connections of %s: %w", k, err)
	}
	w := &wave{counted: now, waiting: map[types.UID]bool{}, deleted: map[types.UID]time.Time{}}
	if old := d.waves[k]; old != nil {
		w.deleted = old.deleted
	}
	maps.DeleteFunc(w.deleted, func(_ types.UID, at time.Time) bool { return now.Sub(at) >= lifecycle.DeletionWindow })
	w.connections = len(list.Items) + len(w.deleted)
	for i := range list.Items {
		c := &list.Items[i]
		if _, done := w.deleted[c.UID]; done {
			w.connections--
		} else if lifecycle.InWave(now, c) {
			w.waiting[c.UID] = true
		}
	}
	if d.waves == nil {
		d.waves = map[Key]*wave{}
	}
	d.waves[k] = w
	return w, nil
}

func (w *wave) facts(v View) lifecycle.Deletions {
	facts := lifecycle.Deletions{
		Waiting: len(w.waiting), Deleted: len(w.deleted), Connections: w.connections,
		AllowedUntil: v.Object.GetAnnotations()[v1alpha1.AllowDeletionsUntilAnnotation],
	}
	if v.Identity.Limits != nil {
		facts.Limit = v.Identity.Limits.Deletions
	}
	return facts
}
