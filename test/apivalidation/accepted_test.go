package apivalidation

import (
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// unseen is the status of an object that the operator has not looked at yet.
var unseen = map[string]any{"observedGeneration": int64(-1)}

func TestAcceptedManifests(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, variant := range []string{"minimal", "full"} {
			t.Run(kind+"/"+variant, func(t *testing.T) {
				t.Parallel()
				s := start(t)
				for _, by := range []struct {
					name  string
					write write
				}{{"create", s.create}, {"apply", s.apply}} {
					t.Run(by.name, func(t *testing.T) {
						o := s.named(manifest(t, kind, variant))
						o.SetName(o.GetName() + "-" + by.name)
						answer := must(t)(by.write(t, o))
						expectUnseen(t, answer, o)
						stored := s.get(t, o)
						expectUnseen(t, stored, o)
						expectReapplyChangesNothing(t, s, o)
					})
				}
			})
		}
	}
}

// expectUnseen checks that the server has added nothing to a spec, and that the object does not look
// healthy.
func expectUnseen(t *testing.T, got, manifest *unstructured.Unstructured) {
	t.Helper()
	if diff := cmp.Diff(manifest.Object["spec"], got.Object["spec"]); diff != "" {
		t.Errorf("the stored spec is not the one of the manifest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(unseen, got.Object["status"]); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	result, err := status.Compute(got)
	if err != nil || result.Status != status.InProgressStatus {
		t.Errorf("kstatus = %+v, %v, want InProgress", result, err)
	}
}

// expectReapplyChangesNothing applies the manifest again: as it is, and when the operator has written a
// status.
func expectReapplyChangesNothing(t *testing.T, s server, o *unstructured.Unstructured) {
	t.Helper()
	before := must(t)(s.apply(t, o)) // after a create, this one changes the field managers
	again := must(t)(s.apply(t, o))
	expectSameVersion(t, before, again)

	before.Object["status"] = fullStatus(t, o.GetKind())
	seen := must(t)(s.updateStatus(t, before))
	again = must(t)(s.apply(t, o))
	expectSameVersion(t, seen, again)
	if diff := cmp.Diff(seen.Object, again.Object); diff != "" {
		t.Errorf("applying again (-before +after):\n%s", diff)
	}
}

func expectSameVersion(t *testing.T, before, after *unstructured.Unstructured) {
	t.Helper()
	if before.GetResourceVersion() != after.GetResourceVersion() {
		t.Errorf("the object was written; diff (-before +after):\n%s", cmp.Diff(before.Object, after.Object))
	}
}

// TestStatusOfTheUserIsIgnored is about manifests that were copied from `kubectl get -o yaml`.
func TestStatusOfTheUserIsIgnored(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, kind := range kinds {
		for name, write := range map[string]write{"create": s.create, "apply": s.apply} {
			o := s.named(minimal(t, kind))
			o.SetName(o.GetName() + "-" + name)
			o.Object["status"] = fullStatus(t, kind)
			expectUnseen(t, must(t)(write(t, o)), o)
			expectUnseen(t, s.get(t, o), o)
		}
	}
}

// acceptedValues are those at the edge of what the rules allow.
var acceptedValues = map[string][]change{
	bankConnection: {
		policyWith("interval", "1h"),
		policyWith("interval", "8760h"),
		policyWith("interval", "1h0m0.5s"),
		policyWith("observeInterval", "5m"),
		policyWith("observeInterval", "720h"),
		policyWith("maxDataAge", "60m"),
		policyWith("maxDataAge", "525600m"),
		{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual"}},
		{path: "spec.refreshPolicy", value: map[string]any{"type": "Manual", "observeInterval": "720h", "maxDataAge": "8760h"}},
		{path: "spec.refreshPolicy", value: map[string]any{"type": "Nightly"}},
		{path: "spec.refreshPolicy", value: map[string]any{"type": "Nightly", "observeInterval": "144h", "maxDataAge": "1h"}},
		{path: "spec.reconnect.link", value: map[string]any{"destination": "Status"}},
		{path: "spec.reconnect.link.type", value: "Gateway"},
		{path: "spec.reconnect.link", value: map[string]any{"proof": "None"}},
		{path: "spec.reconnect.link.title", value: "Prêt n° 17"},
		{path: "spec.reconnect", value: map[string]any{"link": map[string]any{"type": "Gateway", "destination": "Secret"}}},
		{path: "spec.reconnect.link.secretTemplate", value: absent{}},
		{path: "spec.reconnect", value: map[string]any{"onExpiry": "WaitForRequest"}},
		{path: "spec.reconnect", value: map[string]any{"onExpiry": "Reissue"}},
		{path: "spec.reconnect.maxReissues", value: int64(1)},
		{path: "spec.reconnect.maxReissues", value: int64(10)},
		{path: "spec.reconnect.deadline", value: "1h"},
		{path: "spec.reconnect.deadline", value: "8760h"},
		{path: "spec.sessionHandOff", value: map[string]any{"destination": "Secret"}},
		{path: "spec.reconnect", value: map[string]any{}},
		{path: "spec.reconnect.language", value: "en"},
		{path: "spec.reconnect.redirectURL", value: "https://a"},
		{path: "spec.reconnect.redirectURL", value: "HTTPS://App.Example.COM"},
		{path: "spec.reconnect.redirectURL", value: "https://[::1]:8443/linked"},
		{path: "spec.reconnect.redirectURL", value: "https://app.example.com?mail=a@b.example"},
		{path: "spec.reconnect.redirectURL", value: "https://app.example.com/@user#a@b"},
		{path: "spec.connect", value: map[string]any{}},
		{path: "spec.connect", value: absent{}},
		{path: "spec.connect.customerName", value: "Łódź & <fils>, 信用 بنك"},
		{path: "spec.connect.consent", value: "Shown"},
		{path: "spec.connect.theme", value: "Light"},
		{path: "spec.connect.backgroundColor", value: "#ABCDEF"},
		{path: "spec.connect.daysOfTransactions", value: "Days90"},
		{path: "spec.connect.accountSelector", value: map[string]any{}},
		{path: "spec.connect.accountSelector", value: map[string]any{"choice": "Single", "currency": "USD"}},
		{path: "spec.connect.institutionId", value: int64(1)},
		{path: "spec.deletionPolicy", value: "Delete"},
		{path: "spec.suspend", value: false},
		{path: "spec.loginIdSecretRef.key", value: "login_id.v1-A"},
	},
	flinksInstance: {
		{path: "spec.instance", value: "a"},
		{path: "spec.instance", value: "7--7"},
		{path: "spec.suspend", value: true},
		{path: "spec.suspend", value: false},
		{path: "spec.limits", value: map[string]any{}},
		{path: "spec.limits", value: map[string]any{"requestsPerSecond": int64(1), "burst": int64(2), "liveSessions": int64(1), "deletions": map[string]any{}}},
		{path: "spec.limits", value: map[string]any{"requestsPerSecond": int64(1000), "burst": int64(1000), "liveSessions": int64(1000)}},
		{path: "spec.limits.deletions", value: map[string]any{"count": int64(0), "percent": int64(0)}},
		{path: "spec.limits.deletions", value: map[string]any{"count": int64(1_000_000), "percent": int64(100)}},
		{path: "spec.retention", value: map[string]any{}},
		{path: "spec.retention", value: map[string]any{"data": "24h", "credentials": "87600h"}},
		{path: "spec.retention", value: map[string]any{"data": "87600h", "credentials": "24h"}},
		{path: "spec.connect", value: map[string]any{}},
		{path: "spec.connect", value: absent{}},
		{path: "spec.connect.form", value: "V2"},
		{path: "spec.connect", value: map[string]any{"form": "V2", "institutionId": int64(14)}},
		{path: "spec.connect", value: map[string]any{"form": "Classic"}},
		{path: "spec.connect.demo", value: "Shown"},
		{path: "spec.connect.demo", value: "Hidden"},
		{path: "spec.gateway", value: map[string]any{"url": "https://connect.example.com"}},
		{path: "spec.gateway.url", value: "https://connect.example.com/"},
		{path: "spec.gateway.url", value: "https://connect.example.com:8443"},
		{path: "spec.gateway.url", value: "https://[::1]:8443/"},
		{path: "spec.gateway.url", value: "https://a"},
		{path: "spec.gateway.url", value: "http://localhost:8091"},
		{path: "spec.gateway.url", value: "http://127.0.0.1/"},
		{path: "spec.gateway.displayName", value: "A"},
		{path: "spec.gateway.displayName", value: "Łódź & <fils>, 信用 بنك"},
		{path: "spec.gateway.page", value: map[string]any{}},
		{path: "spec.gateway.page", value: absent{}},
		{path: "spec.gateway.page", value: map[string]any{"support": map[string]any{}}},
		{path: "spec.gateway.page.accentColor", value: "#ABCDEF"},
		{path: "spec.gateway.page.support.email", value: "a@b.ca"},
		{path: "spec.gateway.page.support.email", value: "first.last+banks@help.example.co.uk"},
		{path: "spec.gateway.page.support.phone", value: "911"},
		{path: "spec.gateway.page.support.phone", value: "(514) 555-0100"},
		{path: "spec.gateway.page.support.url", value: "https://example.com/help?lang=fr#top"},
		{path: "spec.gateway.page.privacyURL", value: "https://example.com"},
		{path: "spec.gateway.linkLifetime", value: "1h"},
		{path: "spec.gateway.linkLifetime", value: "2160h"},
		{path: "spec.gateway.linkLifetime", value: "90m0.5s"},
	},
	refreshPolicy: {
		{path: "spec", value: map[string]any{"type": "Manual"}},
		{path: "spec", value: map[string]any{"type": "Nightly", "observeInterval": "144h"}},
		{path: "spec", value: map[string]any{"type": "Scheduled", "interval": "1h"}},
		{path: "spec", value: map[string]any{"type": "Scheduled", "interval": "8760h", "allowedWindows": []any{window("22:00", "06:00")}}},
		{path: "spec.allowedWindows", value: []any{window("00:00", "24:00")}},
		{path: "spec.schedule", value: "@hourly"},
		// That it never fires is said in its status.
		{path: "spec.schedule", value: "0 0 31 2 *"},
	},
	clusterFlinksInstance: {
		{path: "spec.allowedNamespaces.selector", value: map[string]any{}},
		{path: "spec.allowedNamespaces.selector.matchLabels", value: labels(16, 317, 63)},
		{path: "spec.allowedNamespaces.selector.matchLabels", value: map[string]any{"example.com/tier": ""}},
		expressions(16, "In", 317, 64, ""),
		expressions(16, "DoesNotExist", 317, 0, ""),
		{path: "spec.endpoints.api", value: "http://127.0.0.1:8090"},
		{path: "spec.endpoints.api", value: "https://flinks_proxy.flinks-system.svc/"},
	},
}

// policyWith returns a scheduled policy with another value.
func policyWith(field, value string) change {
	content := map[string]any{"type": "Scheduled", "interval": "24h"}
	content[field] = value
	return change{path: "spec.refreshPolicy", value: content}
}

func TestAcceptedValues(t *testing.T) {
	t.Parallel()
	s := start(t)
	for kind, changes := range acceptedValues {
		base := s.named(full(t, kind))
		for _, c := range changes {
			if _, err := s.create(t, with(t, base, c.path, c.value), metav1.DryRunAll); err != nil {
				t.Errorf("%s %s: %v", kind, c, err)
			}
		}
	}
}
