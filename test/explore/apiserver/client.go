package apiserver

import (
	"context"
	"fmt"
	"reflect"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ClientOptions say how a client reads, and who looks at its calls.
type ClientOptions struct {
	// Cache answers reads, but for those of the kinds in Live. Without a cache all reads are live.
	Cache *Cache
	// Live are kinds that are never read from the cache.
	Live []Kind
	// ReadYourWrites makes a cached read see what this client wrote before, as
	// client.CacheOptions.EnableReadYourWritesConsistency does.
	ReadYourWrites bool
	// Await is called when a read has to wait until the cache knows a resource version. Nothing can
	// wait here: by default the cache is advanced that far. An error is what the reader gets.
	Await func(kind Kind, version int64) error
	// Gate is asked about every call.
	Gate Gate
}

// Client implements client.Client. It is not safe for concurrent use.
type Client struct {
	server *Server
	o      ClientOptions
	live   map[Kind]bool
	// written are the versions of this client's own writes.
	written map[representation]map[types.NamespacedName]int64
}

// representation is the form that a kind is read and written in; a client waits for writes of the
// same form only.
type representation struct {
	kind     Kind
	metadata bool
}

func representationOf(r *resource, o runtime.Object) representation {
	switch o.(type) {
	case *metav1.PartialObjectMetadata, *metav1.PartialObjectMetadataList:
		return representation{r.kind, true}
	}
	return representation{r.kind, false}
}

var _ client.Client = &Client{}

// Client returns a new client of the server.
func (s *Server) Client(o ClientOptions) *Client {
	c := &Client{server: s, o: o, live: map[Kind]bool{}, written: map[representation]map[types.NamespacedName]int64{}}
	for _, kind := range o.Live {
		c.live[kind] = true
	}
	return c
}

// do passes a call through the gate, unless its caller is gone.
func (c *Client) do(ctx context.Context, e *Effect, call func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return c.pass(e, call)
}

// pass does the same as do, for a caller without a context.
func (c *Client) pass(e *Effect, call func() error) error {
	if c.o.Gate == nil {
		return call()
	}
	e.Stage = Before
	if err := c.o.Gate(e); err != nil {
		return err
	}
	before := c.server.version
	err := call()
	e.Stage, e.Err, e.Changed = After, err, c.server.version != before
	if err == nil && e.Verb != List && !e.Cached {
		e.Result = c.server.Get(e.Kind, e.Key)
	}
	if gated := c.o.Gate(e); gated != nil {
		return gated
	}
	return err
}

// Create implements client.Writer.
func (c *Client) Create(ctx context.Context, o client.Object, opts ...client.CreateOption) error {
	options := (&client.CreateOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	r := resourceOf(o)
	if _, ok := o.(*metav1.PartialObjectMetadata); ok {
		return fmt.Errorf("cannot create using only metadata")
	}
	e := &Effect{Verb: Create, Kind: r.kind, Key: r.keyOf(o), Object: o}
	return c.write(ctx, e, o, options.DisableReadYourWritesConsistency, func() (client.Object, error) {
		created, err := c.server.create(ctx, r, own(r, o))
		if err == nil {
			e.Key = client.ObjectKeyFromObject(created)
		}
		return created, err
	})
}

// Update implements client.Writer.
func (c *Client) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	options := (&client.UpdateOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	return c.update(ctx, o, "", options.DisableReadYourWritesConsistency)
}

func (c *Client) update(ctx context.Context, o client.Object, subresource string, unawaited bool) error {
	r := resourceOf(o)
	if _, ok := o.(*metav1.PartialObjectMetadata); ok {
		return fmt.Errorf("cannot update using only metadata -- did you mean to patch?")
	}
	e := &Effect{
		Verb: Update, Kind: r.kind, Key: r.keyOf(o), Subresource: subresource, Object: o,
		UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(),
	}
	return c.write(ctx, e, o, unawaited, func() (client.Object, error) {
		w, owned := writing{subresource: subresource}, own(r, o)
		if r.custom {
			w.form = definitions()[r.kind].setDefaults(owned, o)
		}
		return c.server.update(ctx, r, owned, w)
	})
}

// Patch implements client.Writer.
func (c *Client) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.PatchOption) error {
	options := (&client.PatchOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	return c.patch(ctx, o, p, "", options.DisableReadYourWritesConsistency)
}

func (c *Client) patch(ctx context.Context, o client.Object, p client.Patch, subresource string, unawaited bool) error {
	r := resourceOf(o)
	body, err := p.Data(o)
	if err != nil {
		return err
	}
	e := &Effect{Verb: Patch, Kind: r.kind, Key: r.keyOf(o), Subresource: subresource, PatchType: p.Type(), Object: o, Patch: body}
	e.UID, e.ResourceVersion = preconditionsOf(body)
	return c.write(ctx, e, o, unawaited, func() (client.Object, error) {
		return c.server.patch(ctx, r, e.Key, p.Type(), body, subresource)
	})
}

// write makes a call that answers with an object, which the caller's then becomes.
func (c *Client) write(ctx context.Context, e *Effect, o client.Object, unawaited bool, call func() (client.Object, error)) error {
	var answer client.Object
	err := c.do(ctx, e, func() (err error) {
		answer, err = call()
		return err
	})
	if err != nil {
		return err
	}
	if !unawaited {
		c.wrote(representationOf(resources[e.Kind], o), client.ObjectKeyFromObject(answer), versionOf(answer))
	}
	fill(resources[e.Kind], o, answer)
	return nil
}

// Delete implements client.Writer.
func (c *Client) Delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	options := (&client.DeleteOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	r := resourceOf(o)
	key := r.keyOf(o)
	e := &Effect{Verb: Delete, Kind: r.kind, Key: key}
	if p := options.Preconditions; p != nil {
		if p.UID != nil {
			e.UID = *p.UID
		}
		if p.ResourceVersion != nil {
			e.ResourceVersion = *p.ResourceVersion
		}
	}
	err := c.do(ctx, e, func() error { return c.server.delete(r, key, *options.AsDeleteOptions()) })
	if err == nil && !options.DisableReadYourWritesConsistency {
		c.wrote(representationOf(r, o), key, c.server.version)
	}
	return err
}

// DeleteAllOf implements client.Writer. It is not modelled.
func (c *Client) DeleteAllOf(context.Context, client.Object, ...client.DeleteAllOfOption) error {
	panic("apiserver: DeleteAllOf is not modelled")
}

// Apply implements client.Writer. It is not modelled.
func (c *Client) Apply(context.Context, runtime.ApplyConfiguration, ...client.ApplyOption) error {
	panic("apiserver: Apply is not modelled")
}

// Status implements client.StatusClient.
func (c *Client) Status() client.SubResourceWriter { return c.SubResource("status") }

// SubResource implements client.SubResourceClientConstructor. There is none but status.
func (c *Client) SubResource(name string) client.SubResourceClient {
	if name != "status" {
		panic("apiserver: subresource " + name + " is not modelled")
	}
	return statusClient{c}
}

// Scheme implements client.Client.
func (c *Client) Scheme() *runtime.Scheme { return Scheme }

// RESTMapper implements client.Client.
func (c *Client) RESTMapper() meta.RESTMapper { return mapper }

var mapper = func() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, r := range resources {
		scope := meta.RESTScope(meta.RESTScopeRoot)
		if r.namespaced {
			scope = meta.RESTScopeNamespace
		}
		m.Add(r.gvk, scope)
	}
	return m
}()

// GroupVersionKindFor implements client.Client.
func (c *Client) GroupVersionKindFor(o runtime.Object) (schema.GroupVersionKind, error) {
	return resourceOf(o.(client.Object)).gvk, nil
}

// IsObjectNamespaced implements client.Client.
func (c *Client) IsObjectNamespaced(o runtime.Object) (bool, error) {
	return resourceOf(o.(client.Object)).namespaced, nil
}

// statusClient implements client.SubResourceClient for the subresource status.
type statusClient struct{ c *Client }

func (s statusClient) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	options := (&client.SubResourceUpdateOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	if options.SubResourceBody != nil {
		o = options.SubResourceBody
	}
	return s.c.update(ctx, o, "status", options.DisableReadYourWritesConsistency)
}

func (s statusClient) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	options := (&client.SubResourcePatchOptions{}).ApplyOptions(opts)
	refuseDryRun(options.DryRun)
	if options.SubResourceBody != nil {
		o = options.SubResourceBody
	}
	return s.c.patch(ctx, o, p, "status", options.DisableReadYourWritesConsistency)
}

func (s statusClient) Get(context.Context, client.Object, client.Object, ...client.SubResourceGetOption) error {
	panic("apiserver: get of the subresource status is not modelled")
}

func (s statusClient) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	panic("apiserver: create of the subresource status is not modelled")
}

func (s statusClient) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	panic("apiserver: apply of the subresource status is not modelled")
}

func refuseDryRun(dryRun []string) {
	if len(dryRun) > 0 {
		panic("apiserver: dry runs are not modelled")
	}
}

// keyOf returns the key of an object as the URL has it.
func (r *resource) keyOf(o client.Object) types.NamespacedName {
	if !r.namespaced {
		return types.NamespacedName{Name: o.GetName()}
	}
	return client.ObjectKeyFromObject(o)
}

func versionOf(o client.Object) int64 {
	v, err := strconv.ParseInt(o.GetResourceVersion(), 10, 64)
	if err != nil {
		panic(fmt.Errorf("apiserver: reading a resource version: %w", err))
	}
	return v
}

// fill makes the caller's object what was answered.
func fill(r *resource, o, answer client.Object) {
	if m, ok := o.(*metav1.PartialObjectMetadata); ok {
		*m = *metadataOf(r, answer)
		return
	}
	reflect.ValueOf(o).Elem().Set(reflect.ValueOf(answer.DeepCopyObject()).Elem())
}
