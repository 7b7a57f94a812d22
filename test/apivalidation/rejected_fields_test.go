package apivalidation

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var rejectedReconnects = []change{
	{path: "spec.reconnect.link.type", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.link.type", value: "Mail", says: `supported values: "Direct", "Gateway"`},
	{path: "spec.reconnect.link.proof", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.link.proof", value: "Password", says: `supported values: "None", "Application"`},
	{path: "spec.reconnect.link.proof", value: "None", field: "spec.reconnect.link.application", says: "proof Application needs an application"},
	{path: "spec.reconnect.link.proof", value: absent{}, field: "spec.reconnect.link.application", says: "proof Application needs an application"},
	{path: "spec.reconnect.link.application", value: absent{}, says: "proof Application needs an application"},
	{path: "spec.reconnect.link.application.keySecretRef", value: absent{}, says: "Required value"},
	{path: "spec.reconnect.link.application.url", value: "http://app.example.com/", says: "must be an absolute https URL"},
	{path: "spec.reconnect.link.application.url", value: "https://me:secret@app.example.com/", says: "must not hold a user name or password"},
	{path: "spec.reconnect.link.application.url", value: "https://app.example.com/#vouch", says: "without spaces and fragment"},
	{path: "spec.reconnect.link.type", value: "Direct", field: "spec.reconnect.link.proof", says: "type Direct has no proof"},
	{path: "spec.reconnect.link.destination", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.link.destination", value: "Mail", says: `supported values: "Status", "Secret"`},
	{
		path: "spec.reconnect.link.destination", value: "Status",
		field: "spec.reconnect.link.secretTemplate", says: "only destination Secret has a secretTemplate",
	},
	{path: "spec.reconnect.link.secretTemplate.name", value: "acme-chequing-login", field: "spec.loginIdSecretRef.name", says: "must not name the Secret that the operator writes the link to"},
	{path: "spec.reconnect.link.secretTemplate.name", value: "acme-session", field: "spec.sessionHandOff.secretTemplate.name", says: "the link and the session need a Secret each"},
	{path: "spec.sessionHandOff.secretTemplate.name", value: "acme-chequing-login", field: "spec.loginIdSecretRef.name", says: "must not name the Secret that the operator writes the session to"},
	{path: "spec.sessionHandOff.secretTemplate.name", value: "acme-link", field: "spec.sessionHandOff.secretTemplate.name", says: "the link and the session need a Secret each"},
	secretLabels(map[string]any{}, "at least 1 properties"),
	secretLabels(many(17), "at most 16"),
	secretLabels(map[string]any{"a b": "x"}, "a key is a name"),
	secretLabels(map[string]any{strings.Repeat("a", 64): "x"}, "a key is a name"),
	secretLabels(map[string]any{"connect.flinks-operator.dev/purpose": "login"}, "sets app.kubernetes.io/managed-by and"),
	secretLabels(map[string]any{"app.kubernetes.io/managed-by": "me"}, "sets app.kubernetes.io/managed-by and"),
	{path: "spec.sessionHandOff.secretTemplate.labels.team", value: "a b", says: "should match"},
	{path: "spec.loginIdSecretTemplate", value: map[string]any{}, field: "spec.loginIdSecretTemplate.labels", says: "Required value"},
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
	{path: "spec.sessionHandOff.destination", value: absent{}, says: "Required value"},
	{path: "spec.sessionHandOff.destination", value: "", says: "Unsupported value"},
	{path: "spec.sessionHandOff.destination", value: "Mail", says: `supported values: "Secret"`},
	{
		path: "spec.refreshPolicyRef", value: map[string]any{"name": "shared"},
		says: "refreshPolicy and refreshPolicyRef exclude each other",
	},
}

// secretLabels returns labels of a Secret that are refused.
func secretLabels(value map[string]any, says string) change {
	return change{path: "spec.sessionHandOff.secretTemplate.labels", value: value, says: says}
}

func many(n int) map[string]any {
	all := map[string]any{}
	for i := range n {
		all[fmt.Sprintf("l%d", i)] = "x"
	}
	return all
}

var rejectedConnect = []change{
	{path: "spec.connect.form", value: "", says: "Unsupported value"},
	{path: "spec.connect.form", value: "Classic", field: "spec.connect.institutionId", says: "form Classic has no institutionId"},
	{path: "spec.connect.form", value: "v2", says: `supported values: "V2", "Classic"`},
	{path: "spec.connect.demo", value: "", says: "Unsupported value"},
	{path: "spec.connect.demo", value: "true", says: `supported values: "Shown", "Hidden"`},
	{path: "spec.connect.demo", value: true, says: "must be of type string", merge: "expected string"},
}

// rejectedOptions are of instances and connections.
var rejectedOptions = []change{
	{path: "spec.connect.consent", value: "", says: "Unsupported value"},
	{path: "spec.connect.consent", value: "false", says: `supported values: "Shown", "Hidden"`},
	{path: "spec.connect.termsURL", value: "", says: "at least 1 char"},
	{path: "spec.connect.termsURL", value: "http://acme.example.com/terms", says: "absolute https URL"},
	{path: "spec.connect.termsURL", value: "javascript:alert(1)", says: "absolute https URL"},
	{path: "spec.connect.termsURL", value: "/terms", says: "absolute https URL"},
	{path: "spec.connect.termsURL", value: "https://user@acme.example.com/", says: "user name or password"},
	{path: "spec.connect.termsURL", value: "https://acme.example.com/é", says: "printable ASCII"},
	{path: "spec.connect.theme", value: "dark", says: `supported values: "Light", "Dark"`},
	{path: "spec.connect.backgroundColor", value: "f7f7f7", says: "at least 7 char"},
	{path: "spec.connect.backgroundColor", value: "f7f7f7f", says: "should match"},
	{path: "spec.connect.backgroundColor", value: "#f7f7fg", says: "should match"},
	{path: "spec.connect.backgroundColor", value: "#f7f7f7f7", says: "7"},
	{path: "spec.connect.foregroundColor", value: "#fff", says: "at least 7 char"},
	{path: "spec.connect.foregroundColor", value: "crimson", says: "should match"},
	{path: "spec.connect.daysOfTransactions", value: "Days360", says: `supported values: "Days90", "Days365"`},
	{path: "spec.connect.accountSelector.choice", value: "Many", says: `supported values: "Single", "Multiple"`},
	{path: "spec.connect.accountSelector.currency", value: "cad", says: `supported values: "CAD", "USD"`},
	number("spec.connect.institutionId", 0, 1),
	number("spec.connect.institutionId", 1_000_001, 1_000_000),
	{path: "spec.connect.institutionId", value: "14", says: "must be of type integer", merge: "expected numeric"},
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
	const handOff, link = "spec.sessionHandOff", "spec.reconnect.link"
	inSecret := map[string]any{"destination": "Secret"}
	inPage := map[string]any{"type": "Gateway"}
	givenName := map[string]any{"destination": "Secret", "secretTemplate": map[string]any{"name": "short"}}
	for _, test := range []struct {
		length    int
		path      string
		value     any
		forbidden bool
	}{
		{243, handOff, inSecret, false},
		{244, handOff, inSecret, true},
		{244, handOff, givenName, true}, // for the link
		{244, handOff, absent{}, true},
		{243, link, inSecret, false},
		{244, link, inSecret, true},
		{253, link, givenName, false},
		{244, link, map[string]any{"destination": "Status"}, true}, // where no token may be in a status
		{253, link, inPage, false},
		{244, link, map[string]any{"type": "Gateway", "destination": "Secret"}, true},
	} {
		o := with(t, named(minimal(t, bankConnection), test.length), test.path, test.value)
		for verb, write := range map[string]write{"create": s.create, "apply": s.apply} {
			_, err := write(t, o, metav1.DryRunAll)
			if forbidden := err != nil && strings.Contains(err.Error(), "must have at most 243 characters"); forbidden != test.forbidden || !forbidden && err != nil {
				t.Errorf("%s with a name of %d characters and %s=%v: %v", verb, test.length, test.path, test.value, err)
			}
		}
	}
	// Nor may one that is there already grow a Secret.
	o := must(t)(s.create(t, with(t, named(minimal(t, bankConnection), 244), link, inPage)))
	if _, err := s.update(t, with(t, o, handOff, inSecret)); err == nil {
		t.Error("a long name got a Secret by an update")
	}
}

// named gives an object a name of a length.
func named(o *unstructured.Unstructured, length int) *unstructured.Unstructured {
	o = o.DeepCopy()
	o.SetName(strings.Repeat("a", length))
	return o
}

// badLines are values of a field that a page shows as one line of text.
func badLines(path string) (changes []change) {
	changes = []change{{path: path, value: "", says: "at least 1 chars"}}
	for _, value := range []string{
		" ", " Acme", "Acme ", "\u00a0", "Acme\nYour bank", "Acme\tbank", "Acme\u2028bank", "Acme \u202eknab", "Acme\u200b", "\u00ad", "Ac\u0000me",
	} {
		changes = append(changes, change{path: path, value: value, says: "should match"})
	}
	return changes
}
