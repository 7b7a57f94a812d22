package apiserver

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Cache is what one manager knows of the server. It implements cache.Cache, but nothing moves by
// itself: each kind is a list and a watch of its own, which [Cache.Step] advances by one event. A
// kind is listed when it is first asked for, unless [Cache.Relist] did that before.
//
// Handlers run inside the call that advances the cache. Handlers and informers may be added by
// several goroutines; all else is for one.
type Cache struct {
	server    *Server
	mu        sync.Mutex // guards informers and their handlers
	informers map[Kind]*informer

	// Order, if set, rearranges what a list is about to return: a real cache has no order. Without
	// it, objects come in order of namespace and name.
	Order func([]client.Object)
}

var _ cache.Cache = &Cache{}

// NewCache returns the empty cache of a manager that starts.
func (s *Server) NewCache() *Cache {
	return &Cache{server: s, informers: map[Kind]*informer{}}
}

// informer is the list and the watch of a kind.
type informer struct {
	cache    *Cache
	r        *resource
	objects  map[types.NamespacedName]client.Object
	indexes  map[string]*index
	handlers []*registration
	listed   bool
	// seen is the resource version up to which events were delivered.
	seen int64
}

// Next returns the event that Step would deliver, or nil if the cache is up to date.
func (c *Cache) Next(kind Kind) *Change {
	i := c.informer(kind)
	log := c.server.log[kind]
	n, found := slices.BinarySearchFunc(log, i.seen, func(l Change, seen int64) int { return int(l.ResourceVersion - seen) })
	if found {
		n++
	}
	if n == len(log) {
		return nil
	}
	return &log[n]
}

// Pending returns the number of events that the cache has not seen.
func (c *Cache) Pending(kind Kind) int {
	log := c.server.log[kind]
	next := c.Next(kind)
	if next == nil {
		return 0
	}
	return len(log) - slices.IndexFunc(log, func(l Change) bool { return l.ResourceVersion == next.ResourceVersion })
}

// Step delivers the next event of a kind, and reports whether there was one. A watch that the server
// no longer has the events for ends with 410 Gone: the kind is listed again.
func (c *Cache) Step(kind Kind) bool {
	i := c.informer(kind)
	if i.seen < c.server.compacted {
		c.Relist(kind, 0)
		return true
	}
	next := c.Next(kind)
	if next == nil {
		return false
	}
	i.deliver(next)
	return true
}

// CatchUp delivers all events there are, of the given kinds, or of all that the cache has.
func (c *Cache) CatchUp(kinds ...Kind) {
	if len(kinds) == 0 {
		kinds = c.Kinds()
	}
	for _, kind := range kinds {
		for c.Step(kind) {
		}
	}
}

// Kinds returns those that the cache has.
func (c *Cache) Kinds() []Kind {
	var kinds []Kind
	for _, kind := range Kinds() {
		if i := c.informers[kind]; i != nil && i.listed {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// AdvanceTo delivers events until the cache knows what a resource version did.
func (c *Cache) AdvanceTo(kind Kind, version int64) {
	for !c.HasSeen(kind, version) {
		c.Step(kind)
	}
}

// HasSeen reports whether the cache knows everything that was stored up to a resource version.
func (c *Cache) HasSeen(kind Kind, version int64) bool {
	if c.informer(kind).seen < c.server.compacted {
		return false
	}
	next := c.Next(kind)
	return next == nil || next.ResourceVersion > version
}

// ResourceVersion returns the one up to which the cache knows a kind.
func (c *Cache) ResourceVersion(kind Kind) int64 { return c.informer(kind).seen }

// Relist replaces what is known of a kind by what the server had at a resource version, or has now
// if that is 0. What happened in between is not seen event by event: objects that are gone are
// tombstones. With a version older than what was known, the cache travels back in time.
func (c *Cache) Relist(kind Kind, version int64) {
	i := c.started(kind)
	if version == 0 {
		version = c.server.version
	}
	i.replace(c.server.at(kind, version), version)
}

// Resync delivers every object once more, as an update that changes nothing.
func (c *Cache) Resync(kind Kind) {
	i := c.informer(kind)
	for _, o := range sorted(i.objects) {
		for _, h := range i.handlers {
			h.update(o, o)
		}
	}
}

// Object returns a cached object, for reading only, or nil.
func (c *Cache) Object(kind Kind, key types.NamespacedName) client.Object {
	return c.informer(kind).objects[key]
}

// started returns the informer of a kind, which may not have been listed yet.
func (c *Cache) started(kind Kind) *informer {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.informers[kind]
	if i == nil {
		i = &informer{cache: c, r: resources[kind], objects: map[types.NamespacedName]client.Object{}, indexes: map[string]*index{}}
		c.informers[kind] = i
	}
	return i
}

// informer returns the informer of a kind, which has been listed.
func (c *Cache) informer(kind Kind) *informer {
	i := c.started(kind)
	if !i.listed {
		c.Relist(kind, 0)
	}
	return i
}

// Get implements client.Reader.
func (c *Cache) Get(_ context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	options := (&client.GetOptions{}).ApplyOptions(opts)
	r := resourceOf(o)
	if !r.namespaced {
		key.Namespace = ""
	}
	cached := c.informer(r.kind).objects[key]
	if cached == nil {
		return apierrors.NewNotFound(schema.GroupResource{Group: r.gvk.Group, Resource: r.gvk.Kind}, key.Name)
	}
	if options.UnsafeDisableDeepCopy != nil && *options.UnsafeDisableDeepCopy {
		share(r, o, cached)
		return nil
	}
	fill(r, o, cached)
	o.GetObjectKind().SetGroupVersionKind(r.gvk)
	return nil
}

// List implements client.Reader.
func (c *Cache) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	options := (&client.ListOptions{}).ApplyOptions(opts)
	if options.Continue != "" {
		return fmt.Errorf("continue list option is not supported by the cache")
	}
	r := resourceOfList(list)
	i := c.informer(r.kind)
	found, err := i.find(options)
	if err != nil {
		return err
	}
	if c.Order != nil {
		c.Order(found)
	}
	if options.Limit > 0 && int64(len(found)) > options.Limit {
		found = found[:options.Limit]
	}
	copied := options.UnsafeDisableDeepCopy == nil || !*options.UnsafeDisableDeepCopy
	setItems(r, list, found, copied)
	if copied {
		setKinds(r, list)
	}
	list.SetContinue("continue-not-supported")
	list.SetResourceVersion(strconv.FormatInt(i.seen, 10))
	return nil
}

// find returns the objects that a list selects.
func (i *informer) find(o *client.ListOptions) ([]client.Object, error) {
	if o.FieldSelector == nil || o.FieldSelector.Empty() {
		all := sorted(i.objects)
		return slices.DeleteFunc(all, func(c client.Object) bool {
			return !i.r.matches(c, &client.ListOptions{Namespace: o.Namespace, LabelSelector: o.LabelSelector})
		}), nil
	}
	found := map[types.NamespacedName]client.Object{}
	for n, q := range o.FieldSelector.Requirements() {
		x := i.indexes[q.Field]
		if x == nil {
			return nil, fmt.Errorf("Index with name field:%s does not exist", q.Field) //nolint:staticcheck // It is controller-runtime's text.
		}
		next := map[types.NamespacedName]client.Object{}
		for key := range x.keys[q.Value] {
			if _, ok := found[key]; n == 0 || ok {
				next[key] = i.objects[key]
			}
		}
		found = next
	}
	return slices.DeleteFunc(sorted(found), func(c client.Object) bool {
		return !i.r.matches(c, &client.ListOptions{Namespace: o.Namespace, LabelSelector: o.LabelSelector})
	}), nil
}

// share makes an object one with what is cached.
func share(r *resource, o, cached client.Object) {
	if m, ok := o.(*metav1.PartialObjectMetadata); ok {
		*m = *metadataOf(r, cached)
		return
	}
	valueOf(o).Set(valueOf(cached))
}
