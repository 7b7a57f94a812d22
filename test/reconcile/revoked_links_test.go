package reconcile

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// revokeLinks annotates the instance, which no controller has looked at then.
func (h *harness) revokeLinks(value string) {
	h.t.Helper()
	i := h.theInstance()
	metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.RevokeLinksBeforeAnnotation, value)
	h.update(i)
	h.catchUp()
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// expectDead: nothing can be done with a link.
func (v *openedLink) expectDead(login string, want linkapi.State) {
	v.t.Helper()
	v.sim.ResetJournal()
	done := len(v.replica.effects.names)
	ctx := v.ctx()
	for what, ask := range map[string]func() (linkapi.View, error){
		"view":  func() (linkapi.View, error) { return v.service.View(ctx, v.visit) },
		"start": func() (linkapi.View, error) { return v.service.Start(ctx, v.visit) },
		"finish": func() (linkapi.View, error) {
			return v.service.Finish(ctx, v.visit, linkapi.NewIdentifier(login), linkapi.Identifier{})
		},
		"prove": func() (linkapi.View, error) { return v.service.Prove(ctx, v.visit, linkapi.NewIdentifier("ticket")) },
	} {
		if got, err := ask(); err != nil || got.State != want {
			v.t.Errorf("%s shows %+v, %v, not %s", what, got, err, want)
		}
	}
	if _, err := v.service.Connect(ctx, v.visit); !errors.Is(err, linkapi.ErrNotNow) {
		v.t.Errorf("connecting: %v", err)
	}
	if calls, names := v.calls(), v.replica.effects.names[done:]; len(calls)+len(names) != 0 {
		v.t.Errorf("it made %v and %v", calls, names)
	}
}

// TestRevokedLinks are dead at once, at a replica that does not lead and before the leader has seen
// the annotation. A customer who still needs a link gets another one, once.
func TestRevokedLinks(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{
		"now":                   0,
		"a year ahead":          365 * 24 * time.Hour,
		"a minute ago":          -time.Minute,
		"the end of the second": time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			login := h.askOverdue()
			v := h.openLink()
			h.run(10 * time.Minute)
			h.revokeLinks(rfc3339(h.clock.Now().Add(ahead)))
			v.expectDead(login, linkapi.StateLinkExpired)

			since := len(h.effects.names)
			h.probe()
			h.poke("acme")
			h.run(10 * time.Minute)
			h.catchUp()
			v.expectDead(login, linkapi.StateLinkReplaced)
			if writes := h.writesOfConnections(since); len(writes) != 1 {
				t.Errorf("it wrote %v", writes)
			}
			h.expectEvent(v1alpha1.ReasonLinksRevoked)
			h.expectEvent(v1alpha1.ReasonLinkIssued)
			next := h.openLink()
			next.looks(linkapi.StateStart)
			next.starts(linkapi.StateWorking)
		})
	}
}

// TestLinksAfterARevocation work: it ends those that were issued before it, and neither its removal
// nor an earlier time makes them work again.
func TestLinksAfterARevocation(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.askOverdue()
	old := h.openLink()
	h.revokeLinks(rfc3339(h.clock.Now().Add(-24 * time.Hour)))
	h.probe()
	old.looks(linkapi.StateStart)

	h.revokeLinks(rfc3339(h.clock.Now().Add(time.Hour)))
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true }) // It gets no other link.
	h.probe()
	h.run(time.Minute)
	for _, value := range []string{rfc3339(h.clock.Now().Add(-24 * time.Hour)), "yesterday", ""} {
		h.revokeLinks(value)
		h.probe()
		old.expectDead(login, linkapi.StateLinkExpired)
		invalid := meta.IsStatusConditionTrue(h.theInstance().Status.Conditions, v1alpha1.ConditionRevocationInvalid)
		if invalid != (value == "yesterday") {
			t.Errorf("%q: the instance says that it is invalid: %v", value, invalid)
		}
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	h.run(time.Minute)
	h.openLink().looks(linkapi.StateStart)
	h.run(2 * time.Hour) // past the time in the annotation
	h.openLink().looks(linkapi.StateStart)
}

// TestRevokedLinksThatAreNotRecorded: what was signed before is dead whatever the status says, and
// tells nothing of a connection that needs no customer.
func TestRevokedLinksThatAreNotRecorded(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, byGateway)
	h.run(time.Minute)
	c := h.get("acme")
	stolen := mustToken(h, linkKeys(t), link.Claims{
		UID: string(c.UID), Purpose: link.Reconnect, Issued: h.clock.Now().Truncate(time.Second), Expires: h.clock.Now().Add(time.Hour),
		KeyID: linkKeys(t).Signer(h.clock.Now()),
	})
	v := &openedLink{harness: h, replica: h.incarnate(nil), visit: linkapi.Visit{Token: linkapi.NewIdentifier(stolen)}}
	v.service = v.replica.linkService
	v.looks(linkapi.StateDone)
	h.run(time.Minute)
	h.revokeLinks(rfc3339(h.clock.Now()))
	v.expectDead(login, linkapi.StateLinkExpired)
}

// TestPressOfARevokedLink: no live session starts for it, although the press came before.
func TestPressOfARevokedLink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	v := h.openLink()
	v.starts(linkapi.StateWorking)
	h.clock.SetTime(h.clock.Now().Add(2 * time.Second))
	h.revokeLinks(rfc3339(h.clock.Now()))
	h.probe()
	h.poke("acme")
	h.run(time.Minute)
	if n := h.calls()["Authorize live"]; n != 0 {
		t.Errorf("%d live sessions began", n)
	}
	if g := h.get("acme").Status.Internal.GatewayRequest; g != nil {
		t.Errorf("the press is kept: %+v", g)
	}
}

// TestRevocationWakesConnections, behind what people wait for.
func TestRevocationWakesConnections(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	was := h.theInstance()
	h.revokeLinks(rfc3339(h.clock.Now()))
	h.probe()
	if !h.concerns(was, h.theInstance(), 1) {
		t.Error("no connection is woken")
	}
	was = h.theInstance()
	h.probe()
	if h.concerns(was, h.theInstance(), 1) {
		t.Error("connections are woken again")
	}
}
