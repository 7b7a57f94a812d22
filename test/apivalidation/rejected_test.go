package apivalidation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// change is one field of an otherwise accepted full manifest.
type change struct {
	path  string
	value any
	// field is the one that the server's answer must name, if it is not the changed one.
	field string
	// says is part of the answer.
	says string
	// merge is the answer to an apply, if that cannot even be merged.
	merge string
}

func (c change) String() string { return fmt.Sprintf("%s=%.40v", c.path, c.value) }

const (
	guid     = "0f6c4d2a-9e0b-4c53-8a41-3d5f6a7b8c9d"
	badGUID  = "0f6c4d2a-9e0b-4c53-8a41-3d5f6a7b8c9g"
	bareGUID = "0f6c4d2a9e0b4c538a413d5f6a7b8c9d"
)

// badNames returns what is no name of a Kubernetes object. As a part of a request's path they could name
// another object.
func badNames(path string) []change {
	return []change{
		{path: path, value: absent{}, says: "Required value"},
		{path: path, value: "", says: "at least 1 char"},
		{path: path, value: "Upper", says: "should match"},
		{path: path, value: "../default", says: "should match"},
		{path: path, value: "default/name", says: "should match"},
		{path: path, value: "..", says: "should match"},
		{path: path, value: "name.", says: "should match"},
		{path: path, value: "-name", says: "should match"},
		{path: path, value: "name\n", says: "should match"},
		{path: path, value: "naïve", says: "should match"},
		{path: path, value: int64(1), says: "must be of type string", merge: "expected string"},
	}
}

var rejectedInstances = []change{
	{path: "spec", value: absent{}, says: "Required value"},
	{path: "spec.instance", value: absent{}, says: "Required value"},
	{path: "spec.instance", value: "", says: "at least 1 char"},
	{path: "spec.instance", value: "toolbox.example", says: "should match"},
	{path: "spec.instance", value: "toolbox/v3", says: "should match"},
	{path: "spec.instance", value: "Toolbox", says: "should match"},
	{path: "spec.instance", value: "toolbox-", says: "should match"},
	{path: "spec.instance", value: "-toolbox", says: "should match"},
	{path: "spec.instance", value: "user@toolbox", says: "should match"},
	{path: "spec.instance", value: "toolbox:8443", says: "should match"},
	{path: "spec.instance", value: "toolbox?", says: "should match"},
	{path: "spec.instance", value: "toolbox#", says: "should match"},
	{path: "spec.instance", value: "toolbox%2f", says: "should match"},
	{path: "spec.instance", value: "tool box", says: "should match"},
	{path: "spec.instance", value: "toolbox\n", says: "should match"},
	{path: "spec.instance", value: "toolböx", says: "should match"},
	{path: "spec.customerId", value: absent{}, says: "Required value"},
	{path: "spec.customerId", value: badGUID, says: "should match"},
	{path: "spec.customerId", value: bareGUID, says: "at least 36 chars"},
	{path: "spec.customerId", value: "{" + guid + "}", says: "may not be more than 36"},
	{path: "spec.customerId", value: " " + guid[1:], says: "should match"},
	{path: "spec.credentialsSecretRef", value: absent{}, says: "Required value"},
}

var rejectedClusterInstances = []change{
	{path: "spec.credentialsSecretRef.namespace", value: absent{}, says: "Required value"},
	{path: "spec.credentialsSecretRef.namespace", value: "", says: "at least 1 char"},
	{path: "spec.credentialsSecretRef.namespace", value: "flinks.system", says: "should match"},
	{path: "spec.credentialsSecretRef.namespace", value: "../default", says: "should match"},
	{path: "spec.allowedNamespaces.selector", value: absent{}, says: "Required value"},
	{path: "spec.allowedNamespaces.selector.matchLabels", value: labels(17, 10, 10), says: "at most 16 labels"},
	{path: "spec.allowedNamespaces.selector.matchLabels", value: labels(1, 318, 10), says: "a key of at most 317"},
	{path: "spec.allowedNamespaces.selector.matchLabels", value: labels(1, 10, 64), says: "a value of at most 63"},
	expressions(17, "Exists", 10, 0, "at most 16 expressions"),
	expressions(1, "Exists", 318, 0, "a key of at most 317"),
	expressions(1, "In", 10, 65, "at most 64 values"),
	expressions(1, "In", 10, 0, "the operator is In or NotIn with values"),
	expressions(1, "NotIn", 10, 0, "the operator is In or NotIn with values"),
	expressions(1, "Exists", 10, 1, "Exists or DoesNotExist without"),
	expressions(1, "DoesNotExist", 10, 1, "Exists or DoesNotExist without"),
	expressions(1, "Equals", 10, 1, "the operator is"),
	{path: "spec.endpoints.api", value: absent{}, says: "Required value"},
	{path: "spec.endpoints.connect", value: absent{}, says: "Required value"},
}

// badEndpoints returns what is no base URL.
func badEndpoints(path string) []change {
	const says = "must be an http or https URL of a host"
	return []change{
		{path: path, value: "", says: "at least 1 char"},
		{path: path, value: "ftp://flinks.example.com", says: says},
		{path: path, value: "file:///etc/passwd", says: says},
		{path: path, value: "unix:///run/flinks.sock", says: says},
		{path: path, value: "javascript:alert(1)", says: says},
		{path: path, value: "flinks.example.com", says: says},
		{path: path, value: "//flinks.example.com", says: says},
		{path: path, value: "/v3", says: says},
		{path: path, value: "https://", says: says},
		{path: path, value: "https://:8443", says: says},
		{path: path, value: "https://host:port", says: says},
		{path: path, value: "https://user:password@flinks.example.com", says: says},
		{path: path, value: "https://user@flinks.example.com", says: says},
		{path: path, value: "https://flinks.example.com/v3", says: says},
		{path: path, value: "https://flinks.example.com//", says: says},
		{path: path, value: "https://flinks.example.com?a=b", says: says},
		{path: path, value: "https://flinks.example.com#a", says: says},
		{path: path, value: `https://flinks.example.com\@other.example.com`, says: says},
		{path: path, value: "https://flinks.exämple.com", says: says},
		{path: path, value: " https://flinks.example.com", says: says},
	}
}

// badGateways returns addresses that no person can be sent to, or should be.
func badGateways(path string) []change {
	const says = "must be an https URL of a host"
	rejected := []change{{path: path, value: absent{}, says: "Required value"}, {path: path, value: "", says: "at least 1 char"}}
	for _, url := range []string{
		"http://connect.example.com", "http://localhost.example.com", "http://localhost@example.com", "http://127.0.0.1.example.com",
		"http://127.0.0.2", "http://[::1]", "http://localhost:8091/c", "ftp://connect.example.com", "javascript:alert(1)",
		"connect.example.com", "//connect.example.com", "/c", "https://", "https://:8443", "https://host:port",
		"https://user:password@connect.example.com", "https://user@connect.example.com", "https://connect.example.com/c",
		"https://connect.example.com//", "https://connect.example.com?a=b", "https://connect.example.com#a",
		`https://connect.example.com\@other.example.com`, "https://connect.exämple.com", " https://connect.example.com",
		"https://connect.example.com ", "https://connect.example.com\n", "HTTPS://connect.example.com",
	} {
		rejected = append(rejected, change{path: path, value: url, says: says})
	}
	return rejected
}

var rejectedConnections = []change{
	{path: "spec", value: absent{}, says: "Required value"},
	{path: "spec.instanceRef", value: absent{}, says: "Required value"},
	{path: "spec.instanceRef.kind", value: absent{}, says: "Required value"},
	{path: "spec.instanceRef.kind", value: "", says: "Unsupported value"},
	{path: "spec.instanceRef.kind", value: "Secret", says: `supported values: "FlinksInstance", "ClusterFlinksInstance"`},
	{path: "spec.loginIdSecretRef", value: absent{}, says: "Required value"},
	{path: "spec.loginIdSecretRef.key", value: "", says: "at least 1 char"},
	{path: "spec.loginIdSecretRef.key", value: "a/b", says: "should match"},
	{path: "spec.loginIdSecretRef.key", value: "a b", says: "should match"},
	{path: "spec.deletionPolicy", value: "", says: "Unsupported value"},
	{path: "spec.deletionPolicy", value: "delete", says: `supported values: "Delete", "Retain"`},
	{path: "spec.deletionPolicy", value: "Orphan", says: `supported values: "Delete", "Retain"`},
	{path: "spec.suspend", value: "true", says: "must be of type boolean", merge: "expected boolean"},
	{path: "spec.reconnect.language", value: "de", says: `supported values: "en", "fr"`},
	{path: "spec.reconnect.language", value: "EN", says: `supported values: "en", "fr"`},
	{path: "spec.reconnect.language", value: "", says: "Unsupported value"},
	{path: "spec.reconnect.redirectURL", value: "", says: "at least 1 char"},
	{path: "spec.reconnect.redirectURL", value: "http://app.example.com/", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "javascript:alert(1)", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "data:text/html,hello", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "/banks/linked", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "banks/linked", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "//app.example.com/", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "app.example.com", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https:app.example.com", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https://", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https:///banks", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https://:443/", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https://app.example.com/%zz", says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: `https://app.example.com\@other.example.com/`, says: "absolute https URL"},
	{path: "spec.reconnect.redirectURL", value: "https://user:password@app.example.com/", says: "user name or password"},
	{path: "spec.reconnect.redirectURL", value: "https://app.example.com@other.example.com/", says: "user name or password"},
	{path: "spec.reconnect.redirectURL", value: "https://@app.example.com/", says: "user name or password"},
	{path: "spec.reconnect.redirectURL", value: "https://app.example.com/é", says: "printable ASCII"},
	{path: "spec.reconnect.redirectURL", value: "https://app.example.com/a b", says: "printable ASCII"},
	{path: "spec.reconnect.redirectURL", value: "https://app.example.com/\n", says: "absolute https URL"},
	{path: "spec.reconnect.accountIds", value: []any{}, says: "at least 1 item"},
	{path: "spec.reconnect.accountIds", value: []any{badGUID}, field: "spec.reconnect.accountIds[0]", says: "should match"},
	{path: "spec.reconnect.accountIds", value: []any{guid, bareGUID}, field: "spec.reconnect.accountIds[1]", says: "at least 36 chars"},
	{path: "spec.reconnect.accountIds", value: []any{guid, guid + "0"}, field: "spec.reconnect.accountIds[1]", says: "may not be more than 36"},
	{path: "spec.reconnect.accountIds", value: []any{guid, guid}, field: "spec.reconnect.accountIds[1]", says: "Duplicate value", merge: "duplicate entries"},
	{path: "spec.reconnect.accountIds", value: guid, says: "must be of type array", merge: "expected list"},
}

var rejectedPolicies = []change{
	{path: "spec.refreshPolicy", value: map[string]any{}, field: "spec.refreshPolicy.type", says: "Required value"},
	{path: "spec.refreshPolicy", value: map[string]any{"interval": "24h"}, field: "spec.refreshPolicy.type", says: "Required value"},
	{path: "spec.refreshPolicy.type", value: "scheduled", says: `supported values: "Manual", "Scheduled", "Nightly"`},
	nightly("interval", "24h", "only type Scheduled has an interval"),
	nightly("schedule", "0 9 * * *", "only type Scheduled has a schedule"),
	nightly("allowedWindows", []any{window("09:00", "21:00")}, "only type Scheduled has allowedWindows"),
	nightly("observeInterval", "144h0m1s", "observeInterval of type Nightly must be at most 144h"),
	nightly("observeInterval", "720h", "observeInterval of type Nightly must be at most 144h"),
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Scheduled"}, field: "spec.refreshPolicy.interval", says: "type Scheduled needs an interval or a schedule"},
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual", "interval": "24h"}, field: "spec.refreshPolicy.interval", says: "only type Scheduled has an interval"},
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual", "schedule": "0 9 * * *"}, field: "spec.refreshPolicy.schedule", says: "only type Scheduled has a schedule"},
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Scheduled", "interval": "24h", "schedule": "0 9 * * *"}, field: "spec.refreshPolicy.schedule", says: "exclude each other"},
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual", "timeZone": "UTC"}, field: "spec.refreshPolicy.timeZone", says: "only type Scheduled has a timeZone"},
	{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual", "allowedWindows": []any{window("09:00", "21:00")}}, field: "spec.refreshPolicy.allowedWindows", says: "only type Scheduled has allowedWindows"},
	scheduled("schedule", "", "at least 1 char"),
	scheduled("schedule", "@every 5s", "without @every"),
	scheduled("schedule", "TZ=UTC 0 9 * * *", "without @every"),
	scheduled("schedule", "CRON_TZ=UTC 0 9 * * *", "without @every"),
	scheduled("timeZone", "", "at least 1 char"),
	scheduled("timeZone", "America/Toronto\n", "should match"),
	scheduled("timeZone", "../etc", "should match"),
	scheduled("allowedWindows", []any{}, "at least 1 item"),
	badWindow(window("09:00", "09:00"), "", "start and end of a window must differ"),
	badWindow(window("9:00", "21:00"), ".start", "at least 5 chars"),
	badWindow(window("24:00", "21:00"), ".start", "should match"),
	badWindow(window("09:00", "21:60"), ".end", "should match"),
	badWindow(map[string]any{"start": "09:00"}, ".end", "Required value"),
	badWindow(map[string]any{"start": "09:00", "end": "10:00", "days": []any{"Monday"}}, ".days[0]", "Unsupported value"),
	badWindow(map[string]any{"start": "09:00", "end": "10:00", "days": []any{}}, ".days", "at least 1 item"),
}

func window(start, end string) map[string]any { return map[string]any{"start": start, "end": end} }

// scheduled returns a policy by schedule with one field that is refused.
func scheduled(field string, value any, says string) change {
	policy := map[string]any{"type": "Scheduled", "schedule": "0 9 * * *"}
	policy[field] = value
	return change{path: "spec.refreshPolicy", value: policy, field: "spec.refreshPolicy." + field, says: says}
}

// nightly returns a policy of that type with one field that is refused.
func nightly(field string, value any, says string) change {
	policy := map[string]any{"type": "Nightly", field: value}
	return change{path: "spec.refreshPolicy", value: policy, field: "spec.refreshPolicy." + field, says: says}
}

func badWindow(window map[string]any, field, says string) change {
	c := scheduled("allowedWindows", []any{window}, says)
	c.field += "[0]" + field
	return c
}

// badIntervals returns bad durations of a policy by interval.
func badIntervals(field, belowLeast, aboveMost, bounds string) []change {
	changes := badDurations("spec.refreshPolicy."+field, belowLeast, aboveMost, bounds)
	for i, c := range changes {
		if c.merge != "" {
			continue
		}
		policy := map[string]any{"type": "Scheduled", "interval": "24h"}
		policy[field] = c.value
		changes[i] = change{path: "spec.refreshPolicy", value: policy, field: c.path, says: c.says}
	}
	return changes
}

// badDurations returns what is no duration, or outside of the bounds that the answer names.
func badDurations(path, belowLeast, aboveMost, bounds string) []change {
	at := func(value any, says string) change { return change{path: path, value: value, says: says} }
	return []change{
		at("0", bounds),
		at("0s", bounds),
		at("-24h", bounds),
		at(belowLeast, bounds),
		at(aboveMost, bounds),
		at("", bounds),
		at("24", bounds),
		at("1d", bounds),
		at("daily", bounds),
		at("P1D", bounds),
		at(" 24h", bounds),
		at("9999999999h", bounds),
		at(strings.Repeat("1h", 16)+"1s", "may not be more than 32"),
		{path: path, value: int64(24), says: "must be of type string", merge: "expected string"},
	}
}

var rejectedInPolicies = [][]change{
	rejectedPolicies,
	badIntervals("interval", "59m59s", "8760h0m1s", "must be a duration between 1h and 8760h"),
	badIntervals("observeInterval", "4m59s", "720h0m1s", "must be a duration between 5m and 720h"),
	badIntervals("maxDataAge", "59m59s", "8760h0m1s", "must be a duration between 1h and 8760h"),
}

// alone returns changes of a policy in another object as changes of a policy that stands
// alone.
func alone(tables [][]change) [][]change {
	var all [][]change
	for _, changes := range tables {
		changes = slices.Clone(changes)
		for i, c := range changes {
			changes[i].path = strings.Replace(c.path, "spec.refreshPolicy", "spec", 1)
			changes[i].field = strings.Replace(c.field, "spec.refreshPolicy", "spec", 1)
		}
		all = append(all, changes)
	}
	return all
}

func TestRejectedManifests(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, table := range []struct {
		kinds   []string
		changes [][]change
	}{
		{[]string{bankConnection}, [][]change{
			rejectedConnections, badNames("spec.instanceRef.name"), badNames("spec.loginIdSecretRef.name"),
		}},
		{[]string{flinksInstance, clusterFlinksInstance}, [][]change{
			rejectedInstances, badNames("spec.credentialsSecretRef.name"),
		}},
		{[]string{clusterFlinksInstance}, [][]change{
			rejectedClusterInstances, badEndpoints("spec.endpoints.api"), badEndpoints("spec.endpoints.connect"), badEndpoints("spec.proxy.url"),
		}},
		{[]string{bankConnection}, [][]change{
			rejectedReconnects, badLines("spec.reconnect.link.title"), badDurations("spec.reconnect.deadline", "59m59s", "8760h0m1s", "must be a duration between 1h and 8760h"),
		}},
		{[]string{flinksInstance, clusterFlinksInstance}, [][]change{
			rejectedConnect, rejectedLimits,
			badDurations("spec.retention.data", "23h59m59s", "87600h0m1s", "must be a duration between 24h and 87600h"),
			badDurations("spec.retention.credentials", "23h59m59s", "87600h0m1s", "must be a duration between 24h and 87600h"),
			badGateways("spec.gateway.url"), badLines("spec.gateway.displayName"),
			rejectedPages, badPages("spec.gateway.page.support.url"), badPages("spec.gateway.page.privacyURL"),
			badDurations("spec.gateway.linkLifetime", "59m59s", "2160h0m1s", "must be a duration between 1h and 2160h"),
		}},
		{withConnect, [][]change{rejectedOptions, badLines("spec.connect.customerName"), badLines("spec.connect.consentText")}},
		{withPolicy, rejectedInPolicies},
		{[]string{refreshPolicy}, alone(rejectedInPolicies)},
	} {
		for _, kind := range table.kinds {
			for _, changes := range table.changes {
				t.Run(kind+"/"+changes[0].path, func(t *testing.T) {
					t.Parallel()
					expectRejected(t, s, s.named(full(t, kind)), changes)
				})
			}
		}
	}
}

// expectRejected brings each change to the server, by create and by apply.
func expectRejected(t *testing.T, s server, base *unstructured.Unstructured, changes []change) {
	t.Helper()
	must(t)(s.create(t, base, metav1.DryRunAll))
	for _, c := range changes {
		o := with(t, base, c.path, c.value)
		_, err := s.create(t, o, metav1.DryRunAll)
		expectComplaint(t, "create", c, err)
		_, err = s.apply(t, o, metav1.DryRunAll)
		expectComplaint(t, "apply", c, err)
	}
}

// expectComplaint checks that the answer is about one field, and says what is wrong with it.
func expectComplaint(t *testing.T, verb string, c change, err error) {
	t.Helper()
	field := cmp.Or(c.field, c.path)
	got := complaints(err)
	if len(got) == 0 && verb == "apply" && c.merge != "" {
		if want := "." + c.path + ": " + c.merge; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("apply %s: the answer is %q, want %q in it", c, err, want)
		}
		return
	}
	if diff := gocmp.Diff([]string{field}, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("%s %s: fields in the answer (-want +got):\n%s%v", verb, c, diff, err)
		return
	}
	if !strings.Contains(got[field], c.says) {
		t.Errorf("%s %s: the answer is %q, want %q in it", verb, c, got[field], c.says)
	}
}

// labels returns a number of labels with keys and values of these lengths.
func labels(n, key, value int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprintf("%0*d", key, i)] = strings.Repeat("v", value)
	}
	return m
}

// expressions returns a number of expressions with keys of this length and this many values.
func expressions(n int, operator string, key, values int, says string) change {
	var list []any
	for i := range n {
		e := map[string]any{"key": fmt.Sprintf("%0*d", key, i), "operator": operator}
		if values > 0 {
			e["values"] = repeated("v", values)
		}
		list = append(list, e)
	}
	return change{path: "spec.allowedNamespaces.selector.matchExpressions", value: list, says: says}
}
