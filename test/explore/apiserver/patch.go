package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// preconditionsOf returns the UID and the resource version in the body of a merge patch.
func preconditionsOf(body []byte) (types.UID, string) {
	var m metav1.PartialObjectMetadata
	if err := json.Unmarshal(body, &m); err != nil {
		return "", "" // The server will say so.
	}
	return m.UID, m.ResourceVersion
}

// patch applies a merge patch.
func (s *Server) patch(ctx context.Context, r *resource, key types.NamespacedName, of types.PatchType, body []byte, subresource string) (client.Object, error) {
	if of != types.MergePatchType {
		panic(fmt.Sprintf("apiserver: patches of type %s are not modelled", of))
	}
	old := s.objects[r.kind][key]
	if old == nil {
		return nil, notFound(r, key.Name)
	}
	if o, done, err := s.patchMetadata(ctx, r, old, body, subresource); done {
		return o, err
	}
	merged, err := mergePatch(encode(withType(r, old)), body)
	if err != nil {
		return nil, err
	}
	if r.custom {
		return s.patchCustom(ctx, r, old, merged, subresource)
	}
	o := r.make()
	if err := json.Unmarshal(merged, o); err != nil {
		return nil, invalidPatch(merged, err.Error())
	}
	if o.GetObjectKind().GroupVersionKind() != r.gvk {
		return nil, invalidPatch(merged, "another type")
	}
	if err := checkName(o, old); err != nil {
		return nil, err
	}
	return s.replace(ctx, r, own(r, o), old, writing{subresource: subresource, patch: true})
}

func mergePatch(old, body []byte) ([]byte, error) {
	if err := json.Unmarshal(body, &map[string]any{}); err != nil {
		return nil, apierrors.NewBadRequest("error decoding patch: " + err.Error())
	}
	merged, err := jsonpatch.MergePatch(old, body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return merged, nil
}

// invalidPatch returns the answer to a patch that makes something else of an object.
func invalidPatch(merged []byte, problem string) error {
	return apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), string(merged), problem)})
}

func checkName(o, old client.Object) error {
	if o.GetName() != old.GetName() {
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", o.GetName(), old.GetName()))
	}
	if o.GetNamespace() != old.GetNamespace() {
		return apierrors.NewBadRequest(fmt.Sprintf("the namespace of the object (%s) does not match the namespace on the request (%s)", o.GetNamespace(), old.GetNamespace()))
	}
	return nil
}

// patchCustom goes on with JSON, as a patch may hold what the type cannot.
func (s *Server) patchCustom(ctx context.Context, r *resource, old client.Object, merged []byte, subresource string) (client.Object, error) {
	d, c := definitions()[r.kind], map[string]any{}
	if err := json.Unmarshal(merged, &c); err != nil {
		return nil, invalidPatch(merged, err.Error())
	}
	integers(c)
	w := writing{subresource: subresource, patch: true, valid: true}
	if c["status"] == nil {
		w.form = defaulted
	}
	d.decode(c)
	patched := r.make()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"metadata": c["metadata"]}, patched); err != nil {
		return nil, invalidPatch(merged, err.Error())
	}
	if err := checkName(patched, old); err != nil {
		return nil, err
	}
	if err := checkVersion(r, patched, old); err != nil {
		return nil, err
	}
	return s.replaceContent(ctx, r, c, patched, old, w)
}

// replaceContent replaces an object by content that may not fit the type. What is patched has the
// metadata.
func (s *Server) replaceContent(ctx context.Context, r *resource, c map[string]any, patched, old client.Object, w writing) (client.Object, error) {
	d := definitions()[r.kind]
	was := d.content(withType(r, old))
	if w.subresource == "status" {
		status := c["status"]
		c = maps.Clone(was)
		c["status"] = status
		objectMeta(old).DeepCopyInto(objectMeta(patched))
	} else {
		c["status"] = was["status"]
	}
	kind, errs := checkType(r, c)
	if len(errs) == 0 {
		errs = d.validateChange(ctx, c, was, w.subresource)
	}
	if len(errs) > 0 {
		prepareMetadata(patched, old)
		return nil, apierrors.NewInvalid(kind, old.GetName(), append(errs, validateMetadata(r, patched, old)...))
	}
	o := r.make()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(c, o); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	objectMeta(patched).DeepCopyInto(objectMeta(o))
	return s.replace(ctx, r, own(r, o), old, w)
}

// checkType says of what kind a patched object is, and what is wrong with that.
func checkType(r *resource, c map[string]any) (schema.GroupKind, field.ErrorList) {
	var errs field.ErrorList
	kind, _ := c["kind"].(string)
	version, _ := c["apiVersion"].(string)
	if kind != r.gvk.Kind {
		errs = append(errs, field.Invalid(field.NewPath("kind"), kind, "must be "+r.gvk.Kind))
	}
	if want := r.gvk.GroupVersion().String(); version != want {
		errs = append(errs, field.Invalid(field.NewPath("apiVersion"), version, "must be "+want))
	}
	return schema.FromAPIVersionAndKind(version, kind).GroupKind(), errs
}

// withType returns an object that says what it is, as its JSON does.
func withType(r *resource, o client.Object) client.Object {
	c := o.DeepCopyObject().(client.Object)
	c.GetObjectKind().SetGroupVersionKind(r.gvk)
	return c
}

// integers turns whole numbers into int64, as the decoder of Kubernetes does.
func integers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = integers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = integers(e)
		}
	case float64:
		if i := int64(v); float64(i) == v {
			return i
		}
	}
	return v
}

// fieldAt returns the value of a field, named by its path in JSON, as field selectors see it.
func fieldAt(v reflect.Value, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return ""
			}
			v = v.Elem()
		}
		if v = fieldNamed(v, name); !v.IsValid() {
			panic("apiserver: there is no field " + path)
		}
	}
	return fmt.Sprint(v.Interface())
}

func fieldNamed(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case tag == name:
			return v.Field(i)
		case tag == "" && v.Type().Field(i).Anonymous:
			if f := fieldNamed(v.Field(i), name); f.IsValid() {
				return f
			}
		}
	}
	return reflect.Value{}
}
