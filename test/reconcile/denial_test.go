package reconcile

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	registration "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// denySecretUpdates registers an admission webhook that denies every update of a Secret in
// the namespace with a status; 0 leaves that to the API server. It returns what takes it
// away again.
func (h *harness) denySecretUpdates(status int32) (allow func()) {
	h.t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID}
		if status != 0 {
			review.Response.Result = &metav1.Status{Code: status}
		}
		_ = json.NewEncoder(w).Encode(review)
	}))
	h.t.Cleanup(server.Close)
	webhooks, err := registration.NewForConfig(testenv.Start(h.t).Config)
	if err != nil {
		h.t.Fatal(err)
	}
	configuration := webhookOf(h.namespace, server)
	if _, err := webhooks.ValidatingWebhookConfigurations().Create(h.ctx(), configuration, metav1.CreateOptions{}); err != nil {
		h.t.Fatal(err)
	}
	h.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "probe"}})
	h.await(func(ctx context.Context) (bool, error) { return h.updateProbe(ctx) != nil, nil })
	stop := func() {
		_ = webhooks.ValidatingWebhookConfigurations().Delete(context.WithoutCancel(h.ctx()), h.namespace, metav1.DeleteOptions{})
	}
	h.t.Cleanup(stop)
	return func() {
		stop()
		h.await(func(ctx context.Context) (bool, error) { return h.updateProbe(ctx) == nil, nil })
	}
}

// updateProbe finds out whether the API server denies updates by now.
func (h *harness) updateProbe(ctx context.Context) error {
	patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"probe":"1"}}}`))
	probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "probe"}}
	return h.live.Patch(ctx, probe, patch, client.DryRunAll)
}

func webhookOf(namespace string, server *httptest.Server) *registrationv1.ValidatingWebhookConfiguration {
	url := server.URL
	return &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name: "deny.example.com",
			ClientConfig: registrationv1.WebhookClientConfig{
				URL:      &url,
				CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Update},
				Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
			}},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			SideEffects:             new(registrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
}

// TestDenialOfTheHold: an admission webhook that denies the finalizer on the Secret, with
// whatever status, keeps neither the login from being read nor the object from going.
func TestDenialOfTheHold(t *testing.T) {
	t.Parallel()
	for _, status := range []int32{0, 400, 403, 418, 422, 451} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			h := newHarness(t)
			h.denySecretUpdates(status)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login)
			h.run(time.Minute)
			h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=True SecretFinalizerForbidden")
			h.delete("acme")
			h.run(time.Minute)
			h.expectGone("acme")
			h.expectDeleted(login, true)
		})
	}
}

// TestDenialOfLettingGo: the same webhook comes later, and the finalizer stays on the
// Secret; an event says so.
func TestDenialOfLettingGo(t *testing.T) {
	t.Parallel()
	for _, status := range []int32{0, 418, 451} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login)
			h.run(time.Minute)
			h.expectHeld("acme-login", true)
			allow := h.denySecretUpdates(status)
			h.delete("acme")
			h.run(time.Minute)
			h.expectGone("acme")
			h.expectDeleted(login, true)
			h.expectHeld("acme-login", true)
			if !strings.Contains(h.eventsSoFar(), "remove it by hand") {
				t.Error("no event tells of the finalizer that stays")
			}
			allow()
			h.discard(h.secret("acme-login"))
		})
	}
}

// TestUnavailableWebhookIsWaitedFor: a status that does not speak of this write is no
// denial, and the hold is taken when it can be.
func TestUnavailableWebhookIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, status := range []int32{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			h := newHarness(t)
			allow := h.denySecretUpdates(status)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(30 * time.Second)
			h.expect("acme", "Ready=", "SecretUnprotected=")
			allow()
			h.run(time.Minute)
			h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=")
			h.expectHeld("acme-login", true)
		})
	}
}
