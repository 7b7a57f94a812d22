package browser

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestFirstConnect is the way of a new customer: from a BankConnection without a
// login to one that is ready.
func TestFirstConnect(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(k *flinkssim.Knobs) { *k = flinkssim.DefaultKnobs() })
	link := s.newcomer("acme")
	v := s.visit(link, browser.PageOptions{})
	v.state("Connect")
	v.picture("connect")
	v.click("#go")
	b := v.bank(s.flinks, "Greatday")
	b.state()
	v.picture("connect-frame")
	b.pass()
	v.state("Working")
	v.picture("connect-working")
	v.state("Done")
	v.picture("connect-done")
	c := s.ready("acme")
	if got := s.Sim.Logins(); len(got) != 1 || got[0].LoginID != s.loginID("acme") || got[0].LiveOpened != 1 {
		t.Errorf("got logins %v, want the one that is stored", got)
	}
	s.wantSecretOf(c)
}

// wantSecretOf checks whose the Secret is that the operator made.
func (s *scene) wantSecretOf(c *v1alpha1.BankConnection) {
	s.t.Helper()
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: s.Namespace, Name: c.Spec.LoginIDSecretRef.Name}
	if err := s.Client.Get(context.WithoutCancel(s.t.Context()), key, &secret); err != nil {
		s.t.Fatal(err)
	}
	if secret.Labels["app.kubernetes.io/managed-by"] != "flinks-operator" {
		s.t.Errorf("got labels %v", secret.Labels)
	}
	owners := map[types.UID]bool{}
	for _, o := range secret.OwnerReferences {
		owners[o.UID] = true
	}
	if len(owners) != 1 || !owners[c.UID] {
		s.t.Errorf("got owners %v, want the connection alone", secret.OwnerReferences)
	}
}

// TestFirstConnectByOtherWays are those of a Flinks that does not do what the page
// hopes for.
func TestFirstConnectByOtherWays(t *testing.T) {
	t.Parallel()
	for name, knobs := range map[string]func(*flinkssim.Knobs){
		"landing page":                      func(k *flinkssim.Knobs) { k.JSRedirectIgnored, k.RedirectLoginID = true, true },
		"loginId as a field":                func(k *flinkssim.Knobs) { k.RedirectLoginID = true },
		"landing page, and no loginId said": func(k *flinkssim.Knobs) { k.JSRedirectIgnored = true },
		"the kindest one":                   (*flinkssim.Knobs).Kind,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, knobs)
			v := s.visit(s.newcomer("acme"), browser.PageOptions{})
			v.click("#go")
			v.bank(s.flinks, "sim_image").pass()
			v.state("Done")
			s.ready("acme")
			if got := s.Sim.Logins(); len(got) != 1 || got[0].LoginID != s.loginID("acme") {
				t.Errorf("got logins %v, want the one that is stored", got)
			}
		})
	}
}

// TestFirstConnectInFrench also shows that the language of the connection is that
// of the page and of the bank, whatever the browser prefers.
func TestFirstConnectInFrench(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	link := s.newcomer("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Language = "fr" })
	v := s.visit(link, browser.PageOptions{Language: "en-CA"})
	v.state("Connect")
	v.language("fr")
	v.click("#go")
	b := v.bank(s.flinks, "sim_triple")
	b.state()
	v.picture("connect-frame-fr")
	b.pass()
	v.state("Done")
	v.language("fr")
	s.ready("acme")
	if got := s.Sim.Logins(); len(got) != 1 || got[0].Language != "fr" {
		t.Errorf("got %v", got)
	}
}

func TestFirstConnectOnAPhone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	v := s.visit(s.newcomer("acme"), browser.PageOptions{Phone: true})
	v.state("Connect")
	v.fits()
	v.picture("phone-connect")
	v.click("#go")
	b := v.bank(s.flinks, "Greatday")
	b.state()
	v.fits()
	v.picture("phone-connect-frame")
	b.pass()
	v.state("Done")
	v.fits()
	v.picture("phone-done")
	s.ready("acme")
}

// TestFirstConnectByKeyboard uses no mouse, not even in the bank's frame.
func TestFirstConnectByKeyboard(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	v := s.visit(s.newcomer("acme"), browser.PageOptions{})
	v.state("Connect")
	v.tabTo("#go")
	v.picture("keyboard-focus")
	v.press("Enter")
	b := v.bank(s.flinks, flinkssim.DefaultUsername)
	b.state()
	b.tabTo("form button")
	b.pressOn("Enter")
	b.state()
	b.tabTo("#username")
	v.write(flinkssim.DefaultUsername)
	b.tabTo("#password")
	v.write(flinkssim.DefaultPassword)
	v.press("Enter")
	v.state("Done")
	s.ready("acme")
}

func TestAPersonMistypesThePassword(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	v := s.visit(s.newcomer("acme"), browser.PageOptions{})
	v.click("#go")
	b := v.bank(s.flinks, flinkssim.DefaultUsername)
	b.password = "typo"
	b.state()
	b.leave()
	b.state()
	b.signIn()
	if state := b.state(); state != bankCredential {
		t.Fatalf("got state %q", state)
	}
	v.picture("connect-wrong-password")
	b.password = flinkssim.DefaultPassword
	b.pass()
	v.state("Done")
	s.ready("acme")
}

// TestTheWayToTheBankGetsOld: whoever hesitates for half an hour is let in anew.
func TestTheWayToTheBankGetsOld(t *testing.T) {
	s := newScene(t)
	v := s.visit(s.newcomer("acme"), browser.PageOptions{})
	v.click("#go")
	b := v.bank(s.flinks, flinkssim.DefaultUsername)
	b.state()
	s.clock.Advance(31 * time.Minute)
	b.leave() // to a page that says that it is too late, upon which the page begins again
	b.gone()
	v.bank(s.flinks, flinkssim.DefaultUsername).pass()
	v.state("Done")
	s.ready("acme")
}

// TestTheLinkOfALinkedBank does nothing any more, whoever opens it.
func TestTheLinkOfALinkedBank(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	link := s.newcomer("acme")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.bank(s.flinks, flinkssim.DefaultUsername).pass()
	v.state("Done")
	s.ready("acme")
	if href := v.attribute("a[href^=https]", "href"); href != returnURL {
		t.Errorf("got a way back to %q, want %q", href, returnURL)
	}
	before := len(s.Sim.Journal())
	other := s.visit(link, browser.PageOptions{})
	other.state("Done")
	other.none("#go")
	if after := len(s.Sim.Journal()); after != before {
		t.Errorf("opening an old link made %d calls", after-before)
	}
}
