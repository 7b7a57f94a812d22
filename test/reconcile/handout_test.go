package reconcile

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const (
	linkSecret    = "acme-reconnect"
	sessionSecret = "acme-session"
)

func inSecret(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkDirect, Destination: v1alpha1.LinkInSecret}}
}

// ask lets a bank ask the person of a connection something, and lets the operator
// hand out the link.
func (h *harness) ask(change ...func(*v1alpha1.BankConnection)) (login string) {
	h.t.Helper()
	login = h.seed("Greatday")
	h.connect("acme", login, change...)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Second)
	// AuthorizeAsync tells of the question later.
	h.runUntil(2*time.Minute, func() bool { return h.get("acme").Status.Refresh.State != v1alpha1.RefreshDispatched })
	h.expect("acme", "UserActionRequired=True MFARequired")
	return login
}

func (h *harness) answer(link string) {
	h.t.Helper()
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(h.ctx(), link); err != nil {
		h.t.Fatalf("answering in Connect: %v", err)
	}
}

// TestLinkInSecret: the link is complete, in the Secret alone, and gone once it was
// used.
func TestLinkInSecret(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask(inSecret)
	c := h.get("acme")
	if r := c.Status.Reconnect; r.Link.URL != "" || r.Link.SecretName != linkSecret {
		t.Errorf("reconnect: %+v", r)
	}
	s := h.secret(linkSecret)
	if s == nil {
		t.Fatal("there is no Secret")
	}
	assertOwned(t, s, c)
	assertLink(t, s, c.Status.Reconnect)
	h.answer(string(s.Data["url"]))
	h.run(3 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired, "SecretNotDelivered=")
	if h.secret(linkSecret) != nil || h.get("acme").Status.Internal.LinkSecretName != "" {
		t.Error("the link is still there")
	}
}

func assertOwned(t *testing.T, s *corev1.Secret, c *v1alpha1.BankConnection) {
	t.Helper()
	if s.Type != corev1.SecretTypeOpaque || s.Labels["app.kubernetes.io/managed-by"] != "flinks-operator" || !metav1.IsControlledBy(s, c) {
		t.Errorf("Secret: %+v", s.ObjectMeta)
	}
	if owner := metav1.GetControllerOf(s); owner.BlockOwnerDeletion != nil && *owner.BlockOwnerDeletion {
		t.Error("the Secret blocks its owner")
	}
}

func assertLink(t *testing.T, s *corev1.Secret, want *v1alpha1.ReconnectStatus) {
	t.Helper()
	link, err := url.Parse(string(s.Data["url"]))
	if err != nil || link.Query().Get("requestId") == "" || link.Query().Get("authorizeToken") == "" {
		t.Errorf("link: %v", err)
	}
	if got := string(s.Data["expirationTime"]); got != want.Question.ExpirationTime.UTC().Format(time.RFC3339) {
		t.Errorf("it expires at %s", got)
	}
	if len(s.Data) != 2 {
		t.Errorf("it has %d keys", len(s.Data))
	}
}

// TestLinkInSecretExpires: it is gone before its session is.
func TestLinkInSecretExpires(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask(inSecret)
	asked := h.clock.Now()
	if !h.runUntil(time.Hour, func() bool { return h.secret(linkSecret) == nil }) {
		t.Fatal("the link is still there")
	}
	if d := h.clock.Since(asked); d < 7*time.Minute || d > 8*time.Minute {
		t.Errorf("it is gone after %v", d)
	}
	h.run(time.Second)
	h.expect("acme", "UserActionRequired=True LinkExpired")
	h.effects.names, h.effects.reads = nil, nil
	h.run(48 * time.Hour)
	if slices.Contains(h.effects.names, "delete PartialObjectMetadata") || slices.ContainsFunc(h.effects.reads, func(r string) bool { return strings.HasPrefix(r, "metadata") }) {
		t.Errorf("it is deleted again: %v, %v", h.effects.names, h.effects.reads)
	}
}

// TestLinkOfAFrozenProcess: an answer that is read long after it came opens no session any
// more, so no link to it is handed out. That the bank asked is on record.
func TestLinkOfAFrozenProcess(t *testing.T) {
	t.Parallel()
	for name, delivery := range map[string]func(*v1alpha1.BankConnection){"in the status": func(*v1alpha1.BankConnection) {}, "in a Secret": inSecret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("Greatday"), delivery)
			h.run(time.Minute)
			h.request("acme", "1")
			h.effects.after = func(effect string) {
				if effect == "call Authorize" {
					h.effects.after = nil
					h.clock.SetTime(h.clock.Now().Add(15 * time.Minute))
				}
			}
			h.run(time.Second)
			h.expect("acme", "UserActionRequired=True LinkExpired")
			if r := h.get("acme").Status.Reconnect; r == nil || r.Link.URL != "" || r.Link.SecretName != "" || h.secret(linkSecret) != nil {
				t.Errorf("a link was handed out: %+v", r)
			}
		})
	}
}

// TestSecretOfAnotherOwner: it is never read, changed or deleted.
func TestSecretOfAnotherOwner(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, name := range []string{linkSecret, sessionSecret} {
		h.create(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name},
			Data:       map[string][]byte{"url": []byte("https://example.com/theirs")},
		})
	}
	before := []*corev1.Secret{h.secret(linkSecret), h.secret(sessionSecret)}
	login := h.ask(inSecret, handOff)
	h.expect("acme", "SecretNotDelivered=True SecretNotOwned", "Ready=True UserActionRequired")
	if r := h.get("acme").Status.Reconnect; r.Link.SecretName != "" || r.Link.URL != "" {
		t.Errorf("reconnect: %+v", r)
	}
	if err := h.sim.CompleteMFA(login); err != nil {
		t.Fatal(err)
	}
	h.run(10 * time.Minute)
	h.expect("acme", "SecretNotDelivered=True SecretNotOwned", "Ready=True Refreshed")
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect, c.Spec.SessionHandOff = nil, nil })
	h.run(10 * time.Minute)
	h.expect("acme", "SecretNotDelivered=")
	h.delete("acme")
	h.run(time.Minute)
	for _, was := range before {
		if is := h.secret(was.Name); is == nil || is.ResourceVersion != was.ResourceVersion {
			t.Errorf("%s was touched", was.Name)
		}
		if slices.Contains(h.effects.reads, "Secret "+h.namespace+"/"+was.Name) {
			t.Errorf("%s was read", was.Name)
		}
	}
}

// TestSecretsThatCannotBeWritten: all else works, and says so.
func TestSecretsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.effects.readOnly = true
	login := h.ask(inSecret, handOff)
	h.expect("acme", "SecretNotDelivered=True SecretWriteForbidden", "Ready=True UserActionRequired")
	if err := h.sim.CompleteMFA(login); err != nil {
		t.Fatal(err)
	}
	h.run(10 * time.Minute)
	h.expect("acme", "SecretNotDelivered=True SecretWriteForbidden", "Ready=True Refreshed")
	h.effects.names = nil
	h.sim.ResetJournal()
	h.run(23 * time.Hour)
	if len(h.effects.names) != 0 || len(h.calls()) != 0 {
		t.Errorf("it is tried again: %v, %v", h.effects.names, h.calls())
	}
	h.effects.readOnly = false
	h.request("acme", "2")
	h.run(time.Second)
	h.expect("acme", "SecretNotDelivered=", "UserActionRequired=True MFARequired")
}

// TestLinkThatCannotBeWithdrawn is withdrawn when it can be.
func TestLinkThatCannotBeWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask(inSecret)
	h.effects.readOnly = true
	h.run(24 * time.Hour)
	h.expect("acme", "SecretNotDelivered=True SecretWriteForbidden", "UserActionRequired=True LinkExpired")
	tries := 0
	for _, e := range h.effects.names {
		if e == "delete Secret" {
			tries++
		}
	}
	if tries < 20 || tries > 40 {
		t.Errorf("tried %d times in a day", tries)
	}
	h.effects.readOnly = false
	h.run(2 * time.Hour)
	h.expect("acme", "SecretNotDelivered=")
	if h.secret(linkSecret) != nil {
		t.Error("the link is still there")
	}
}

// TestDeliveryChanges while a link is out: it applies from the next one.
func TestDeliveryChanges(t *testing.T) {
	t.Parallel()
	inStatus := func(c *v1alpha1.BankConnection) { c.Spec.Reconnect = nil }
	for name, changes := range map[string][2]func(*v1alpha1.BankConnection){
		"Secret to Status": {inSecret, inStatus},
		"Status to Secret": {inStatus, inSecret},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.ask(changes[0])
			first := h.get("acme").Status.Reconnect
			h.edit("acme", changes[1])
			h.run(time.Minute)
			if now := h.get("acme").Status.Reconnect; now.Link.URL != first.Link.URL || now.Link.SecretName != first.Link.SecretName {
				t.Errorf("the link moved: %+v", now)
			}
			h.run(time.Hour)
			if h.secret(linkSecret) != nil || h.get("acme").Status.Reconnect.Link.URL != "" {
				t.Error("the link is still there")
			}
			h.request("acme", "2")
			h.run(time.Second)
			next := h.get("acme").Status.Reconnect
			if (next.Link.SecretName == "") == (first.Link.SecretName == "") || (h.secret(linkSecret) == nil) != (next.Link.SecretName == "") {
				t.Errorf("the next link: %+v", next)
			}
		})
	}
}

// TestLinkGoesWithASuspension as well: it is no call to Flinks.
func TestLinkGoesWithASuspension(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask(inSecret)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(time.Second)
	h.sim.ResetJournal()
	h.run(8 * time.Minute)
	if h.secret(linkSecret) != nil || len(h.calls()) != 0 {
		t.Errorf("the link is still there, or %v", h.calls())
	}
}

// TestClaimLostWithALinkOut: a link whose claim was taken away is forgotten.
func TestClaimLostWithALinkOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"), inSecret)
	h.run(time.Minute)
	h.request("acme", "1")
	h.effects.before = func(name string) {
		if name != "create Secret" {
			return
		}
		c := h.get("acme")
		c.Status.Refresh = nil
		if err := h.direct.Status().Update(h.ctx(), c); err != nil {
			t.Error(err)
		}
	}
	h.run(time.Second)
	h.effects.before = nil
	if h.secret(linkSecret) != nil {
		t.Error("the link is still there")
	}
}

// link returns the link that the person has, wherever it was delivered; empty without one.
func (h *harness) link(c *v1alpha1.BankConnection) string {
	h.t.Helper()
	if c.Status.Reconnect != nil && c.Status.Reconnect.Link.URL != "" {
		return c.Status.Reconnect.Link.URL
	}
	if s := h.secret(linkSecret); s != nil {
		return string(s.Data["url"])
	}
	return ""
}

// assertHandoutsKnown asserts that the status tells of every Secret that the operator
// wrote, so that it will be deleted.
func (h *harness) assertHandoutsKnown() {
	h.t.Helper()
	if h.gone("acme") {
		return
	}
	st := h.get("acme").Status
	if h.secret(linkSecret) != nil && st.Internal.LinkSecretName == "" {
		h.t.Errorf("the status has no link: %+v", st.Refresh)
	}
	if h.secret(sessionSecret) != nil && st.Session == nil {
		h.t.Error("the status has no session")
	}
}

// handouts returns what the Secrets of the test's namespace hold. What links and sessions
// are there for is left out if told so.
func (h *harness) handouts(whole bool) string {
	h.t.Helper()
	ctx := context.WithoutCancel(h.ctx())
	var secrets corev1.SecretList
	if err := h.live.List(ctx, &secrets, client.InNamespace(h.namespace)); err != nil {
		h.t.Errorf("listing Secrets: %v", err)
	}
	texts := map[string]map[string]string{}
	for _, s := range secrets.Items {
		owned := metav1.GetControllerOf(&s) != nil
		if whole && !owned {
			continue // The application's own.
		}
		texts[s.Name] = map[string]string{"metadata": s.ObjectMeta.String()}
		for key, value := range s.Data {
			is := s.Labels[v1alpha1.PurposeLabel]
			if is == v1alpha1.PurposeLogin {
				continue // What a person linked.
			}
			purpose := (is == v1alpha1.PurposeLink && key == "url") || (is == v1alpha1.PurposeSession && key == "requestId")
			if whole || !owned || !purpose {
				texts[s.Name][key] = string(value)
			}
		}
	}
	text, err := json.Marshal(texts)
	if err != nil {
		h.t.Errorf("printing Secrets: %v", err)
	}
	return string(text)
}
