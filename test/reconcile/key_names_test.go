package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// otherNames are keys of a Secret that another program writes.
var otherNames = v1alpha1.CredentialKeys{
	SecretKey: "FLINKS_SECRET", APIKey: "flinks.api-key", BearerToken: "bearer", WebhookKey: "hmac", PreviousWebhookKey: "hmac.old",
}

// TestKeyNames: an instance of either kind reads its keys under the names of the spec, and
// no others.
func TestKeyNames(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	keys := h.sim.Credentials()
	data := map[string][]byte{
		otherNames.SecretKey: []byte(keys.SecretKey), otherNames.APIKey: []byte(keys.APIKey),
		"secretKey": []byte("the-wrong-secret"), "apiKey": []byte("the-wrong-api-key"),
		otherNames.WebhookKey: []byte(webhookKey), otherNames.PreviousWebhookKey: []byte(previousWebhookKey),
		"webhookKey": []byte("another-webhook-key"),
	}
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
		i.Spec.CredentialsSecretRef.Keys = otherNames
		i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL}
		s.Data = data
	})
	h.probe()
	if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted {
		t.Errorf("the instance is %s", got)
	}
	v, _ := h.webhooks()
	found, err := v.WebhookKeys(h.ctx(), h.ofInstance())
	if err != nil || len(found) != 2 || found[0].Reveal() != webhookKey || found[1].Reveal() != previousWebhookKey {
		t.Errorf("%d keys for webhooks, %v", len(found), err)
	}
	h.createOwnInstance(func(i *v1alpha1.FlinksInstance) {
		i.Spec.CredentialsSecretRef = v1alpha1.LocalSecretReference{Name: "keys", Keys: otherNames}
	})
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	h.delete("acme")
	h.run(10 * time.Minute)
	h.expectDeleted(login, true)
}

// TestOtherKeyNamesAreProbed: what was found of the keys under other names says nothing of
// those that the spec names now, and no connection calls with them before they are tried.
func TestOtherKeyNamesAreProbed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.CredentialKeys){
		"secretKey": func(k *v1alpha1.CredentialKeys) { k.SecretKey = "other" },
		"apiKey":    func(k *v1alpha1.CredentialKeys) { k.APIKey = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			i := h.theInstance()
			change(&i.Spec.CredentialsSecretRef.Keys)
			h.update(i)
			h.request("acme", "1")
			before := len(h.sim.Journal())
			h.run(10 * time.Second)
			if calls := h.sim.Journal()[before:]; len(calls) != 0 {
				t.Errorf("calls before a probe: %v", calls)
			}
			h.probe()
			if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsNotFound {
				t.Errorf("the instance is %s", got)
			}
		})
	}
}

// TestDefaultKeyNames: a default, written down, is no other one, so that nothing is
// tried again.
func TestDefaultKeyNames(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	was := h.theInstance().Status.ProbedFingerprint
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.CredentialsSecretRef.Keys = v1alpha1.CredentialKeys{SecretKey: "secretKey", APIKey: "apiKey"}
	})
	if got := h.theInstance().Status.ProbedFingerprint; got != was {
		t.Errorf("fingerprint %q, was %q", got, was)
	}
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
}
