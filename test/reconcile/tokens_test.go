package reconcile

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// everyLink is one way in which a customer gets a link.
type everyLink struct {
	linkType      v1alpha1.LinkType
	tokenInLinks  v1alpha1.TokenRequirement
	tokenInStatus v1alpha1.TokenPermission
	destination   v1alpha1.LinkDestination
}

func (l everyLink) String() string {
	return fmt.Sprintf("%s, token %s, in status %s, into %s", l.linkType, l.tokenInLinks, l.tokenInStatus, l.destination)
}

// inSecret reports whether the link belongs into a Secret.
func (l everyLink) inSecret() bool {
	return l.destination == v1alpha1.LinkInSecret ||
		l.linkType == v1alpha1.LinkDirect && l.tokenInLinks == v1alpha1.TokenRequired && l.tokenInStatus == v1alpha1.TokenNever
}

func everyWay() (all []everyLink) {
	for _, linkType := range []v1alpha1.LinkType{v1alpha1.LinkDirect, v1alpha1.LinkGateway} {
		for _, inLinks := range []v1alpha1.TokenRequirement{v1alpha1.TokenRequired, v1alpha1.TokenNotRequired} {
			for _, inStatus := range []v1alpha1.TokenPermission{v1alpha1.TokenAllowed, v1alpha1.TokenNever} {
				for _, destination := range []v1alpha1.LinkDestination{v1alpha1.LinkInStatus, v1alpha1.LinkInSecret} {
					all = append(all, everyLink{linkType, inLinks, inStatus, destination})
				}
			}
		}
	}
	return all
}

// TestEveryLinkWorks, by the type that follows from the instance: the customer opens exactly what they were sent, at a Flinks that takes the
// strictest reading of everything but what the instance says of it, and answers the question.
func TestEveryLinkWorks(t *testing.T) {
	t.Parallel()
	for _, way := range everyWay() {
		t.Run(way.String(), func(t *testing.T) {
			t.Parallel()
			h := newLinkHarness(t, way)
			login := h.ask(func(c *v1alpha1.BankConnection) {
				c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Destination: way.destination}}
			})
			h.assertPlace(way)
			if way.linkType == v1alpha1.LinkGateway {
				h.answerOnPage(login)
			} else {
				h.assertToken(way)
				h.answer(h.sent())
			}
			h.run(3 * time.Minute)
			h.expect("acme", "Ready=True Refreshed", noActionRequired, "LinkNotIssued=", "SecretNotDelivered=", "GatewayUnavailable=")
			if got := h.get("acme").Status.LastHandledRequest; got.Result != v1alpha1.RequestSucceeded {
				t.Errorf("the request is %+v", got)
			}
			if h.secret(linkSecret) != nil || h.get("acme").Status.Internal.LinkSecretName != "" {
				t.Error("a Secret is left")
			}
		})
	}
}

// newLinkHarness returns a namespace whose instance is as that way needs it, and a Flinks that is
// as its instance says.
func newLinkHarness(t *testing.T, way everyLink) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.knobs((*flinkssim.Knobs).Strict)
	if way.tokenInLinks == v1alpha1.TokenNotRequired {
		h.knobs(func(k *flinkssim.Knobs) { k.ResumeToken = flinkssim.ResumeTokenNone })
	}
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		if way.linkType == v1alpha1.LinkGateway {
			i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL + "/"}
		}
		i.Spec.Connect = v1alpha1.ConnectSpec{TokenInLinks: way.tokenInLinks, TokenInStatus: way.tokenInStatus}
	})
	h.probe()
	return h
}

// sent returns the link of the customer, wherever it is.
func (h *harness) sent() string {
	h.t.Helper()
	l := h.get("acme").Status.Reconnect.Link
	if l.SecretName == "" {
		return l.URL
	}
	return string(h.secret(l.SecretName).Data["url"])
}

func (h *harness) assertPlace(way everyLink) {
	h.t.Helper()
	h.run(time.Second)
	l := h.get("acme").Status.Reconnect.Link
	if (l.SecretName != "") != way.inSecret() || (l.URL != "") == way.inSecret() || l.Type != way.linkType || h.sent() == "" {
		h.t.Fatalf("the link is in %q, of type %s", l.SecretName, l.Type)
	}
}

func (h *harness) assertToken(way everyLink) {
	h.t.Helper()
	u, err := url.Parse(h.sent())
	if err != nil {
		h.t.Fatal(err)
	}
	if has := u.Query().Get("authorizeToken") != ""; has != (way.tokenInLinks == v1alpha1.TokenRequired) {
		h.t.Errorf("the link has a token: %v", has)
	}
}

// answerOnPage follows the link to the gateway, and answers in the frame of its page.
func (h *harness) answerOnPage(login string) {
	h.t.Helper()
	v := &openedLink{harness: h, replica: h.incarnate(nil)}
	v.service = v.replica.linkService
	v.visit = linkapi.Visit{Token: linkapi.NewIdentifier(h.sent()[len(gatewayURL+"/c/"):]), Client: linkapi.NewIdentifier(aNetwork)}
	v.looks(linkapi.StateResume)
	h.answer(v.frames().String())
	v.finishes(login, linkapi.StateWorking)
}

// TestNoTokenNoLink: a link that would not work is not published, and the status says why until the
// next one is there.
func TestNoTokenNoLink(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.BankConnection){"in the status": func(*v1alpha1.BankConnection) {}, "in a Secret": inSecret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("Greatday"), change)
			h.run(time.Minute)
			live := 0
			h.boot(func(e *effects) {
				e.after = func(string) {
					if now := h.calls()["Authorize live"]; now > live {
						live = now
						h.refuseTokens()
					}
				}
			})
			h.request("acme", "1")
			h.run(time.Second)
			h.expect("acme", "UserActionRequired=True MFARequired", "LinkNotIssued=True TokenNotIssued")
			h.expectEvent(v1alpha1.ReasonTokenNotIssued)
			if r := h.get("acme").Status.Reconnect; r.Link != (v1alpha1.LinkStatus{}) || h.secret(linkSecret) != nil || live != 1 {
				t.Errorf("there is a link: %+v, after %d live calls", r.Link, live)
			}
			h.boot(nil)
			h.sim.ClearFaults()
			h.run(time.Hour)
			h.expect("acme", "UserActionRequired=True LinkExpired", "LinkNotIssued=True TokenNotIssued")
			h.request("acme", "2")
			h.run(time.Minute)
			h.expect("acme", "UserActionRequired=True MFARequired", "LinkNotIssued=")
			h.answer(h.sent())
			h.run(3 * time.Minute)
			h.expect("acme", "Ready=True Refreshed", noActionRequired, "LinkNotIssued=")
		})
	}
}

func (h *harness) refuseTokens() {
	h.t.Helper()
	err := h.sim.InjectFault(flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: http.StatusServiceUnavailable, Times: -1})
	if err != nil {
		h.t.Error(err)
	}
}

// TestInstanceChangesDuringTheCall: what the instance says once the bank has asked counts, and a
// Secret that no claim announced is not written.
func TestInstanceChangesDuringTheCall(t *testing.T) {
	t.Parallel()
	never := v1alpha1.ConnectSpec{TokenInStatus: v1alpha1.TokenNever}
	none := v1alpha1.ConnectSpec{TokenInLinks: v1alpha1.TokenNotRequired}
	for name, row := range map[string]struct {
		before, after v1alpha1.ConnectSpec
		want          string // where the link is, or why there is none
		token         bool
	}{
		"no token in a status any more": {v1alpha1.ConnectSpec{}, never, v1alpha1.ReasonInstanceChanged, false},
		"a token in a status":           {never, v1alpha1.ConnectSpec{}, "status", true},
		"no token needed any more":      {never, none, "status", false},
		"a token needed":                {none, v1alpha1.ConnectSpec{}, "status", true},
		"a token needed, in no status":  {none, never, v1alpha1.ReasonInstanceChanged, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect = row.before })
			h.connect("acme", h.seed("Greatday"))
			h.run(time.Minute)
			done := false
			h.boot(func(e *effects) {
				e.after = func(string) {
					if !done && h.calls()["Authorize live"] > 0 {
						done = true
						h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect = row.after })
					}
				}
			})
			h.request("acme", "1")
			h.run(time.Minute)
			got := "status"
			if c := h.get("acme"); c.Status.Reconnect.Link == (v1alpha1.LinkStatus{}) {
				_, got, _ = strings.Cut(condition(c, v1alpha1.ConditionLinkNotIssued), " ")
			}
			if got != row.want || strings.Contains(h.sent(), "authorizeToken") != row.token {
				t.Errorf("the link is in %s", got)
			}
			if h.secret(linkSecret) != nil || h.get("acme").Status.Internal.LinkSecretName != "" {
				t.Error("a Secret is left")
			}
		})
	}
}

// TestLinkThatDoesNotFitAnyMore: a link in the status goes as soon as the instance says that it may
// not stand there, or does not work.
func TestLinkThatDoesNotFitAnyMore(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before, after v1alpha1.ConnectSpec
		stays         bool
	}{
		"no token in a status": {v1alpha1.ConnectSpec{}, v1alpha1.ConnectSpec{TokenInStatus: v1alpha1.TokenNever}, false},
		"a token needed":       {v1alpha1.ConnectSpec{TokenInLinks: v1alpha1.TokenNotRequired}, v1alpha1.ConnectSpec{}, false},
		"no token needed":      {v1alpha1.ConnectSpec{}, v1alpha1.ConnectSpec{TokenInLinks: v1alpha1.TokenNotRequired}, true},
		"a link without one": {
			v1alpha1.ConnectSpec{TokenInLinks: v1alpha1.TokenNotRequired},
			v1alpha1.ConnectSpec{TokenInLinks: v1alpha1.TokenNotRequired, TokenInStatus: v1alpha1.TokenNever}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect = row.before })
			h.ask()
			before := h.sent()
			h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect = row.after })
			h.poke("acme")
			h.run(time.Second)
			if row.stays {
				if h.sent() != before {
					t.Error("the link was taken away")
				}
				h.expect("acme", "LinkNotIssued=")
				return
			}
			if h.sent() != "" {
				t.Error("the link is still there")
			}
			h.expect("acme", "UserActionRequired=True MFARequired", "LinkNotIssued=True InstanceChanged")
		})
	}
}
