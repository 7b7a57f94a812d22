package apiserver

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Get implements client.Reader.
func (c *Client) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	options := (&client.GetOptions{}).ApplyOptions(opts)
	r := resourceOf(o)
	e := &Effect{Verb: Get, Kind: r.kind, Key: key, Cached: c.cached(r.kind)}
	return c.do(ctx, e, func() error {
		if !e.Cached {
			return c.server.get(r, key, o)
		}
		if err := c.await(representationOf(r, o), &key, options.DisableReadYourWritesConsistency); err != nil {
			return err
		}
		return c.o.Cache.Get(ctx, key, o, opts...)
	})
}

// List implements client.Reader.
func (c *Client) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	options := (&client.ListOptions{}).ApplyOptions(opts)
	r := resourceOfList(list)
	e := &Effect{
		Verb: List, Kind: r.kind, Key: types.NamespacedName{Namespace: options.Namespace},
		Cached: c.cached(r.kind), Selector: selectorOf(options),
	}
	return c.do(ctx, e, func() error {
		if !e.Cached {
			return c.server.list(r, list, options)
		}
		if err := c.await(representationOf(r, list), nil, options.DisableReadYourWritesConsistency); err != nil {
			return err
		}
		return c.o.Cache.List(ctx, list, opts...)
	})
}

func (c *Client) cached(kind Kind) bool { return c.o.Cache != nil && !c.live[kind] }

// wrote remembers what a read of the cache has to show from now on.
func (c *Client) wrote(in representation, key types.NamespacedName, version int64) {
	if !c.o.ReadYourWrites || !c.cached(in.kind) {
		return
	}
	if c.written[in] == nil {
		c.written[in] = map[types.NamespacedName]int64{}
	}
	c.written[in][key] = max(c.written[in][key], version)
}

// await lets the cache catch up with this client's writes: of one object, or of all of its kind.
func (c *Client) await(in representation, key *types.NamespacedName, unawaited bool) error {
	if unawaited || len(c.written[in]) == 0 {
		return nil
	}
	version := int64(0)
	for of, v := range c.written[in] {
		if key == nil || *key == of {
			version = max(version, v)
		}
	}
	if c.o.Cache.HasSeen(in.kind, version) {
		return nil
	}
	if c.o.Await == nil {
		c.o.Cache.AdvanceTo(in.kind, version)
		return nil
	}
	if err := c.o.Await(in.kind, version); err != nil {
		return fmt.Errorf("failed to wait for cache to catch up: %w", err)
	}
	return nil
}

// selectorOf returns the label and field selector of a list, as text.
func selectorOf(o *client.ListOptions) string {
	text := ""
	if o.LabelSelector != nil {
		text = o.LabelSelector.String()
	}
	if o.FieldSelector != nil && !o.FieldSelector.Empty() {
		if text != "" {
			text += ","
		}
		text += o.FieldSelector.String()
	}
	return text
}

func (s *Server) get(r *resource, key types.NamespacedName, into client.Object) error {
	if !r.namespaced {
		key.Namespace = ""
	}
	o := s.objects[r.kind][key]
	if o == nil {
		return notFound(r, key.Name)
	}
	fill(r, into, o)
	return nil
}

func (s *Server) list(r *resource, list client.ObjectList, o *client.ListOptions) error {
	if o.Limit != 0 || o.Continue != "" {
		panic("apiserver: lists in pages are not modelled")
	}
	if err := r.checkSelector(o.FieldSelector); err != nil {
		return err
	}
	var items []client.Object
	for _, item := range s.List(r.kind) {
		if r.matches(item, o) {
			items = append(items, item)
		}
	}
	setItems(r, list, items, true)
	list.SetResourceVersion(strconv.FormatInt(s.version, 10))
	return nil
}

// setItems puts objects, or copies of them, into a list.
func setItems(r *resource, list client.ObjectList, items []client.Object, copied bool) {
	objects := make([]runtime.Object, 0, len(items))
	_, metadata := list.(*metav1.PartialObjectMetadataList)
	for _, item := range items {
		switch {
		case metadata:
			objects = append(objects, metadataOf(r, item))
		case copied:
			item := item.DeepCopyObject()
			if r.custom { // Items of a list say what they are; those in protobuf do not.
				item.GetObjectKind().SetGroupVersionKind(r.gvk)
			}
			objects = append(objects, item)
		default:
			objects = append(objects, item)
		}
	}
	if err := meta.SetList(list, objects); err != nil {
		panic(fmt.Errorf("apiserver: filling a list: %w", err))
	}
}

func (r *resource) matches(o client.Object, options *client.ListOptions) bool {
	return (options.Namespace == "" || options.Namespace == o.GetNamespace()) &&
		(options.LabelSelector == nil || options.LabelSelector.Matches(labelsOf(o))) &&
		(options.FieldSelector == nil || options.FieldSelector.Matches(fieldsOf{r, o}))
}

// checkSelector refuses fields that the kind cannot be selected by.
func (r *resource) checkSelector(selector fields.Selector) error {
	if selector == nil {
		return nil
	}
	for _, q := range selector.Requirements() {
		if !slices.Contains(r.selectable(), q.Field) {
			return apierrors.NewBadRequest(fmt.Sprintf("field label not supported: %s", q.Field))
		}
	}
	return nil
}

func (r *resource) selectable() []string {
	names := []string{"metadata.name"}
	if r.namespaced {
		names = append(names, "metadata.namespace")
	}
	switch r.kind {
	case Secret:
		return append(names, "type")
	case Namespace:
		return append(names, "name", "status.phase")
	default:
		return append(names, definitions()[r.kind].selectable...)
	}
}

// labelsOf and fieldsOf are labels.Labels and fields.Fields of an object.
type labelSet map[string]string

func labelsOf(o client.Object) labelSet { return o.GetLabels() }

func (l labelSet) Has(name string) bool              { _, ok := l[name]; return ok }
func (l labelSet) Get(name string) string            { return l[name] }
func (l labelSet) Lookup(name string) (string, bool) { v, ok := l[name]; return v, ok }

type fieldsOf struct {
	r *resource
	o client.Object
}

func (f fieldsOf) Has(name string) bool { return slices.Contains(f.r.selectable(), name) }

func (f fieldsOf) Get(name string) string {
	switch name {
	case "metadata.name", "name":
		return f.o.GetName()
	case "metadata.namespace":
		return f.o.GetNamespace()
	case "type":
		return string(f.o.(*corev1.Secret).Type)
	case "status.phase":
		if n, ok := f.o.(*corev1.Namespace); ok {
			return string(n.Status.Phase)
		}
	}
	return fieldAt(reflect.ValueOf(f.o).Elem(), name)
}
