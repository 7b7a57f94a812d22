package apivalidation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// impossible are fields that must not exist: through them, a user who may write an object in one namespace
// could have the operator read another namespace, or send its keys to a host of their own.
var impossible = []struct {
	kind  string
	field string
	value any
}{
	{bankConnection, "spec.instanceRef.namespace", "other"},
	{bankConnection, "spec.loginIdSecretRef.namespace", "other"},
	{bankConnection, "spec.reconnect.secretName", "other"},
	{bankConnection, "spec.endpoints", map[string]any{"api": "https://a", "connect": "https://a"}},
	{bankConnection, "spec.proxy", map[string]any{"url": "https://a"}},
	{bankConnection, "spec.loginId", guid},
	{flinksInstance, "spec.credentialsSecretRef.namespace", "other"},
	{flinksInstance, "spec.endpoints", map[string]any{"api": "https://a", "connect": "https://a"}},
	{flinksInstance, "spec.proxy", map[string]any{"url": "https://a"}},
	{flinksInstance, "spec.caBundle", "YQ=="},
	{flinksInstance, "spec.allowedNamespaces", map[string]any{"selector": map[string]any{}}},
	{flinksInstance, "spec.gateway.page.logoConfigMapRef.namespace", "other"},
	{clusterFlinksInstance, "spec.gateway.page.logoConfigMapRef.namespace", "other"},
	{refreshPolicy, "spec.connections", "all"},
	{refreshPolicy, "spec.namespace", "other"},
	{clusterFlinksInstance, "spec.secretKey", "secret"},
	{clusterFlinksInstance, "spec.endpoints.token", "https://a"},
}

// TestImpossibleFields: strict validation, which kubectl asks for, rejects unknown fields. Clients that
// do not ask for it find them gone.
func TestImpossibleFields(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, test := range impossible {
		t.Run(test.kind+"/"+test.field, func(t *testing.T) {
			t.Parallel()
			base := s.named(full(t, test.kind))
			o := with(t, base, test.field, test.value)
			_, err := s.create(t, o, metav1.DryRunAll)
			if want := `unknown field "` + test.field + `"`; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("create: the answer is %v, want %q in it", err, want)
			}
			_, err = s.apply(t, o, metav1.DryRunAll)
			if want := "." + test.field + ": field not declared in schema"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("apply: the answer is %v, want %q in it", err, want)
			}
			opts := metav1.CreateOptions{FieldValidation: metav1.FieldValidationIgnore, DryRun: []string{metav1.DryRunAll}}
			got := must(t)(s.objects(test.kind).Create(t.Context(), o, opts))
			if diff := cmp.Diff(base.Object["spec"], got.Object["spec"]); diff != "" {
				t.Errorf("spec without strict validation (-want +got):\n%s", diff)
			}
		})
	}
}

// TestInstanceRefIsImmutable: everything else of a full BankConnection may change.
func TestInstanceRefIsImmutable(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := s.named(full(t, bankConnection))
	stored := must(t)(s.apply(t, o))
	const says = "instanceRef is immutable: a login belongs to the instance that issued it"
	for _, c := range []change{
		{path: "spec.instanceRef.kind", value: "FlinksInstance", field: "spec.instanceRef", says: says},
		{path: "spec.instanceRef.name", value: "other", field: "spec.instanceRef", says: says},
	} {
		_, err := s.apply(t, with(t, o, c.path, c.value))
		expectComplaint(t, "apply", c, err)
		_, err = s.update(t, with(t, stored, c.path, c.value))
		expectComplaint(t, "update", c, err)
	}
	// Removing it is no way around the rule.
	for _, path := range []string{"spec.instanceRef", "spec"} {
		c := change{path: path, value: absent{}, says: "Required value"}
		_, err := s.update(t, with(t, stored, c.path, c.value))
		expectComplaint(t, "update", c, err)
	}
	changed := must(t)(s.apply(t, differentButForInstance(t, o)))
	if changed.GetGeneration() != 2 {
		t.Errorf("generation = %d after changes of everything but instanceRef, want 2", changed.GetGeneration())
	}
}

func differentButForInstance(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	for path, value := range map[string]any{
		"spec.loginIdSecretRef": map[string]any{"name": "other"},
		"spec.refreshPolicy":    absent{},
		"spec.reconnect":        absent{},
		"spec.sessionHandOff":   absent{},
		"spec.deletionPolicy":   "Delete",
		"spec.suspend":          absent{},
	} {
		o = with(t, o, path, value)
	}
	return o
}
