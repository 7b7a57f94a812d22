package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// answer is what came of a call: a text without what two servers cannot have in common, and the
// resource versions in it.
type answer struct {
	text     string
	versions []string
}

// caller carries out operations, and remembers the states of objects that it was shown.
type caller struct {
	client    client.Client
	namespace string
	seen      map[string][]client.Object
	masks     *masks
}

func newCaller(c client.Client, namespace string) *caller {
	return &caller{client: c, namespace: namespace, seen: map[string][]client.Object{}, masks: newMasks()}
}

// do carries out one operation.
func (c *caller) do(ctx context.Context, o operation) answer {
	switch o.verb {
	case apiserver.List:
		return c.list(ctx, o)
	case apiserver.Get:
		got := c.empty(o)
		err := c.client.Get(ctx, o.key(c.namespace), got)
		if err == nil && !o.metadata {
			c.remember(o, got)
		}
		return c.answer(got, err)
	case apiserver.Delete:
		sent := c.start(o)
		return c.answer(nil, c.client.Delete(ctx, sent, preconditions(o, sent)...))
	default:
		return c.change(ctx, o)
	}
}

// change carries out an operation that sends an object, changed or new.
func (c *caller) change(ctx context.Context, o operation) answer {
	sent := c.start(o)
	before := sent.DeepCopyObject().(client.Object)
	for _, change := range o.changes {
		change.do(sent)
	}
	err := c.write(ctx, o, before, sent)
	if err == nil && !o.metadata {
		c.remember(o, sent)
	}
	return c.answer(sent, err)
}

func (c *caller) write(ctx context.Context, o operation, before, sent client.Object) error {
	var writer client.SubResourceWriter
	if o.subresource != "" {
		writer = c.client.SubResource(o.subresource)
	}
	switch {
	case o.verb == apiserver.Create:
		return c.client.Create(ctx, sent)
	case o.verb == apiserver.Update && writer != nil:
		return writer.Update(ctx, sent)
	case o.verb == apiserver.Update:
		return c.client.Update(ctx, sent)
	case writer != nil:
		return writer.Patch(ctx, sent, o.patch(before))
	}
	return c.client.Patch(ctx, sent, o.patch(before))
}

// patch returns the patch of an operation.
func (o *operation) patch(before client.Object) client.Patch {
	switch {
	case o.body != "":
		version, uid := before.GetResourceVersion(), string(before.GetUID())
		body := strings.NewReplacer("VERSION", version, "UID", uid).Replace(o.body)
		return client.RawPatch(types.MergePatchType, []byte(body))
	case o.lock:
		return client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	}
	return client.MergeFrom(before)
}

func preconditions(o operation, sent client.Object) (opts []client.DeleteOption) {
	p := client.Preconditions{}
	switch o.uid {
	case none:
	case right:
		p.UID = new(sent.GetUID())
	case wrong:
		p.UID = new(types.UID("00000000-0000-0000-0000-000000000000"))
	}
	switch o.version {
	case none:
	case right:
		p.ResourceVersion = new(sent.GetResourceVersion())
	case wrong:
		p.ResourceVersion = new("1")
	}
	if p == (client.Preconditions{}) {
		return nil
	}
	return []client.DeleteOption{p}
}

// start returns the object that an operation starts from.
func (c *caller) start(o operation) client.Object {
	seen := c.seen[c.slotOf(o)]
	if o.verb == apiserver.Create || o.age >= len(seen) {
		return c.inForm(o, fresh(o.kind, o.key(c.namespace)))
	}
	return c.inForm(o, seen[len(seen)-1-o.age].DeepCopyObject().(client.Object))
}

func (c *caller) inForm(o operation, full client.Object) client.Object {
	if !o.metadata {
		return full
	}
	m := c.empty(o).(*metav1.PartialObjectMetadata)
	full.(metav1.ObjectMetaAccessor).GetObjectMeta().(*metav1.ObjectMeta).DeepCopyInto(&m.ObjectMeta)
	return m
}

func (c *caller) remember(o operation, shown client.Object) {
	slot := c.slotOf(o)
	c.seen[slot] = append(c.seen[slot], shown.DeepCopyObject().(client.Object))
}

func (c *caller) slotOf(o operation) string { return fmt.Sprint(o.kind, o.slot) }

func (c *caller) empty(o operation) client.Object {
	full := fresh(o.kind, types.NamespacedName{})
	gvk, err := apiutil.GVKForObject(full, apiserver.Scheme)
	if err != nil {
		panic(err)
	}
	if o.metadata {
		m := &metav1.PartialObjectMetadata{}
		m.SetGroupVersionKind(gvk)
		return m
	}
	created, err := apiserver.Scheme.New(gvk)
	if err != nil {
		panic(err)
	}
	return created.(client.Object)
}

func (c *caller) list(ctx context.Context, o operation) answer {
	gvk, err := apiutil.GVKForObject(fresh(o.kind, types.NamespacedName{}), apiserver.Scheme)
	if err != nil {
		panic(err)
	}
	gvk.Kind += "List"
	var list client.ObjectList = &metav1.PartialObjectMetadataList{}
	if o.metadata {
		list.GetObjectKind().SetGroupVersionKind(gvk)
	} else {
		created, err := apiserver.Scheme.New(gvk)
		if err != nil {
			panic(err)
		}
		list = created.(client.ObjectList)
	}
	if err := c.client.List(ctx, list, c.selection(o)...); err != nil {
		return c.answer(nil, err)
	}
	var all answer
	err = meta.EachListItem(list, func(item runtime.Object) error {
		if i := item.(client.Object); strings.HasPrefix(i.GetName(), c.namespace) {
			a := c.answer(i, nil)
			all.text += a.text + "\n"
			all.versions = append(all.versions, a.versions...)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

func (c *caller) selection(o operation) []client.ListOption {
	names := strings.NewReplacer("NAMESPACE", c.namespace, "NAME", o.key(c.namespace).Name)
	chosen := []client.ListOption{}
	if o.kind != apiserver.Namespace && o.kind != apiserver.ClusterFlinksInstance {
		chosen = append(chosen, client.InNamespace(c.namespace))
	}
	if o.selector.labels != "" {
		parsed, err := labels.Parse(o.selector.labels)
		if err != nil {
			panic(err)
		}
		chosen = append(chosen, client.MatchingLabelsSelector{Selector: parsed})
	}
	if o.selector.fields != "" {
		chosen = append(chosen, client.MatchingFieldsSelector{Selector: fields.ParseSelectorOrDie(names.Replace(o.selector.fields))})
	}
	return chosen
}

// answer puts an answer into words.
func (c *caller) answer(o client.Object, err error) answer {
	if err != nil {
		return answer{text: describe(err)}
	}
	if o == nil {
		return answer{text: "done"}
	}
	return c.masks.object(o)
}

// describe returns what programs can tell of an error: its code, its reason, what it is about and
// which fields are at fault. Messages are for people, and change from version to version.
func describe(err error) string {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		return "not an answer: " + err.Error()
	}
	s := status.Status()
	text := fmt.Sprintf("%d %s", s.Code, s.Reason)
	if s.Details == nil {
		return text
	}
	var causes []string
	for _, cause := range s.Details.Causes {
		for _, list := range []string{"metadata.ownerReferences", "metadata.finalizers"} {
			if strings.HasPrefix(cause.Field, list) {
				cause = metav1.StatusCause{Field: list} // Not all versions tell which of them.
			}
		}
		causes = append(causes, fmt.Sprintf("\n    %s %s", cause.Field, cause.Type))
	}
	slices.Sort(causes)
	return fmt.Sprintf("%s %s %s %s%s", text, s.Details.Group, s.Details.Kind, s.Details.Name, strings.Join(slices.Compact(causes), ""))
}

// masks replace what differs between two servers by names, in the order in which they come up.
type masks struct{ names map[string]string }

func newMasks() *masks { return &masks{map[string]string{}} }

func (m *masks) uid(uid types.UID) types.UID {
	if uid == "" {
		return ""
	}
	if m.names[string(uid)] == "" {
		m.names[string(uid)] = fmt.Sprintf("uid-%d", len(m.names)+1)
	}
	return types.UID(m.names[string(uid)])
}

func (m *masks) object(o client.Object) answer {
	o = o.DeepCopyObject().(client.Object)
	a := answer{versions: []string{o.GetResourceVersion()}}
	o.SetResourceVersion("")
	o.SetManagedFields(nil)
	o.SetUID(m.uid(o.GetUID()))
	if created := o.GetCreationTimestamp(); !created.IsZero() {
		o.SetCreationTimestamp(*at(0))
	}
	if o.GetDeletionTimestamp() != nil {
		o.SetDeletionTimestamp(at(0))
	}
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	a.text = string(raw)
	return a
}
