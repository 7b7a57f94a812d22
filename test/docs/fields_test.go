package docs

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// pageOf is the page of a Kind.
var pageOf = map[string]string{
	"BankConnection":        "bankconnections.md",
	"RefreshPolicy":         "refreshpolicies.md",
	"FlinksInstance":        "flinksinstances.md",
	"ClusterFlinksInstance": "flinksinstances.md",
}

// elsewhere: fields below these are Kubernetes' own.
var elsewhere = []string{
	"metadata", "status.conditions",
	"spec.allowedNamespaces.selector",
}

// fields returns the paths of a schema, such as spec.reconnect.language.
func fields(prefix string, schema apiextensionsv1.JSONSchemaProps) []string {
	var found []string
	for name, property := range schema.Properties {
		field := strings.TrimPrefix(prefix+"."+name, ".")
		found = append(found, field)
		if slices.Contains(elsewhere, field) {
			continue
		}
		if property.Items != nil {
			property = *property.Items.Schema
		}
		found = append(found, fields(field, property)...)
	}
	return found
}

// kinds returns the fields of every Kind.
func kinds(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(path(t, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != len(pageOf) {
		t.Fatalf("CRDs = %v, %v, want one of each Kind that has a page", files, err)
	}
	found := map[string][]string{}
	for _, file := range files {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict([]byte(read(t, "config", "crd", "bases", filepath.Base(file))), &crd); err != nil {
			t.Fatal(err)
		}
		found[crd.Spec.Names.Kind] = fields("", *crd.Spec.Versions[0].Schema.OpenAPIV3Schema)
	}
	return found
}

// TestFields: every field has an entry on the page of its Kind. Those of an inline
// refresh policy are on the page of RefreshPolicy.
func TestFields(t *testing.T) {
	t.Parallel()
	policies := words(read(t, "docs", "spec", "refreshpolicies.md"))
	for kind, all := range kinds(t) {
		page := words(read(t, "docs", "spec", pageOf[kind]))
		for _, field := range all {
			if slices.Contains([]string{"apiVersion", "kind", "metadata", "spec", "status"}, field) || page[field] {
				continue
			}
			if policy, ok := strings.CutPrefix(field, "spec.refreshPolicy."); !ok || !policies["spec."+policy] {
				t.Errorf("%s of %s has no entry in docs/spec/%s", field, kind, pageOf[kind])
			}
		}
	}
}

// TestNoOtherFields: what a document calls a field is one.
func TestNoOtherFields(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, all := range kinds(t) {
		for _, field := range all {
			known[field] = true
		}
	}
	for name, page := range pages(t) {
		for _, word := range slices.Sorted(maps.Keys(words(page))) {
			field := strings.TrimSuffix(word, "[]")
			if isField(field) && !known[field] && !isKubernetes(field) {
				t.Errorf("%s names %s, which is no field", name, word)
			}
		}
	}
}

// isField reports whether a text reads as the path of a field.
func isField(word string) bool {
	return (strings.HasPrefix(word, "spec.") || strings.HasPrefix(word, "status.")) && !strings.ContainsAny(word, " =/*(<…")
}

func isKubernetes(field string) bool {
	return slices.ContainsFunc(elsewhere, func(prefix string) bool { return strings.HasPrefix(field, prefix+".") })
}
