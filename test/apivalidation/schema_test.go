package apivalidation

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

// node is one value in the schema of a Kind.
type node struct {
	crd      *apiextensionsv1.CustomResourceDefinition
	path     string // such as status.accounts[].id
	property bool   // and not an item of a list or map
	schema   *apiextensionsv1.JSONSchemaProps
}

func (n node) name() string     { return n.path[strings.LastIndex(n.path, ".")+1:] }
func (n node) is(t string) bool { return n.schema.Type == t }
func (n node) inSpec() bool     { return strings.HasPrefix(n.path, "spec.") }
func (n node) namespaced() bool { return n.crd.Spec.Scope == apiextensionsv1.NamespaceScoped }

// rules are what every value must keep; broken says which do not.
var rules = []struct {
	problem string
	broken  func(node) bool
}{
	{"string without maxLength, enum or format date-time", func(n node) bool {
		return n.is("string") && n.schema.MaxLength == nil && n.schema.Enum == nil && n.schema.Format != "date-time"
	}},
	{"array without maxItems", func(n node) bool { return n.is("array") && n.schema.MaxItems == nil }},
	{"array without list type", func(n node) bool { return n.is("array") && n.schema.XListType == nil }},
	{"map without maxProperties", func(n node) bool {
		return n.schema.AdditionalProperties != nil && n.schema.MaxProperties == nil
	}},
	{"integer in spec without minimum and maximum", func(n node) bool {
		return n.is("integer") && n.inSpec() && (n.schema.Minimum == nil || n.schema.Maximum == nil)
	}},
	{"number, which is not exact", func(n node) bool { return n.is("number") }},
	{"boolean, which cannot grow a third value", func(n node) bool { return n.is("boolean") }},
	{"value of any type", func(n node) bool {
		return n.is("") || n.schema.XPreserveUnknownFields != nil || n.schema.XIntOrString || n.schema.XEmbeddedResource
	}},
	{"nullable", func(n node) bool { return n.schema.Nullable }},
	{"phase, which the API conventions deprecate", func(n node) bool { return n.name() == "phase" }},
	{"time that is not named so", func(n node) bool {
		return n.schema.Format == "date-time" && n.property && !strings.HasSuffix(n.name(), "Time")
	}},
	{"default", func(n node) bool { return n.schema.Default != nil }},
	{"validation rule without message", func(n node) bool {
		return slices.ContainsFunc(n.schema.XValidations, func(r apiextensionsv1.ValidationRule) bool { return r.Message == "" })
	}},
	{"pattern that matches a part", func(n node) bool {
		p := n.schema.Pattern
		return p != "" && (!strings.HasPrefix(p, "^") || !strings.HasSuffix(p, "$"))
	}},
	{"no description", func(n node) bool { return n.property && n.schema.Description == "" }},
	{"description that does not begin with the name", func(n node) bool {
		return n.property && n.schema.Description != "" && !strings.HasPrefix(n.schema.Description, n.name()+" ")
	}},
	{"description without the bounds", func(n node) bool { return n.property && n.inSpec() && !describes(n.schema, numericBounds(n.schema)) }},
	{"description without the values", func(n node) bool { return n.property && n.inSpec() && !describes(n.schema, enumValues(n.schema)) }},
	{"namespace in a namespaced object", func(n node) bool {
		return n.namespaced() && n.inSpec() && n.property && strings.Contains(strings.ToLower(n.name()), "namespace")
	}},
}

const (
	byServer  = "the server itself sees to it"
	byCEL     = "of a foreign type; bounded by rules on the selector, see rejectedClusterInstances"
	unbounded = "of a foreign type, and a rule on a list in a list costs too much; the request's size bounds it"
)

// exceptions are findings that stay, with the reason why. A path without Kind holds for every Kind.
var exceptions = map[string]string{
	"apiVersion: string without maxLength, enum or format date-time": byServer,
	"kind: string without maxLength, enum or format date-time":       byServer,
	"metadata: no description":                                       byServer,
	"apiVersion: description that does not begin with the name":      byServer,
	"kind: description that does not begin with the name":            byServer,

	"status: default": "an object that the operator has not seen must not look healthy",

	"BankConnection spec.suspend: boolean, which cannot grow a third value":           "as in CronJob: suspended or not",
	"FlinksInstance spec.suspend: boolean, which cannot grow a third value":           "as in CronJob: suspended or not",
	"ClusterFlinksInstance spec.suspend: boolean, which cannot grow a third value":    "as in CronJob: suspended or not",
	"BankConnection status.nightly.enabled: boolean, which cannot grow a third value": "as Flinks says it: on or off",

	"BankConnection status.deletion.confirmed: boolean, which cannot grow a third value":         "within the limits, or beyond them by a confirmation",
	"BankConnection status.supersededLogins[].nightly: boolean, which cannot grow a third value": "may still be on, or is known to be off",

	"BankConnection status.attempts[].time: time that is not named so":   "as in managedFields: short, because there are ten",
	"BankConnection status.binding.notBefore: time that is not named so": "reads as what it is",
	"BankConnection status.refresh.notBefore: time that is not named so": "reads as what it is",

	"ClusterFlinksInstance status.deletionConfirmation.until: time that is not named so":  "reads as what it is",
	"FlinksInstance status.deletionConfirmation.until: time that is not named so":         "reads as what it is",
	"FlinksInstance spec.limits.deletions.perNamespace: namespace in a namespaced object": "a limit, and no name",

	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchLabels: map without maxProperties":                                          byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchLabels{}: string without maxLength, enum or format date-time":               byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchExpressions: array without maxItems":                                        byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchExpressions[].key: string without maxLength, enum or format date-time":      byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchExpressions[].operator: string without maxLength, enum or format date-time": byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchExpressions[].values: array without maxItems":                               byCEL,
	"ClusterFlinksInstance spec.allowedNamespaces.selector.matchExpressions[].values[]: string without maxLength, enum or format date-time": unbounded,
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("CRDs = %v, %v, want one of each Kind", files, err)
	}
	unused := maps.Clone(exceptions)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := readCRD(t, text)
		for _, finding := range lint(crd) {
			withKind := crd.Spec.Names.Kind + " " + finding
			if exceptions[finding] == "" && exceptions[withKind] == "" {
				t.Error(withKind)
			}
			delete(unused, finding)
			delete(unused, withKind)
		}
	}
	for finding := range unused {
		t.Errorf("an exception for nothing: %s", finding)
	}
}

func readCRD(t *testing.T, text []byte) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		t.Fatal(err)
	}
	return &crd
}

// lint returns what breaks the rules, in the form "path: problem".
func lint(crd *apiextensionsv1.CustomResourceDefinition) []string {
	var findings []string
	var visit func(node)
	visit = func(n node) {
		for _, rule := range rules {
			if rule.broken(n) {
				findings = append(findings, n.path+": "+rule.problem)
			}
		}
		for _, child := range n.children() {
			visit(child)
		}
	}
	for i := range crd.Spec.Versions {
		version := &crd.Spec.Versions[i]
		top := node{crd: crd, schema: version.Schema.OpenAPIV3Schema}
		for _, child := range top.children() {
			visit(child)
		}
	}
	return findings
}

// children returns the values in a value.
func (n node) children() []node {
	var children []node
	add := func(path string, property bool, schema *apiextensionsv1.JSONSchemaProps) {
		children = append(children, node{crd: n.crd, path: path, property: property, schema: schema})
	}
	for _, name := range slices.Sorted(maps.Keys(n.schema.Properties)) {
		property := n.schema.Properties[name]
		add(strings.TrimPrefix(n.path+"."+name, "."), true, &property)
	}
	if n.schema.Items != nil {
		add(n.path+"[]", false, n.schema.Items.Schema)
	}
	if n.schema.AdditionalProperties != nil {
		add(n.path+"{}", false, n.schema.AdditionalProperties.Schema)
	}
	return children
}

// TestRulesFindWhatTheyLookFor breaks every rule once.
func TestRulesFindWhatTheyLookFor(t *testing.T) {
	t.Parallel()
	crd := readCRD(t, []byte(`
spec:
  scope: Namespaced
  versions:
  - schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: spec of a test
            properties:
              any: {description: any of a test, x-kubernetes-preserve-unknown-fields: true}
              array: {description: array of a test, type: array, items: {type: string, maxLength: 1}}
              boolean: {description: boolean of a test, type: boolean}
              default: {description: default of a test, type: string, maxLength: 1, default: a}
              duration: {description: duration from 1h, type: string, maxLength: 1, x-kubernetes-validations: [{rule: "true", message: must be a duration between 1h and 2h}]}
              enum: {description: enum is One, type: string, enum: [One, Two]}
              integer: {description: integer from 0, type: integer, minimum: 0}
              most: {description: most is from 0, type: integer, minimum: 0, maximum: 9}
              map: {description: map of a test, type: object, additionalProperties: {type: string}}
              nullable: {description: Nullable value, type: string, maxLength: 1, nullable: true}
              number: {description: number of a test, type: number}
              part: {description: part of a test, type: string, maxLength: 1, pattern: ^a}
              rule: {description: rule of a test, type: string, maxLength: 1, x-kubernetes-validations: [{rule: "true"}]}
              secretNamespace: {description: secretNamespace of a test, type: string, maxLength: 1}
              silent: {type: string, maxLength: 1}
              timestamp: {description: timestamp of a test, type: string, format: date-time}
          status:
            type: object
            description: status of a test
            properties:
              integer: {description: integer of a test, type: integer}
              phase: {description: phase of a test, type: string, enum: [Done]}
              startTime: {description: startTime of a test, type: string, format: date-time}
              times: {description: times of a test, type: array, maxItems: 1, x-kubernetes-list-type: atomic, items: {type: string, format: date-time}}
`))
	want := []string{
		"spec.any: value of any type",
		"spec.array: array without maxItems",
		"spec.array: array without list type",
		"spec.boolean: boolean, which cannot grow a third value",
		"spec.default: default",
		"spec.duration: description without the bounds",
		"spec.enum: description without the values",
		"spec.integer: integer in spec without minimum and maximum",
		"spec.map: map without maxProperties",
		"spec.map{}: string without maxLength, enum or format date-time",
		"spec.most: description without the bounds",
		"spec.nullable: nullable",
		"spec.nullable: description that does not begin with the name",
		"spec.number: number, which is not exact",
		"spec.part: pattern that matches a part",
		"spec.rule: validation rule without message",
		"spec.secretNamespace: namespace in a namespaced object",
		"spec.silent: no description",
		"spec.timestamp: time that is not named so",
		"status.phase: phase, which the API conventions deprecate",
	}
	if diff := cmp.Diff(want, lint(crd)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for _, rule := range rules {
		if !slices.ContainsFunc(want, func(finding string) bool { return strings.HasSuffix(finding, ": "+rule.problem) }) {
			t.Errorf("nothing breaks the rule %q", rule.problem)
		}
	}
}
