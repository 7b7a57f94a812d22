package apiserver

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// preconditionsOf are the UID and the resource version in the body of a merge patch.
func preconditionsOf(body []byte) (types.UID, string) {
	var m metav1.PartialObjectMetadata
	if err := json.Unmarshal(body, &m); err != nil {
		return "", "" // The server will say so.
	}
	return m.UID, m.ResourceVersion
}

// patch applies a merge patch.
func (s *Server) patch(r *resource, key types.NamespacedName, of types.PatchType, body []byte, subresource string) (client.Object, error) {
	if of != types.MergePatchType {
		panic(fmt.Sprintf("apiserver: patches of type %s are not modelled", of))
	}
	old := s.objects[r.kind][key]
	if old == nil {
		return nil, notFound(r, key.Name)
	}
	merged, err := jsonpatch.MergePatch(encode(withType(r, old)), body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if r.custom {
		return s.patchCustom(r, old, merged, subresource)
	}
	o := r.make()
	if err := json.Unmarshal(merged, o); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if o.GetName() != key.Name || o.GetNamespace() != key.Namespace {
		return nil, apierrors.NewBadRequest("the name of the object does not match the name on the URL")
	}
	return s.replace(r, own(r, o), old, subresource, false)
}

// patchCustom goes on with JSON, as a patch may hold what the type cannot.
func (s *Server) patchCustom(r *resource, old client.Object, merged []byte, subresource string) (client.Object, error) {
	d, c, was := definitions()[r.kind], map[string]any{}, content(withType(r, old))
	if err := json.Unmarshal(merged, &c); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	integers(c)
	d.decode(c)
	if subresource == "status" {
		c["spec"], c["metadata"] = was["spec"], patchedMetadata(c, was)
	} else {
		c["status"] = was["status"]
	}
	if errs := d.validateChange(c, was, subresource); len(errs) > 0 {
		if err := checkPatchedVersion(r, c, old); err != nil {
			return nil, err
		}
		return nil, apierrors.NewInvalid(r.gvk.GroupKind(), old.GetName(), errs)
	}
	o := r.make()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(c, o); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if o.GetName() != old.GetName() || o.GetNamespace() != old.GetNamespace() {
		return nil, apierrors.NewBadRequest("the name of the object does not match the name on the URL")
	}
	return s.replace(r, own(r, o), old, subresource, true)
}

// patchedMetadata is the metadata of a patch of a subresource: the stored ones, but for the
// resource version, which is a precondition.
func patchedMetadata(c, was map[string]any) map[string]any {
	m := runtime.DeepCopyJSON(was["metadata"].(map[string]any))
	if patched, ok := c["metadata"].(map[string]any); ok {
		m["resourceVersion"] = patched["resourceVersion"]
	}
	return m
}

func checkPatchedVersion(r *resource, c map[string]any, old client.Object) error {
	o := old.DeepCopyObject().(client.Object)
	if m, ok := c["metadata"].(map[string]any); ok {
		version, _ := m["resourceVersion"].(string)
		o.SetResourceVersion(version)
	}
	return checkVersion(r, o, old)
}

// withType is an object that says what it is, as its JSON does.
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

// fieldAt is the value of a field, named by its path in JSON, as field selectors see it.
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
