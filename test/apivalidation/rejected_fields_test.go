package apivalidation

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var rejectedReconnects = []change{
	{path: "spec.reconnect.delivery", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.delivery", value: "Mail", says: `supported values: "Status", "Secret", "Gateway"`},
	{path: "spec.reconnect.onExpiry", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.onExpiry", value: "reissue", says: `supported values: "WaitForRequest", "Reissue"`},
	{path: "spec.reconnect.maxReissues", value: int64(0), says: "greater than or equal to 1"},
	{path: "spec.reconnect.maxReissues", value: int64(11), says: "less than or equal to 10"},
	{path: "spec.reconnect.maxReissues", value: "1", says: "must be of type integer", merge: "expected numeric"},
	{path: "spec.reconnect", value: map[string]any{"maxReissues": int64(1)}, field: "spec.reconnect.maxReissues", says: "only onExpiry Reissue has maxReissues"},
	{
		path: "spec.reconnect", value: map[string]any{"onExpiry": "WaitForRequest", "maxReissues": int64(1)},
		field: "spec.reconnect.maxReissues", says: "only onExpiry Reissue has maxReissues",
	},
	{path: "spec.sessionHandOff", value: "", says: "Unsupported value"},
	{path: "spec.sessionHandOff", value: "true", says: `supported values: "None", "Secret"`},
	{
		path: "spec.refreshPolicyRef", value: map[string]any{"name": "shared"},
		says: "refreshPolicy and refreshPolicyRef exclude each other",
	},
}

var rejectedLimits = []change{
	number("spec.limits.requestsPerSecond", 0, 1),
	number("spec.limits.requestsPerSecond", 1001, 1000),
	number("spec.limits.burst", 1, 2),
	number("spec.limits.burst", 1001, 1000),
	number("spec.limits.liveSessions", 0, 1),
	number("spec.limits.liveSessions", 1001, 1000),
	number("spec.limits.deletions.count", -1, 0),
	number("spec.limits.deletions.count", 1_000_001, 1_000_000),
	number("spec.limits.deletions.percent", -1, 0),
	number("spec.limits.deletions.percent", 101, 100),
	{path: "spec.limits.burst", value: "10", says: "must be of type integer", merge: "expected numeric"},
	{path: "spec.limits.requestsPerSecond", value: 0.5, says: "must be of type int32"},
}

// number returns one that is past a bound.
func number(path string, value, bound int64) change {
	says := fmt.Sprintf("should be less than or equal to %d", bound)
	if value < bound {
		says = fmt.Sprintf("should be greater than or equal to %d", bound)
	}
	return change{path: path, value: value, says: says}
}

// TestPolicyReferences: a connection names a policy, or has one of its own.
func TestPolicyReferences(t *testing.T) {
	t.Parallel()
	s := start(t)
	base := with(t, s.named(full(t, bankConnection)), "spec.refreshPolicy", absent{})
	base = with(t, base, "spec.refreshPolicyRef", map[string]any{"name": "shared"})
	expectRejected(t, s, base, append(badNames("spec.refreshPolicyRef.name"), change{
		path: "spec.refreshPolicy", value: map[string]any{"type": "Manual"},
		field: "spec.refreshPolicyRef", says: "refreshPolicy and refreshPolicyRef exclude each other",
	}))
	const foreign = "spec.refreshPolicyRef.namespace"
	if _, err := s.create(t, with(t, base, foreign, "other"), metav1.DryRunAll); err == nil || !strings.Contains(err.Error(), `unknown field "`+foreign+`"`) {
		t.Errorf("a policy of another namespace: %v", err)
	}

	// It may change its mind, in one go.
	stored := must(t)(s.apply(t, base))
	inline := with(t, with(t, base, "spec.refreshPolicyRef", absent{}), "spec.refreshPolicy", map[string]any{"type": "Manual"})
	if got := must(t)(s.apply(t, inline)); got.GetGeneration() != stored.GetGeneration()+1 {
		t.Errorf("generation = %d", got.GetGeneration())
	}
	must(t)(s.apply(t, base))
}

// TestLongNames: a name that is a part of a Secret's name must leave room for the rest.
func TestLongNames(t *testing.T) {
	t.Parallel()
	s := start(t)
	const handOff, delivery = "spec.sessionHandOff", "spec.reconnect.delivery"
	for _, test := range []struct {
		length    int
		path      string
		value     string
		forbidden bool
	}{
		{243, handOff, "Secret", false},
		{244, handOff, "Secret", true},
		{253, handOff, "None", false},
		{243, delivery, "Secret", false},
		{244, delivery, "Secret", true},
		{253, delivery, "Status", false},
	} {
		o := with(t, named(minimal(t, bankConnection), test.length), test.path, test.value)
		for verb, write := range map[string]write{"create": s.create, "apply": s.apply} {
			_, err := write(t, o, metav1.DryRunAll)
			if forbidden := err != nil && strings.Contains(err.Error(), "must have at most 243 characters"); forbidden != test.forbidden || !forbidden && err != nil {
				t.Errorf("%s with a name of %d characters and %s=%s: %v", verb, test.length, test.path, test.value, err)
			}
		}
	}
	// Nor may one that is there already grow a Secret.
	o := must(t)(s.create(t, named(minimal(t, bankConnection), 244)))
	if _, err := s.update(t, with(t, o, handOff, "Secret")); err == nil {
		t.Error("a long name got a Secret by an update")
	}
}

// named gives an object a name of a length.
func named(o *unstructured.Unstructured, length int) *unstructured.Unstructured {
	o = o.DeepCopy()
	o.SetName(strings.Repeat("a", length))
	return o
}
