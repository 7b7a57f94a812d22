package apiserver

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

// celCostLimit is what one rule may cost; kube-apiserver has the same number.
const celCostLimit = 1_000_000

// definition is what the CustomResourceDefinition of a kind says.
type definition struct {
	structural *structuralschema.Structural
	object     validation.SchemaValidator
	status     validation.SchemaValidator
	rules      *cel.Validator

	// selectable are the fields that a field selector may name.
	selectable []string
	// emptyStatus is the status of an object that has none.
	emptyStatus reflect.Value
	// sparse says that emptyStatus leaves out fields that the type always has.
	sparse bool
	// seen are objects that were found valid.
	seen sync.Map
}

// definitions are read once from the source tree; all servers share them.
var definitions = sync.OnceValue(func() map[Kind]*definition {
	root, err := controlplane.ModuleRoot()
	if err != nil {
		panic(fmt.Errorf("apiserver: finding the CRDs: %w", err))
	}
	found := map[Kind]*definition{}
	for _, r := range resources {
		if !r.custom {
			continue
		}
		path := filepath.Join(root, "config", "crd", "bases", r.gr.Group+"_"+r.gr.Resource+".yaml")
		if found[r.kind], err = readDefinition(path, r); err != nil {
			panic(fmt.Errorf("apiserver: reading %s: %w", path, err))
		}
	}
	return found
})

func readDefinition(path string, r *resource) (*definition, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // G304: a file of the source tree
	if err != nil {
		return nil, err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(raw, &crd); err != nil {
		return nil, err
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("%d versions, and conversion is not modelled", len(crd.Spec.Versions))
	}
	version := crd.Spec.Versions[0]
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
		return nil, err
	}
	d := &definition{}
	for _, f := range version.SelectableFields {
		d.selectable = append(d.selectable, strings.TrimPrefix(f.JSONPath, "."))
	}
	return d, d.compile(&internal, r)
}

func (d *definition) compile(schema *apiextensions.JSONSchemaProps, r *resource) (err error) {
	if d.structural, err = structuralschema.NewStructural(schema); err != nil {
		return err
	}
	if err = defaulting.PruneDefaults(d.structural); err != nil {
		return err
	}
	if d.object, _, err = validation.NewSchemaValidator(schema); err != nil {
		return err
	}
	status := schema.Properties["status"]
	if d.status, _, err = validation.NewSchemaValidator(&status); err != nil {
		return err
	}
	d.rules = cel.NewValidator(d.structural, true, celCostLimit)
	spec := d.structural.Properties["spec"]
	if hasDefaults(&spec) {
		return fmt.Errorf("the spec has defaults, which are not modelled")
	}
	return d.readEmptyStatus(r)
}

func hasDefaults(s *structuralschema.Structural) bool {
	if s == nil {
		return false
	}
	if s.Default.Object != nil || hasDefaults(s.Items) {
		return true
	}
	for _, p := range s.Properties {
		if hasDefaults(&p) {
			return true
		}
	}
	return s.AdditionalProperties != nil && hasDefaults(s.AdditionalProperties.Structural)
}

func (d *definition) readEmptyStatus(r *resource) error {
	content := map[string]any{}
	defaulting.Default(content, d.structural)
	o := r.make()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, o); err != nil {
		return err
	}
	d.emptyStatus = statusOf(o)
	d.sparse = !reflect.DeepEqual(d.content(o)["status"], content["status"])
	return nil
}

func specOf(o client.Object) reflect.Value   { return reflect.ValueOf(o).Elem().FieldByName("Spec") }
func statusOf(o client.Object) reflect.Value { return reflect.ValueOf(o).Elem().FieldByName("Status") }

// setDefaults gives an object that was sent without a status the default one, and says how the status
// came.
func (d *definition) setDefaults(o client.Object, sent client.Object) statusForm {
	if !statusOf(sent).IsZero() {
		return written
	}
	statusOf(o).Set(d.emptyStatus)
	return defaulted
}

// decode reads an object as it came over the wire, without what the schema does not know.
func (d *definition) decode(content map[string]any) map[string]any {
	defaulting.PruneNonNullableNullsWithoutDefaults(content, d.structural)
	pruning.Prune(content, d.structural, true)
	defaulting.Default(content, d.structural)
	return content
}

// content returns an object as its JSON, as it is once it is decoded.
func (d *definition) content(o client.Object) map[string]any {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		panic(fmt.Errorf("apiserver: encoding a %T: %w", o, err))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(m, d.structural)
	if m["status"] == nil {
		m["status"] = map[string]any{} // The type leaves out one that is there but empty.
	}
	return m
}

func encode(o any) []byte {
	raw, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Errorf("apiserver: encoding a %T: %w", o, err))
	}
	return raw
}
