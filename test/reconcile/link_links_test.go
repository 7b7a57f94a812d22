package reconcile

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// spoiled is a link that is not the newest genuine one of a connection that may use it.
type spoiled struct {
	// spoil makes the token that is shown.
	spoil func(h *harness, token string) string
	want  linkapi.State
}

// TestLinksThatDoNotCount: with a link that is not the newest genuine one, no call succeeds.
func TestLinksThatDoNotCount(t *testing.T) {
	t.Parallel()
	expectNothingDone(t, map[string]spoiled{
		"nothing":       {func(*harness, string) string { return "" }, linkapi.StateLinkInvalid},
		"garbage":       {func(*harness, string) string { return strings.Repeat("a", link.TokenLength) }, linkapi.StateLinkInvalid},
		"cut off":       {func(_ *harness, token string) string { return token[:len(token)-4] }, linkapi.StateLinkInvalid},
		"tampered with": {func(_ *harness, token string) string { return token[:30] + flip(token[30:31]) + token[31:] }, linkapi.StateLinkInvalid},
		"signed with another key": {func(h *harness, _ string) string {
			another := keyOf(h.t, 'a', time.Time{})
			claims := h.claims()
			claims.KeyID = another.ID()
			return mustToken(h, keysOf(h.t, another), claims)
		}, linkapi.StateLinkInvalid},
		"of a connection that never was": {func(h *harness, _ string) string {
			claims := h.claims()
			claims.UID = "00000000-0000-4000-8000-000000000000"
			return mustToken(h, linkKeys(h.t), claims)
		}, linkapi.StateLinkInvalid},
		"for another purpose": {func(h *harness, _ string) string {
			claims := h.claims()
			claims.Purpose = link.Connect
			return mustToken(h, linkKeys(h.t), claims)
		}, linkapi.StateDone}, // The bank is linked.
		"older than the newest": {func(h *harness, token string) string {
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
			})
			h.run(time.Second)
			return token
		}, linkapi.StateLinkReplaced},
		"younger than the newest": {func(h *harness, _ string) string {
			claims := h.claims()
			claims.Issued = claims.Issued.Add(time.Second)
			return mustToken(h, linkKeys(h.t), claims)
		}, linkapi.StateLinkReplaced},
		"expired": {func(h *harness, _ string) string {
			claims := h.claims()
			claims.Expires = h.clock.Now().Truncate(time.Second)
			return mustToken(h, linkKeys(h.t), claims)
		}, linkapi.StateLinkExpired},
	})
}

// TestLinksOfOtherConnections: with the link of a connection that is gone, or that may not be linked
// by it, no call succeeds.
func TestLinksOfOtherConnections(t *testing.T) {
	t.Parallel()
	expectNothingDone(t, map[string]spoiled{
		"of a connection that is gone": {func(h *harness, token string) string {
			h.delete("acme")
			h.run(time.Hour)
			if !h.gone("acme") {
				h.t.Fatal("it is still there")
			}
			return token
		}, linkapi.StateLinkInvalid},
		"of a connection that is being deleted": {func(h *harness, token string) string {
			h.delete("acme")
			return token
		}, linkapi.StateBlocked},
		"of a connection that is suspended": {func(h *harness, token string) string {
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
			h.run(time.Second)
			return token
		}, linkapi.StateBlocked},
		"of a connection that has its links elsewhere": {func(h *harness, token string) string {
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				c.Spec.Reconnect.Link = v1alpha1.LinkSpec{Type: v1alpha1.LinkDirect}
			})
			h.run(time.Second)
			return token
		}, linkapi.StateLinkReplaced},
	})
}

func expectNothingDone(t *testing.T, tests map[string]spoiled) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			login := h.askOverdue()
			v := h.openLink()
			v.visit.Token = linkapi.NewIdentifier(tc.spoil(h, v.visit.Token.Reveal()))
			h.sim.ResetJournal()
			ctx := h.ctx()
			for what, ask := range map[string]func() (linkapi.View, error){
				"view":  func() (linkapi.View, error) { return v.service.View(ctx, v.visit) },
				"start": func() (linkapi.View, error) { return v.service.Start(ctx, v.visit) },
				"finish": func() (linkapi.View, error) {
					return v.service.Finish(ctx, v.visit, linkapi.NewIdentifier(login), linkapi.Identifier{})
				},
			} {
				if got, err := ask(); err != nil || got.State != tc.want {
					t.Errorf("%s shows %+v, %v, not %s", what, got, err, tc.want)
				}
			}
			if _, err := v.service.Connect(ctx, v.visit); !errors.Is(err, linkapi.ErrNotNow) {
				t.Errorf("connecting: %v", err)
			}
			if calls, names := h.calls(), v.replica.effects.names; len(calls)+len(names) != 0 {
				t.Errorf("it made %v and %v", calls, names)
			}
		})
	}
}

func flip(s string) string {
	if s == "A" {
		return "B"
	}
	return "A"
}

func mustToken(h *harness, keys link.Keys, claims link.Claims) string {
	h.t.Helper()
	token, err := keys.Token(claims)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// TestExpiredLinkOfWhoIsDone: a person with an old mail is not sent to support.
func TestExpiredLinkOfWhoIsDone(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.askOverdue()
	v := h.openLink()
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	h.answer(v.frames().String())
	v.finishes(login, linkapi.StateWorking)
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	h.clock.SetTime(h.clock.Now().Add(30 * 24 * time.Hour))
	v.looks(linkapi.StateDone)
	v.starts(linkapi.StateDone)
}
