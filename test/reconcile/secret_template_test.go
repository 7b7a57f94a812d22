package reconcile

import (
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

func byGatewayInSecret(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{
		Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway, Destination: v1alpha1.LinkInSecret},
	}
}

// claimsOf returns what a link in a Secret says, which must be one that works.
func (h *harness) claimsOf(name string) link.Claims {
	h.t.Helper()
	s := h.secret(name)
	if s == nil {
		h.t.Fatalf("there is no Secret %s", name)
	}
	token, ok := strings.CutPrefix(string(s.Data["url"]), gatewayURL+"/c/")
	claims, err := linkKeys(h.t).Verify(h.clock.Now(), token)
	if !ok || err != nil || len(s.Data) != 2 || string(s.Data["expirationTime"]) != claims.Expires.UTC().Format(time.RFC3339) {
		h.t.Fatalf("the Secret holds a link that says %+v: %v", claims, err)
	}
	return claims
}

// TestGatewayLinkInSecret: the link to the gateway is in the Secret alone, the newest one,
// and gone once the customer does not have to act any more.
func TestGatewayLinkInSecret(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createConnection("acme", byGatewayInSecret)
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True ConnectRequired", "SecretNotDelivered=")
	c := h.get("acme")
	if l := c.Status.Reconnect.Link; l.URL != "" || l.SecretName != linkSecret || l.Type != v1alpha1.LinkGateway {
		t.Errorf("link: %+v", l)
	}
	assertOwned(t, h.secret(linkSecret), c)
	first := h.claimsOf(linkSecret)
	if first.Purpose != link.Connect || !first.Issued.Equal(c.Status.Reconnect.Link.IssueTime.Time) {
		t.Errorf("the link says %+v", first)
	}
	if told := h.drainEvents(); strings.Count(told, v1alpha1.ReasonLinkIssued) != 1 || strings.Contains(told, "http") {
		t.Errorf("events: %s", told)
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
	})
	h.run(2 * time.Second)
	if second := h.claimsOf(linkSecret); !second.Issued.After(first.Issued) {
		t.Errorf("%+v after %+v", second, first)
	}
	h.effects.names = nil
	h.run(24 * time.Hour)
	if len(h.effects.names) != 0 {
		t.Errorf("a day of waiting costs %v", h.effects.names)
	}
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"},
		Data:       map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))},
	})
	h.finish()
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	if st := h.get("acme").Status; h.secret(linkSecret) != nil || st.Internal.LinkSecretName != "" {
		t.Errorf("the link is still there: %+v", st.Internal)
	}
}

// TestGatewayLinkMoves: what a link leads to and where it is can change while the customer
// has to act. Nothing is left of the one before.
func TestGatewayLinkMoves(t *testing.T) {
	t.Parallel()
	none := func(c *v1alpha1.BankConnection) { c.Spec.Reconnect = nil }
	for name, tt := range map[string]struct {
		from, to func(*v1alpha1.BankConnection)
		inStatus bool
		inSecret bool
	}{
		"from the Secret to the status":    {byGatewayInSecret, byGateway, true, false},
		"from the status to the Secret":    {byGateway, byGatewayInSecret, false, true},
		"from the gateway to a direct one": {byGatewayInSecret, inSecret, false, false},
		"to the default":                   {byGatewayInSecret, none, true, false},
		"from a direct one to the gateway": {inSecret, byGatewayInSecret, false, true},
		"from a direct one to its status":  {inSecret, byGateway, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			h.ask(tt.from)
			h.run(10 * time.Minute)
			h.edit("acme", tt.to)
			h.run(time.Minute)
			l := h.get("acme").Status.Reconnect.Link
			if (l.URL != "") != tt.inStatus || (l.SecretName != "") != tt.inSecret || (h.secret(linkSecret) != nil) != tt.inSecret {
				t.Errorf("link: %+v, in the Secret: %v", l, h.secret(linkSecret) != nil)
			}
			if tt.inSecret {
				h.claimsOf(linkSecret)
			}
			h.assertHandoutsKnown()
		})
	}
}

// TestSecretTemplates: name and labels of a Secret that the operator writes can be given.
// A Secret of the name before is deleted.
func TestSecretTemplates(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	template := func(name string) *v1alpha1.SecretTemplate {
		return &v1alpha1.SecretTemplate{Name: name, Labels: v1alpha1.SecretLabels{"team": "payments"}}
	}
	given := func(link, session string) func(*v1alpha1.BankConnection) {
		return func(c *v1alpha1.BankConnection) {
			byGatewayInSecret(c)
			c.Spec.Reconnect.Link.SecretTemplate = template(link)
			handOff(c)
			c.Spec.SessionHandOff.SecretTemplate = template(session)
		}
	}
	h.connect("acme", h.seed("greatday_nomfa"), given("my-link", "my-session"))
	h.run(time.Hour)
	h.request("acme", "1")
	h.run(2 * time.Minute)
	h.assertTemplate("my-session", v1alpha1.PurposeSession)
	h.edit("acme", given("other-link", "other-session"))
	h.run(time.Minute)
	h.assertTemplate("other-session", v1alpha1.PurposeSession)
	if got := h.get("acme").Status.Session.SecretName; h.secret("my-session") != nil || got != "other-session" {
		t.Errorf("the status names %s", got)
	}

	unlinked := newGatewayHarness(t)
	unlinked.createConnection("acme", given("my-link", "my-session"))
	unlinked.run(time.Minute)
	unlinked.assertTemplate("my-link", v1alpha1.PurposeLink)
	unlinked.edit("acme", given("other-link", "other-session"))
	unlinked.run(time.Minute)
	unlinked.assertTemplate("other-link", v1alpha1.PurposeLink)
	unlinked.claimsOf("other-link")
	if unlinked.secret("my-link") != nil {
		t.Error("the Secret of the name before is still there")
	}
}

func (h *harness) assertTemplate(name, purpose string) {
	h.t.Helper()
	s := h.secret(name)
	if s == nil {
		h.t.Fatalf("there is no Secret %s", name)
	}
	assertOwned(h.t, s, h.get("acme"))
	want := map[string]string{"team": "payments", "app.kubernetes.io/managed-by": "flinks-operator", v1alpha1.PurposeLabel: purpose}
	if !maps.Equal(s.Labels, want) {
		h.t.Errorf("labels of %s: %v", name, s.Labels)
	}
}

// TestNameInAStatusProvesNothing: the operator deletes no Secret of another purpose because
// a status names it.
func TestNameInAStatusProvesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	c := h.get("acme")
	mine := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: h.namespace, Name: "precious", Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLogin},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(c, v1alpha1.GroupVersion.WithKind("BankConnection"))},
		},
		StringData: map[string]string{"loginId": "x"},
	}
	h.create(mine)
	c.Status.Internal.LinkSecretName = mine.Name
	c.Status.Session = &v1alpha1.SessionStatus{SecretName: mine.Name}
	if err := h.live.Status().Update(h.ctx(), c); err != nil {
		t.Fatal(err)
	}
	h.run(27 * time.Hour) // An observe is due after 24 h and a tenth at most.
	if h.secret(mine.Name) == nil {
		t.Error("the Secret was deleted")
	}
	if st := h.get("acme").Status; st.Internal.LinkSecretName != "" || st.Session != nil {
		t.Errorf("the status still names it: %+v, %+v", st.Internal, st.Session)
	}
}

// TestSecretsOfARestore: a restored backup has no owner references. The operator takes its
// own Secrets over; one that says nothing of the operator it leaves alone.
func TestSecretsOfARestore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		labels map[string]string
		taken  bool
	}{
		"of the operator": {map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLink, "app.kubernetes.io/managed-by": "flinks-operator"}, true},
		"of another purpose": {
			map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLogin, "app.kubernetes.io/managed-by": "flinks-operator"}, false,
		},
		"without a purpose": {map[string]string{"app.kubernetes.io/managed-by": "flinks-operator"}, false},
		"without its name":  {map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLink}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: linkSecret, Labels: tt.labels}})
			h.ask(inSecret)
			if !tt.taken {
				h.expect("acme", "SecretNotDelivered=True SecretNotOwned")
				return
			}
			h.expect("acme", "SecretNotDelivered=")
			assertOwned(t, h.secret(linkSecret), h.get("acme"))
		})
	}
}
