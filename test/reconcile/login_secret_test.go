package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// linkedSecret makes a Secret as the operator makes it for logins that customers linked.
func (h *harness) linkedSecret(name string, logins map[string]string) {
	h.t.Helper()
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name, Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLogin}},
		StringData: logins,
	}
	h.create(s)
}

// TestLinkedSecretOfTwoLogins goes with the last of its connections.
func TestLinkedSecretOfTwoLogins(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	mine, theirs := h.seed("greatday_nomfa"), h.seed("greatday_nomfa+2")
	h.linkedSecret("shared", map[string]string{"mine": mine, "theirs": theirs})
	h.createConnection("acme", func(c *v1alpha1.BankConnection) {
		c.Spec.LoginIDSecretRef = v1alpha1.LoginIDSecretReference{Name: "shared", Key: "mine"}
	})
	h.createConnection("beta", func(c *v1alpha1.BankConnection) {
		c.Spec.LoginIDSecretRef = v1alpha1.LoginIDSecretReference{Name: "shared", Key: "theirs"}
	})
	h.run(time.Minute)
	h.delete("acme")
	h.run(time.Minute)
	h.expectDeleted(mine, true)
	if s := h.secret("shared"); len(s.OwnerReferences) != 0 || len(s.Finalizers) != 1 {
		t.Errorf("after the first: %v", s.ObjectMeta)
	}
	uid := h.get("beta").UID
	h.delete("beta")
	h.run(time.Minute)
	h.expectDeleted(theirs, true)
	if s := h.secret("shared"); len(s.OwnerReferences) != 1 || s.OwnerReferences[0].UID != uid || len(s.Finalizers) != 0 {
		t.Errorf("after the last: %v", s.ObjectMeta)
	}
}

// TestLinkedSecretThatCannotBeGivenAway stays, and the deletion does not wait for it.
func TestLinkedSecretThatCannotBeGivenAway(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.linkedSecret("acme-login", map[string]string{"loginId": login})
	h.createConnection("acme")
	h.run(time.Minute)
	h.effects.holdsForbidden = true
	h.delete("acme")
	h.run(time.Hour)
	h.expectDeleted(login, true)
	h.expectGone("acme")
	if s := h.secret("acme-login"); s == nil || len(s.OwnerReferences) != 0 {
		t.Error("the Secret is not as it was")
	}
}

// TestSecretOfTheApplicationStays: the operator gives no Secret away that it did not create.
func TestSecretOfTheApplicationStays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.delete("acme")
	h.run(time.Hour)
	h.expectDeleted(login, true)
	if s := h.secret("acme-login"); s == nil || len(s.OwnerReferences) != 0 {
		t.Error("the Secret is not as it was")
	}
}
