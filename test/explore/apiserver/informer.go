package apiserver

import (
	"context"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// index finds objects by what a function makes of them.
type index struct {
	extract client.IndexerFunc
	keys    map[string]map[types.NamespacedName]bool
}

func (x *index) add(key types.NamespacedName, o client.Object) {
	for _, v := range x.extract(o) {
		if x.keys[v] == nil {
			x.keys[v] = map[types.NamespacedName]bool{}
		}
		x.keys[v][key] = true
	}
}

func (x *index) drop(key types.NamespacedName, o client.Object) {
	for _, v := range x.extract(o) {
		delete(x.keys[v], key)
	}
}

// IndexField implements client.FieldIndexer.
func (c *Cache) IndexField(_ context.Context, o client.Object, field string, extract client.IndexerFunc) error {
	i := c.started(resourceOf(o).kind)
	x := &index{extract: extract, keys: map[string]map[types.NamespacedName]bool{}}
	for key, o := range i.objects {
		x.add(key, o)
	}
	i.indexes[field] = x
	return nil
}

// deliver applies an event of the watch and tells the handlers.
func (i *informer) deliver(c *Change) {
	old := i.set(c.Key, c)
	i.seen = c.ResourceVersion
	for _, h := range i.handlers {
		switch {
		case c.Type != watch.Deleted && old == nil:
			h.add(c.Object, false)
		case c.Type != watch.Deleted:
			h.update(old, c.Object)
		case old != nil:
			h.delete(c.Object)
		}
	}
}

// set makes the cache know the state after a change, and returns what it knew before.
func (i *informer) set(key types.NamespacedName, c *Change) (old client.Object) {
	var next client.Object
	if c.Type != watch.Deleted {
		next = c.Object
	}
	return i.put(key, next)
}

func (i *informer) put(key types.NamespacedName, next client.Object) (old client.Object) {
	old = i.objects[key]
	for _, x := range i.indexes {
		if old != nil {
			x.drop(key, old)
		}
		if next != nil {
			x.add(key, next)
		}
	}
	if next == nil {
		delete(i.objects, key)
	} else {
		i.objects[key] = next
	}
	return old
}

// replace makes the cache know a list and tells the handlers what that changed.
func (i *informer) replace(objects map[types.NamespacedName]client.Object, version int64) {
	first := !i.listed
	i.listed, i.seen = true, version
	for _, o := range sorted(objects) {
		old := i.put(client.ObjectKeyFromObject(o), o)
		for _, h := range i.handlers {
			switch {
			case old == nil:
				h.add(o, first)
			case old.GetResourceVersion() != o.GetResourceVersion():
				h.update(old, o)
			}
		}
	}
	for _, o := range sorted(i.objects) {
		key := client.ObjectKeyFromObject(o)
		if objects[key] != nil {
			continue
		}
		i.put(key, nil)
		for _, h := range i.handlers {
			h.tombstone(key, o)
		}
	}
}

// registration is a handler of one informer, and the form in which it wants objects.
type registration struct {
	i        *informer
	handler  toolscache.ResourceEventHandler
	metadata bool
}

func (h *registration) form(o client.Object) any {
	if h.metadata {
		return metadataOf(h.i.r, o)
	}
	return o
}

func (h *registration) add(o client.Object, initial bool) { h.handler.OnAdd(h.form(o), initial) }
func (h *registration) update(old, o client.Object)       { h.handler.OnUpdate(h.form(old), h.form(o)) }
func (h *registration) delete(o client.Object)            { h.handler.OnDelete(h.form(o)) }

func (h *registration) tombstone(key types.NamespacedName, o client.Object) {
	h.handler.OnDelete(toolscache.DeletedFinalStateUnknown{Key: key.String(), Obj: h.form(o)})
}

// HasSynced implements toolscache.ResourceEventHandlerRegistration.
func (h *registration) HasSynced() bool { return true }

// HasSyncedChecker implements toolscache.ResourceEventHandlerRegistration.
func (h *registration) HasSyncedChecker() toolscache.DoneChecker { return synced{} }

// synced is a toolscache.DoneChecker of what is done.
type synced struct{}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (synced) Name() string          { return "apiserver" }
func (synced) Done() <-chan struct{} { return closed }

// informerOf implements cache.Informer: the informer of a kind, in one form.
type informerOf struct {
	i        *informer
	metadata bool
}

// GetInformer implements cache.Informers.
func (c *Cache) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	_, metadata := o.(*metav1.PartialObjectMetadata)
	return informerOf{c.started(resourceOf(o).kind), metadata}, nil
}

// GetInformerForKind implements cache.Informers.
func (c *Cache) GetInformerForKind(_ context.Context, gvk schema.GroupVersionKind, _ ...cache.InformerGetOption) (cache.Informer, error) {
	return informerOf{c.started(Kind(gvk.Kind)), false}, nil
}

// RemoveInformer implements cache.Informers.
func (c *Cache) RemoveInformer(_ context.Context, o client.Object) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.informers, resourceOf(o).kind)
	return nil
}

// Start implements cache.Informers. There is nothing to run.
func (c *Cache) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// WaitForCacheSync implements cache.Informers.
func (c *Cache) WaitForCacheSync(context.Context) bool { return true }

// AddEventHandler implements cache.Informer. The handler is told of all objects that are known, at
// once.
func (f informerOf) AddEventHandler(h toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	added := &registration{f.i, h, f.metadata}
	f.i.cache.mu.Lock()
	if !f.i.listed {
		f.i.replace(f.i.cache.server.objects[f.i.r.kind], f.i.cache.server.version)
	}
	f.i.handlers = append(f.i.handlers, added)
	f.i.cache.mu.Unlock()
	// The handler may read the cache.
	for _, o := range sorted(f.i.objects) {
		added.add(o, true)
	}
	return added, nil
}

// AddEventHandlerWithResyncPeriod implements cache.Informer. Nothing is resynced by itself.
func (f informerOf) AddEventHandlerWithResyncPeriod(h toolscache.ResourceEventHandler, _ time.Duration) (toolscache.ResourceEventHandlerRegistration, error) {
	return f.AddEventHandler(h)
}

// AddEventHandlerWithOptions implements cache.Informer.
func (f informerOf) AddEventHandlerWithOptions(h toolscache.ResourceEventHandler, _ toolscache.HandlerOptions) (toolscache.ResourceEventHandlerRegistration, error) {
	return f.AddEventHandler(h)
}

// RemoveEventHandler implements cache.Informer.
func (f informerOf) RemoveEventHandler(h toolscache.ResourceEventHandlerRegistration) error {
	f.i.cache.mu.Lock()
	defer f.i.cache.mu.Unlock()
	f.i.handlers = slices.DeleteFunc(f.i.handlers, func(other *registration) bool { return other == h })
	return nil
}

// AddIndexers implements cache.Informer. It is not modelled; see [Cache.IndexField].
func (f informerOf) AddIndexers(toolscache.Indexers) error {
	panic("apiserver: AddIndexers is not modelled")
}

// HasSynced implements cache.Informer.
func (f informerOf) HasSynced() bool { return true }

// HasSyncedChecker implements cache.Informer.
func (f informerOf) HasSyncedChecker() toolscache.DoneChecker { return synced{} }

// IsStopped implements cache.Informer.
func (f informerOf) IsStopped() bool { return false }

func valueOf(o client.Object) reflect.Value { return reflect.ValueOf(o).Elem() }

// setKinds makes the items of a list say what they are, as those of a cache do.
func setKinds(r *resource, list client.ObjectList) {
	_ = meta.EachListItem(list, func(o runtime.Object) error {
		o.GetObjectKind().SetGroupVersionKind(r.gvk)
		return nil
	})
}
