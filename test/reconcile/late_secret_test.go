package reconcile

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// beforeLinkSecret runs once, ahead of the next look at the Secret with a link.
func (h *harness) beforeLinkSecret(do func()) {
	h.effects.beforeRead = func() {
		if reads := h.effects.reads; strings.HasPrefix(reads[len(reads)-1], "metadata") {
			h.effects.beforeRead = nil
			do()
		}
	}
}

const newerLink = "newer"

// deliverElsewhere does what another process does that delivers a newer link of acme.
func (h *harness) deliverElsewhere() {
	h.t.Helper()
	c := h.get("acme")
	st := c.Status.DeepCopy()
	issued := metav1.NewTime(h.clock.Now().Truncate(time.Second).Add(time.Second))
	expires := metav1.NewTime(issued.Add(time.Hour))
	if st.Reconnect == nil {
		st.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonQuestionUnanswered, StartTime: &issued}
	}
	st.Reconnect.Link.Type, st.Reconnect.Link.SecretName = v1alpha1.LinkGateway, linkSecret
	st.Reconnect.Link.IssueTime, st.Reconnect.Link.ExpirationTime = &issued, &expires
	st.Internal.LinkSecretName = linkSecret
	s := h.secret(linkSecret)
	isNew := s == nil
	if isNew {
		s = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: h.namespace, Name: linkSecret, OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(c, v1alpha1.GroupVersion.WithKind("BankConnection"))},
			Labels: map[string]string{"app.kubernetes.io/managed-by": "flinks-operator", v1alpha1.PurposeLabel: v1alpha1.PurposeLink},
		}}
	}
	s.Data = map[string][]byte{"url": []byte(newerLink)}
	if isNew {
		h.create(s)
	} else {
		h.update(s)
	}
	h.putStatus("acme", *st)
}

// TestNewerLinkStays: a process that decided from an old object neither replaces nor deletes the Secret
// with a newer link.
func TestNewerLinkStays(t *testing.T) {
	t.Parallel()
	link := func(h *harness) { h.createConnection("acme", byGatewayInSecret) }
	for name, decide := range map[string]func(h *harness){
		"the first is to be delivered": link,
		"another is to be delivered": func(h *harness) {
			link(h)
			h.run(time.Minute)
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
			})
		},
		"it is to be deleted": func(h *harness) {
			link(h)
			h.run(time.Minute)
			h.create(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"},
				Data:       map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))},
			})
			h.finish()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			decide(h)
			delivered := false
			h.beforeLinkSecret(func() { h.deliverElsewhere(); delivered = true })
			h.runUntil(time.Minute, func() bool { return delivered })
			if s := h.secret(linkSecret); !delivered || s == nil || string(s.Data["url"]) != newerLink {
				t.Errorf("delivered: %v; the Secret is %+v", delivered, s)
			}
		})
	}
}

// TestLinkThatNoStatusTellsOf: a process that was frozen creates a Secret after another process ended
// its link. No status names the Secret any more, and the process that created it deletes it.
func TestLinkThatNoStatusTellsOf(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createConnection("acme", byGatewayInSecret)
	h.effects.before = func(effect string) {
		if effect != "create Secret" {
			return
		}
		h.effects.before = nil
		h.edit("acme", byGateway)
		st := h.get("acme").Status
		st.Internal.LinkSecretName = ""
		h.putStatus("acme", st)
	}
	h.run(time.Hour)
	if st := h.get("acme").Status; h.effects.before != nil || st.Reconnect == nil || st.Reconnect.Link.URL == "" || h.secret(linkSecret) != nil {
		t.Errorf("the Secret is still there: %+v", st.Reconnect)
	}
}

// TestLinkOfABackup: a restore brings back a Secret with a link, without its owner and the status that
// announced it. The operator deletes it when it binds the login.
func TestLinkOfABackup(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	restored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: h.namespace, Name: linkSecret,
		Labels: map[string]string{"app.kubernetes.io/managed-by": "flinks-operator", v1alpha1.PurposeLabel: v1alpha1.PurposeLink},
	}}
	h.create(restored)
	h.connect("acme", h.seed("greatday_nomfa"), inSecret)
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "SecretNotDelivered=")
	if st := h.get("acme").Status; h.secret(linkSecret) != nil || st.Internal.LinkSecretName != "" {
		t.Errorf("the Secret is still there, announced as %q", st.Internal.LinkSecretName)
	}
}
