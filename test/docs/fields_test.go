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

// fields returns the descriptions of a schema by their paths, such as spec.reconnect.language.
func fields(prefix string, schema apiextensionsv1.JSONSchemaProps) map[string]string {
	found := map[string]string{}
	for name, property := range schema.Properties {
		field := strings.TrimPrefix(prefix+"."+name, ".")
		found[field] = property.Description
		if slices.Contains(elsewhere, field) {
			continue
		}
		if property.Items != nil {
			property = *property.Items.Schema
		}
		maps.Copy(found, fields(field, property))
	}
	return found
}

// kinds returns the fields of every Kind, with their descriptions.
func kinds(t *testing.T) map[string]map[string]string {
	t.Helper()
	files, err := filepath.Glob(path(t, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != len(pageOf) {
		t.Fatalf("CRDs = %v, %v, want one of each Kind that has a page", files, err)
	}
	found := map[string]map[string]string{}
	for _, file := range files {
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict([]byte(read(t, "config", "crd", "bases", filepath.Base(file))), &crd); err != nil {
			t.Fatal(err)
		}
		found[crd.Spec.Names.Kind] = fields("", *crd.Spec.Versions[0].Schema.OpenAPIV3Schema)
	}
	return found
}

// TestReference: the generated page has each field with its description, so it is not an older one.
func TestReference(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for line := range strings.Lines(read(t, "docs", "spec", "api.md")) {
		if cells := strings.Split(line, " | "); len(cells) > 2 {
			rows[strings.Trim(cells[0], "|` ")+" "+cells[2]] = true
		}
	}
	for kind, all := range kinds(t) {
		for field, description := range all {
			row := field[strings.LastIndex(field, ".")+1:] + " " + markdown.Replace(description)
			if !slices.Contains([]string{"apiVersion", "kind", "metadata"}, field) && !rows[row] {
				t.Errorf("docs/spec/api.md lacks %s of %s with its description; run make generate", field, kind)
			}
		}
	}
}

// markdown writes a description as one line of the page.
var markdown = strings.NewReplacer("\n", " ", "<", "&lt;", "|", `\|`, "{", `\{`, "}", `\}`)

// TestNoOtherFields: what a document calls a field is one.
func TestNoOtherFields(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, all := range kinds(t) {
		for field := range all {
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
