package arbitrary

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// Object changes a valid object as a source says, and reads the result into another one. now is
// the time that its times are near to. Every object that schema and rules accept can be read: an
// error is a fault of the API.
func Object(ctx context.Context, s *Source, kind apiserver.Kind, now time.Time, base map[string]any, into client.Object) error {
	v, object := values{s, now}, runtime.DeepCopyJSON(base)
	for range 1 + s.N(maxChanges) {
		if !s.More() {
			break
		}
		changed := runtime.DeepCopyJSON(object)
		v.change(apiserver.Schema(kind), changed)
		if read, wrong := apiserver.Read(ctx, kind, changed); len(wrong) == 0 {
			object = read
		}
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, into); err != nil {
		return fmt.Errorf("reading a valid %s: %w", kind, err)
	}
	return nil
}

// maxChanges bounds how often an object is changed.
const maxChanges = 16

// place is a field of an object, which may be there or not.
type place struct {
	parent map[string]any
	name   string
	schema *structuralschema.Structural
}

// change changes one field of spec or status.
func (v values) change(schema *structuralschema.Structural, object map[string]any) {
	var all []place
	for _, part := range []string{"spec", "status"} {
		property := schema.Properties[part]
		if _, ok := object[part]; !ok {
			object[part] = map[string]any{}
		}
		all = append(all, placesIn(&property, object[part])...)
	}
	p := all[v.N(max(len(all), 257))%len(all)]
	switch v.N(4) {
	case 0:
		delete(p.parent, p.name)
	case 1:
		p.parent[p.name] = v.of(p.schema, false)
	default:
		p.parent[p.name] = v.of(p.schema, true)
	}
}

// placesIn lists the fields below a value, in order.
func placesIn(schema *structuralschema.Structural, value any) []place {
	var all []place
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			property := schema.Properties[name]
			all = append(all, place{value, name, &property})
			all = append(all, placesIn(&property, value[name])...)
		}
	case []any:
		for _, element := range value {
			all = append(all, placesIn(schema.Items, element)...)
		}
	}
	return all
}
