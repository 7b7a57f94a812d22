package apivalidation

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// bound is the greatest size of a field: one more is rejected.
type bound struct {
	kinds []string
	path  string
	most  int
	value func(size int) any
}

var (
	onlyConnections      = []string{bankConnection}
	onlyPolicies         = []string{refreshPolicy}
	withPolicy           = []string{bankConnection, flinksInstance, clusterFlinksInstance}
	onlyInstances        = []string{flinksInstance, clusterFlinksInstance}
	withConnect          = withPolicy
	onlyClusterInstances = []string{clusterFlinksInstance}
)

var bounds = []bound{
	{onlyConnections, "spec.instanceRef.name", 253, text("a")},
	{onlyConnections, "spec.loginIdSecretRef.name", 253, text("a")},
	{onlyConnections, "spec.loginIdSecretRef.key", 253, text("K")},
	{onlyConnections, "spec.reconnect.redirectURL", 1024, text("https://app.example.com/", "a")},
	{onlyConnections, "spec.reconnect.accountIds", 100, guids},
	{onlyInstances, "spec.instance", 40, text("a")},
	{onlyInstances, "spec.customerId", 36, text("0f6c4d2a-9e0b-4c53-8a41-", "0")},
	{onlyInstances, "spec.credentialsSecretRef.name", 253, text("a")},
	{onlyInstances, "spec.credentialsSecretRef.keys.secretKey", 253, text("K")},
	{onlyInstances, "spec.credentialsSecretRef.keys.apiKey", 253, text("K")},
	{onlyInstances, "spec.credentialsSecretRef.keys.bearerToken", 253, text("K")},
	{onlyInstances, "spec.credentialsSecretRef.keys.webhookKey", 253, text("K")},
	{onlyInstances, "spec.credentialsSecretRef.keys.previousWebhookKey", 253, text("K")},
	{onlyClusterInstances, "spec.credentialsSecretRef.namespace", 63, text("a")},
	{onlyClusterInstances, "spec.proxy.url", 268, text("https://", "a")},
	{onlyClusterInstances, "spec.endpoints.api", 268, text("https://", "a")},
	{onlyClusterInstances, "spec.endpoints.connect", 268, text("http://", "a")},
	{[]string{bankConnection, flinksInstance}, "spec.refreshPolicy.interval", 32, text("1h", "s", "0")},
	{onlyClusterInstances, "spec.refreshPolicy.schedule", 128, text("0 9 * * 1", "0")},
	{onlyClusterInstances, "spec.refreshPolicy.timeZone", 64, text("America/", "a")},
	{onlyClusterInstances, "spec.refreshPolicy.allowedWindows", 14, list(window("09:00", "21:00"))},
	{withPolicy, "spec.refreshPolicy.observeInterval", 32, text("1h", "s", "0")},
	{withPolicy, "spec.refreshPolicy.maxDataAge", 32, text("1h", "s", "0")},
	{onlyPolicies, "spec.schedule", 128, text("0 9 * * 1", "0")},
	{onlyPolicies, "spec.timeZone", 64, text("America/", "a")},
	{onlyPolicies, "spec.allowedWindows", 14, list(window("09:00", "21:00"))},
	{onlyPolicies, "spec.observeInterval", 32, text("1h", "s", "0")},
	{onlyPolicies, "spec.maxDataAge", 32, text("1h", "s", "0")},
	{onlyConnections, "spec.reconnect.deadline", 32, text("1h", "s", "0")},
	{onlyInstances, "spec.retention.data", 32, text("24h", "s", "0")},
	{onlyInstances, "spec.retention.credentials", 32, text("24h", "s", "0")},
	{withConnect, "spec.connect.customerName", 64, text("é")},
	{withConnect, "spec.connect.consentText", 100, text("é")},
	{withConnect, "spec.connect.termsURL", 512, text("https://acme.example.com/", "a")},
	{onlyInstances, "spec.gateway.url", 268, text("https://", "a")},
	{onlyInstances, "spec.gateway.displayName", 64, text("é")},
	{onlyInstances, "spec.gateway.page.logoConfigMapRef.name", 253, text("a")},
	{onlyInstances, "spec.gateway.page.logoConfigMapRef.key", 253, text("K")},
	{onlyInstances, "spec.gateway.page.accentColor", 7, text("#", "0")},
	{onlyInstances, "spec.gateway.page.support.email", 128, text("a", "@example.com", "a")},
	{onlyInstances, "spec.gateway.page.support.phone", 32, text("+", "0", "1")},
	{onlyInstances, "spec.gateway.page.support.url", 512, text("https://example.com/", "a")},
	{onlyInstances, "spec.gateway.page.privacyURL", 512, text("https://example.com/", "a")},
	{onlyConnections, "spec.reconnect.link.title", 100, text("é")},
	{onlyConnections, "spec.reconnect.link.application.url", 1024, text("https://app.example.com/", "a")},
	{onlyConnections, "spec.reconnect.link.application.keySecretRef.name", 253, text("a")},
	{onlyConnections, "status.internal.linkUse.challenge", 43, text("a")},
	{onlyInstances, "spec.gateway.linkLifetime", 32, text("1h", "s", "0")},

	{onlyConnections, "status.binding.secretName", 253, text("a")},
	{onlyConnections, "status.reconnect.link.secretName", 253, text("a")},
	{onlyConnections, "status.session.secretName", 253, text("a")},
	{onlyConnections, "status.internal.linkSecretName", 253, text("a")},
	{onlyConnections, "spec.reconnect.link.secretTemplate.name", 253, text("a")},
	{onlyConnections, "spec.sessionHandOff.secretTemplate.name", 253, text("b")},
	{onlyConnections, "spec.loginIdSecretTemplate.labels.team", 63, text("a")},
	{onlyConnections, "status.supersededLogins", 10, list(map[string]any{
		"loginFingerprint": strings.Repeat("0", 32), "supersededTime": "2026-03-01T12:00:00Z",
	})},
	{onlyConnections, "status.refreshPolicy.interval", 32, text("1h", "s", "0")},
	{onlyConnections, "status.refreshPolicy.observeInterval", 32, text("1h", "s", "0")},
	{onlyConnections, "status.refreshPolicy.maxDataAge", 32, text("1h", "s", "0")},
	{onlyConnections, "status.refreshPolicy.schedule", 128, text("a")},
	{onlyConnections, "status.refreshPolicy.timeZone", 64, text("a")},
	{onlyConnections, "status.institution", 64, text("é")},
	{onlyConnections, "status.binding.instance", 40, text("a")},
	{onlyConnections, "status.binding.customerId", 36, text("0")},
	{onlyConnections, "status.binding.loginFingerprint", 32, text("0")},
	{onlyConnections, "status.internal.nonce", 32, text("0")},
	{onlyConnections, "status.internal.unattendedTimes", 3, list("2026-03-01T08:00:00Z")},
	{onlyConnections, "status.internal.attendedTimes", 5, list("2026-03-01T08:00:00Z")},
	{onlyConnections, "status.refresh.lastResult.flinksCode", 64, text("A")},
	{onlyConnections, "status.reconnect.link.url", 16384, text("https://toolbox-iframe.private.fin.ag/v2/?", "a")},
	{onlyConnections, "status.reconnect.reason", 64, text("A")},
	{onlyConnections, "status.reconnect.question.challengeTypes", 16, list("QuestionAndAnswer")},
	{onlyConnections, "status.reconnect.link.request", 64, text("é")},
	{onlyConnections, "status.internal.sealedSession", 256, text("a")},
	{onlyConnections, "status.internal.gatewayRequest.reason", 64, text("A")},
	{onlyConnections, "status.accounts", 100, accounts},
	{onlyConnections, "status.lastHandledRequest.value", 64, text("é")},
	{onlyConnections, "status.lastHandledRequest.reason", 64, text("A")},
	{onlyConnections, "status.lastHandledSessionRequest.value", 64, text("é")},
	{onlyConnections, "status.lastHandledSessionRequest.reason", 64, text("A")},
	{onlyConnections, "status.lastError.code", 64, text("A")},
	{onlyConnections, "status.lastError.class", 16, text("a")},
	{onlyConnections, "status.lastError.remedy", 512, text("é")},
	{kinds, "status.conditions", 16, conditions},
}

func TestBounds(t *testing.T) {
	t.Parallel()
	s := start(t)
	seen := map[string]*unstructured.Unstructured{}
	for _, kind := range kinds {
		seen[kind] = s.seen(t, kind)
	}
	for _, b := range bounds {
		for _, kind := range b.kinds {
			t.Run(kind+"/"+b.path, func(t *testing.T) {
				t.Parallel()
				base, writes := s.named(full(t, kind)), map[string]write{"create": s.create, "apply": s.apply}
				if strings.HasPrefix(b.path, "status.") {
					base, writes = seen[kind], map[string]write{"update": s.updateStatus, "apply": s.applyStatus}
				}
				expectBound(t, b, base, writes)
			})
		}
	}
}

func expectBound(t *testing.T, b bound, base *unstructured.Unstructured, writes map[string]write) {
	t.Helper()
	atMost := change{path: b.path, value: b.value(b.most)}
	tooMuch := change{path: b.path, value: b.value(b.most + 1), says: fmt.Sprint(b.most)}
	for verb, write := range writes {
		if _, err := write(t, with(t, base, atMost.path, atMost.value), metav1.DryRunAll); err != nil {
			t.Errorf("%s with the size %d: %v", verb, b.most, err)
		}
		_, err := write(t, with(t, base, tooMuch.path, tooMuch.value), metav1.DryRunAll)
		expectComplaint(t, verb, tooMuch, err)
	}
}

// text makes strings of a size out of a beginning, a part that is repeated, and perhaps an end.
func text(parts ...string) func(int) any {
	begin, end, fill := "", "", parts[len(parts)-1]
	switch len(parts) {
	case 2:
		begin = parts[0]
	case 3:
		begin, end = parts[0], parts[1]
	}
	return func(size int) any {
		return begin + strings.Repeat(fill, size-len(begin)-len(end)) + end
	}
}

func list(item any) func(int) any {
	return func(size int) any { return repeated(item, size) }
}

func repeated(value any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = value
	}
	return list
}

func guids(n int) any {
	list := make([]any, n)
	for i := range list {
		list[i] = fmt.Sprintf("0f6c4d2a-9e0b-4c53-8a41-%012d", i)
	}
	return list
}

func accounts(n int) any {
	list := guids(n).([]any)
	for i := range list {
		list[i] = map[string]any{"id": list[i], "type": "Chequing", "currency": "CAD"}
	}
	return list
}

func conditions(n int) any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{
			"type": fmt.Sprintf("Type%d", i), "status": "True", "reason": "Reason", "message": "",
			"lastTransitionTime": "2026-03-01T08:00:00Z",
		}
	}
	return list
}
