package apivalidation

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// rejectedStatus is about BankConnections; sizes are in bounds.
var rejectedStatus = []change{
	{path: "status.binding.instance", value: absent{}, says: "Required value"},
	{path: "status.binding.instance", value: "", says: "at least 1 char"},
	{path: "status.binding.customerId", value: absent{}, says: "Required value"},
	{path: "status.binding.customerId", value: "", says: "at least 1 char"},
	{path: "status.binding.loginFingerprint", value: absent{}, says: "Required value"},
	{path: "status.binding.loginFingerprint", value: strings.Repeat("0", 31), says: "at least 32 chars"},
	{path: "status.binding.boundTime", value: absent{}, says: "Required value"},
	{path: "status.binding.boundTime", value: "yesterday", says: "date-time"},
	{path: "status.binding.notBefore", value: "soon", says: "date-time"},
	{path: "status.deletionClaim.claimTime", value: "yesterday", says: "date-time"},
	{path: "status.deletion.attemptTime", value: absent{}, says: "Required value"},
	{path: "status.deletion.attemptTime", value: "yesterday", says: "date-time"},
	{path: "status.deletion.answer", value: "OK", says: `"NotFound"`},
	{path: "status.lastRefreshTime", value: "", says: "date-time"},
	{path: "status.refresh.attempt", value: int64(-1), says: "greater than or equal to 0"},
	{path: "status.refresh.state", value: "Done", says: `"Claimed"`},
	{path: "status.refresh.state", value: "", says: "Unsupported value"},
	{path: "status.refresh.lastResult.answerTime", value: absent{}, says: "Required value"},
	{path: "status.reconnect.question.issueCount", value: int64(-1), says: "greater than or equal to 0"},
	{
		path: "status.reconnect.question.challengeTypes", value: []any{strings.Repeat("A", 65)},
		field: "status.reconnect.question.challengeTypes[0]", says: "may not be more than 64",
	},
	account("id", absent{}, "Required value", "element 0"),
	account("id", "", "at least 36 chars", ""),
	account("id", guid+"0", "may not be more than 36", ""),
	account("type", strings.Repeat("a", 33), "may not be more than 32", ""),
	account("currency", "CAD$", "may not be more than 3", ""),
	{
		path: "status.accounts", value: []any{map[string]any{"id": guid}, map[string]any{"id": guid}},
		field: "status.accounts[1]", says: "Duplicate value", merge: "duplicate entries",
	},
	{path: "status.lastHandledRequest.value", value: absent{}, says: "Required value"},
	{path: "status.lastHandledRequest.result", value: absent{}, says: "Required value"},
	{path: "status.lastHandledRequest.result", value: "Done", says: `"InProgress"`},
	{path: "status.lastHandledSessionRequest.value", value: absent{}, says: "Required value"},
	{path: "status.lastHandledSessionRequest.result", value: absent{}, says: "Required value"},
	{path: "status.lastHandledSessionRequest.result", value: "Unknown", says: `"InProgress"`},
	{path: "status.binding.secretName", value: int64(1), says: "must be of type string", merge: "expected string"},
	{path: "status.dataExpiryTime", value: "", says: "date-time"},
	{path: "status.credentialsExpiryTime", value: "soon", says: "date-time"},
	{path: "status.accountsChangeTime", value: "yesterday", says: "date-time"},
	{path: "status.reconnect.startTime", value: "yesterday", says: "date-time"},
	{path: "status.reconnect.link.issueTime", value: "yesterday", says: "date-time"},
	{path: "status.reconnect.link.expirationTime", value: "soon", says: "date-time"},
	{path: "status.reconnect.link.type", value: "Mail", says: `supported values: "Direct", "Gateway"`},
	{path: "status.internal.connectOpenTime", value: "now", says: "date-time"},
	unverified("loginFingerprint", "abc", "should be at least 32 chars long"), unverified("loginFingerprint", strings.Repeat("0", 33), "Too long"),
	unverified("refusalTime", absent{}, "Required value"), unverified("refusalTime", "now", "date-time"),
	{path: "status.reconnect.finishTime", value: "now", says: "date-time"},
	{path: "status.internal.gatewayRequest.action", value: absent{}, says: "Required value"},
	{path: "status.internal.gatewayRequest.action", value: "Delete", says: `supported values: "Refresh", "Observe"`},
	{path: "status.internal.gatewayRequest.requestTime", value: absent{}, says: "Required value"},
	{path: "status.internal.gatewayRequest.requestTime", value: "now", says: "date-time"},
	{path: "status.internal.gatewayRequest.clickTime", value: "now", says: "date-time"},
	{path: "status.nightly.enabled", value: absent{}, says: "Required value"},
	{path: "status.nightly.enabled", value: "yes", says: "must be of type boolean", merge: "expected boolean"},
	{path: "status.nightly.eligibilityExpiryTime", value: "soon", says: "date-time"},
	{path: "status.nightly.correctionTime", value: "soon", says: "date-time"},
	superseded("loginFingerprint", absent{}, "Required value"),
	superseded("loginFingerprint", strings.Repeat("0", 31), "at least 32 chars"),
	superseded("loginFingerprint", strings.Repeat("0", 33), "may not be more than 32"),
	superseded("supersededTime", absent{}, "Required value"),
	superseded("supersededTime", "yesterday", "date-time"),
	{path: "status.refreshPolicy.source", value: absent{}, says: "Required value"},
	{path: "status.refreshPolicy.source", value: "Another", says: `supported values: "BankConnection", "RefreshPolicy", "Instance", "Default"`},
	{path: "status.refreshPolicy.type", value: absent{}, says: "Required value"},
	{path: "status.refreshPolicy.type", value: "Hourly", says: `supported values: "Manual", "Scheduled", "Nightly"`},
	{path: "status.refreshPolicy.effectiveTime", value: absent{}, says: "Required value"},
	{path: "status.refreshPolicy.interval", value: "24hx", says: "interval must be a duration"},
	{path: "status.refreshPolicy.observeInterval", value: "daily", says: "observeInterval must be a duration"},
	{path: "status.refreshPolicy.maxDataAge", value: "", says: "maxDataAge must be a duration"},
	{path: "status.lastError.code", value: absent{}, says: "Required value"},
	{path: "status.lastError.class", value: absent{}, says: "Required value"},
	{path: "status.lastError.startTime", value: absent{}, says: "Required value"},
}

func superseded(field string, value any, says string) change {
	login := map[string]any{"loginFingerprint": strings.Repeat("0", 32), "supersededTime": "2026-03-01T12:00:00Z", field: value}
	if value == (absent{}) {
		delete(login, field)
	}
	return change{path: "status.supersededLogins", value: []any{login}, field: "status.supersededLogins[0]." + field, says: says}
}

func unverified(field string, value any, says string) change {
	login := map[string]any{"loginFingerprint": strings.Repeat("0", 32), "refusalTime": "2026-03-01T12:00:00Z", field: value}
	if value == (absent{}) {
		delete(login, field)
	}
	return change{path: "status.unverifiedLogins", value: []any{login}, field: "status.unverifiedLogins[0]." + field, says: says}
}

func account(field string, value any, says, merge string) change {
	a := map[string]any{"id": guid, "type": "Chequing", "currency": "CAD", field: value}
	path := "status.accounts[0]." + field
	if value == (absent{}) {
		delete(a, field)
	}
	return change{path: "status.accounts", value: []any{a}, field: path, says: says, merge: merge}
}

// rejectedConditions is about all kinds.
var rejectedConditions = []change{
	condition("type", "not a type", "should match"),
	condition("status", "true", `"True", "False", "Unknown"`),
	condition("reason", "", "at least 1 char"),
	condition("reason", "not CamelCase", "should match"),
	condition("message", strings.Repeat("m", 32769), "may not be more than 32768"),
	condition("lastTransitionTime", "yesterday", "date-time"),
	condition("observedGeneration", int64(-1), "greater than or equal to 0"),
	{
		path: "status.conditions", value: append(conditions(1).([]any), conditions(1).([]any)...),
		field: "status.conditions[1]", says: "Duplicate value", merge: "duplicate entries",
	},
}

func condition(field string, value any, says string) change {
	list := conditions(1).([]any)
	list[0].(map[string]any)[field] = value
	return change{path: "status.conditions", value: list, field: "status.conditions[0]." + field, says: says}
}

func TestRejectedStatus(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, kind := range kinds {
		changes := rejectedConditions
		if kind == bankConnection {
			changes = slices.Concat(rejectedConditions, rejectedStatus)
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			base := s.seen(t, kind)
			for _, c := range changes {
				o := with(t, base, c.path, c.value)
				_, err := s.updateStatus(t, o, metav1.DryRunAll)
				expectComplaint(t, "update", c, err)
				_, err = s.applyStatus(t, o, metav1.DryRunAll)
				expectComplaint(t, "apply", c, err)
			}
		})
	}
}

// harmless is a harmless change of each kind's spec.
var harmless = map[string]change{
	bankConnection:        {path: "spec.suspend", value: false},
	refreshPolicy:         {path: "spec.observeInterval", value: "10h"},
	flinksInstance:        {path: "spec.instance", value: "other"},
	clusterFlinksInstance: {path: "spec.instance", value: "other"},
}

func TestStatusIsApart(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := s.seen(t, kind)
			spec := harmless[kind]
			if o.GetGeneration() != 1 {
				t.Errorf("generation = %d after a write of the status, want 1", o.GetGeneration())
			}

			// Through the object itself a status cannot be written…
			written := must(t)(s.update(t, with(t, o, "status.observedGeneration", int64(7))))
			expectSameVersion(t, o, written)
			written = must(t)(s.update(t, with(t, o, "status", absent{})))
			expectSameVersion(t, o, written)
			written = must(t)(s.update(t, with(t, with(t, o, spec.path, spec.value), "status", absent{})))
			expectContent(t, written, 2, with(t, o, spec.path, spec.value))

			// … and through the status nothing else.
			other := with(t, written, "status.observedGeneration", int64(2))
			everything := with(t, with(t, other, spec.path, absent{}), "metadata.labels", map[string]any{"a": "b"})
			everything = with(t, everything, "metadata.finalizers", []any{"example.com/hold"})
			written = must(t)(s.updateStatus(t, everything))
			expectContent(t, written, 2, other)
			if len(written.GetLabels())+len(written.GetFinalizers()) > 0 {
				t.Errorf("labels = %v, finalizers = %v, want none", written.GetLabels(), written.GetFinalizers())
			}
		})
	}
}

func expectContent(t *testing.T, got *unstructured.Unstructured, generation int64, want *unstructured.Unstructured) {
	t.Helper()
	if got.GetGeneration() != generation {
		t.Errorf("generation = %d, want %d", got.GetGeneration(), generation)
	}
	for _, part := range []string{"spec", "status"} {
		if diff := cmp.Diff(want.Object[part], got.Object[part]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", part, diff)
		}
	}
}

// TestStatusHoldsTheLongest is about what the operator may have to write: the longest link and host that
// a spec leads to, and the longest texts of the error catalogue. A status that cannot be written loses
// the record of a live session.
func TestStatusHoldsTheLongest(t *testing.T) {
	t.Parallel()
	s := start(t)
	instance := s.named(full(t, clusterFlinksInstance))
	instance = with(t, instance, "spec.endpoints.api", text("http://", "a")(268))
	instance = with(t, instance, "spec.endpoints.connect", text("http://", "a")(268))
	instance = with(t, instance, "spec.connect.form", absent{})
	options := flinks.ConnectOptions{
		Consent: flinks.ConsentHidden, Theme: "light", BackgroundColor: "f7f7f7", ForegroundColor: "000000", DaysOfTransactions: "Days365",
		AccountSelector: true, SelectorMultiple: true, SelectorCurrency: "cad",
	}
	// What takes most space in a query: & in an address, and letters beyond the first plane in a name.
	options.CustomerName, options.ConsentText = text("𠮷")(64).(string), text("𠮷")(100).(string)
	options.TermsURL = text("https://a/", "&")(512).(string)
	instance = with(t, instance, "spec.connect.customerName", options.CustomerName)
	instance = with(t, instance, "spec.connect.consentText", options.ConsentText)
	instance = with(t, instance, "spec.connect.termsURL", options.TermsURL)
	must(t)(s.create(t, instance, metav1.DryRunAll))

	params := flinks.ConnectParams{Language: "fr", Demo: true, ConnectOptions: options}
	var err error
	if params.AuthorizeToken, err = flinks.ParseAuthorizeToken([]byte(text("t")(1024).(string))); err != nil {
		t.Fatal(err)
	}
	connection := s.seen(t, bankConnection)
	params.RedirectURL = text("https://a/", "&")(1024).(string) // & takes the most space in a query
	connection = with(t, connection, "spec.reconnect.redirectURL", params.RedirectURL)
	connection = with(t, connection, "spec.reconnect.accountIds", guids(100))
	must(t)(s.apply(t, unmanaged(connection), metav1.DryRunAll))
	for _, id := range guids(100).([]any) {
		params.ResumeSelectedAccounts = append(params.ResumeSelectedAccounts, id.(string))
	}
	if params.RequestID, err = flinks.ParseRequestID([]byte(guid)); err != nil {
		t.Fatal(err)
	}
	endpoints := instance.Object["spec"].(map[string]any)["endpoints"].(map[string]any)
	endpoint, err := flinks.NewEndpoint(endpoints["api"].(string), endpoints["connect"].(string), guid)
	if err != nil {
		t.Fatal(err)
	}
	link, err := flinks.ConnectURL(endpoint, params)
	if err != nil {
		t.Fatal(err)
	}
	connection = with(t, connection, "status.reconnect.link.url", link)
	connection = with(t, connection, "status.binding.hostFingerprints", slices.Repeat([]any{endpoint.HostFingerprint()}, 8))
	for _, entry := range flinks.Catalogue() {
		connection = longer(t, connection, "status.lastError.code", string(entry.Code))
		connection = longer(t, connection, "status.refresh.lastResult.flinksCode", string(entry.Code))
		connection = longer(t, connection, "status.lastError.class", string(entry.Class))
		connection = longer(t, connection, "status.lastError.remedy", entry.Remedy)
	}
	must(t)(s.updateStatus(t, connection, metav1.DryRunAll))
}

// longer sets a field if the value is longer than the one that is there.
func longer(t *testing.T, o *unstructured.Unstructured, path, value string) *unstructured.Unstructured {
	t.Helper()
	if have, _, _ := unstructured.NestedString(o.Object, strings.Split(path, ".")...); len(have) >= len(value) {
		return o
	}
	return with(t, o, path, value)
}

// unmanaged returns the object as a manifest for apply.
func unmanaged(o *unstructured.Unstructured) *unstructured.Unstructured {
	o = o.DeepCopy()
	o.SetManagedFields(nil)
	return o
}
