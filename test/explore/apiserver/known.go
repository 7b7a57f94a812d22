package apiserver

import (
	"context"
	"hash/maphash"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
)

// What was found valid once is not validated again: in tens of thousands of worlds the same few
// specs and statuses come again and again, but for times and nonces. The schemas do not care which
// time a time is, nor what a nonce is made of.

// seed makes keys the same in a whole process.
var seed = maphash.MakeSeed()

// validateCustom judges an update of a custom resource by what changed.
func (d *definition) validateCustom(ctx context.Context, r *resource, o, old client.Object, subresource string) field.ErrorList {
	key := d.updateKey(r, o, old, subresource)
	if _, ok := d.seen.Load(key); ok {
		return nil
	}
	content := d.content(o)
	errs := d.validateChange(ctx, content, d.content(old), subresource)
	if len(errs) == 0 && (subresource != "status" || d.isValidStatus(content)) {
		d.seen.Store(key, true)
	}
	return errs
}

// updateKey stands for all that the answer to an update depends on. The status is written without the
// spec; what it was before matters only to one that is not valid in itself.
func (d *definition) updateKey(r *resource, o, old client.Object, subresource string) uint64 {
	b := append(make([]byte, 0, 2048), subresource...)
	if subresource == "status" {
		b = r.status.key(statusOf(o), b)
	} else {
		b = append(append(b, o.GetName()...), 0)
		b = r.spec.key(specOf(o), b)
		b = r.spec.key(specOf(old), b)
	}
	return maphash.Bytes(seed, b)
}

// isValidStatus reports whether a status is valid whatever it was before.
func (d *definition) isValidStatus(content map[string]any) bool {
	return len(validation.ValidateCustomResource(field.NewPath("status"), content["status"], d.status)) == 0 &&
		len(listtype.ValidateListSetsAndMaps(nil, d.structural, content)) == 0
}

// keyOfTime: any time is as good as another.
func keyOfTime(v reflect.Value, b []byte) []byte {
	if v.Addr().Interface().(*metav1.Time).IsZero() {
		return append(b, 'z')
	}
	return append(b, 't')
}

// keyOfValue returns the key of a value without parts.
func keyOfValue(v reflect.Value, b []byte) []byte {
	switch {
	case v.Kind() == reflect.String:
		b = appendNumber(b, uint64(v.Len())) //nolint:gosec // A length is not negative.
		return append(b, v.String()...)
	case v.CanInt():
		return appendNumber(b, uint64(v.Int())) //nolint:gosec // Only equality counts.
	case v.CanUint():
		return appendNumber(b, v.Uint())
	case v.Kind() == reflect.Bool && v.Bool():
		return append(b, 1)
	case v.Kind() == reflect.Bool:
		return append(b, 0)
	}
	panic("apiserver: keys of " + v.Type().String() + " are not modelled")
}

func appendNumber(b []byte, n uint64) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24), byte(n>>32), byte(n>>40), byte(n>>48), byte(n>>56)) //nolint:gosec // Each is one byte of it.
}

// keyOfLength returns the key of a string of which only the length matters.
func keyOfLength(v reflect.Value, b []byte) []byte { return append(b, byte(v.Len())) } //nolint:gosec // Nonces are short.

func keyOfMap(element *shape) func(reflect.Value, []byte) []byte {
	return func(v reflect.Value, b []byte) []byte {
		b = appendNumber(b, uint64(v.Len())) //nolint:gosec // A length is not negative.
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int {
			if a.String() < b.String() {
				return -1
			}
			return 1
		})
		for _, k := range keys {
			b = element.key(v.MapIndex(k), keyOfValue(k, b))
		}
		return b
	}
}
