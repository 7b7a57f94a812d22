package browser

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// TestFirstConnect is the way of a new customer: from a BankConnection without a
// login to one that is ready.
func TestFirstConnect(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { *k = flinkssim.DefaultKnobs() })
	link := s.unlinked("acme")
	p := s.openLink(link, chromium.Options{})
	p.state("Connect")
	p.Screenshot("connect")
	p.Click("#go")
	b := p.bank(s.flinks, "Greatday")
	b.State()
	p.Screenshot("connect-frame")
	b.Pass()
	p.state("Working")
	p.Screenshot("connect-working")
	p.state("Done")
	p.Screenshot("connect-done")
	c := s.ready("acme")
	if got := s.Sim.Logins(); len(got) != 1 || got[0].LoginID != s.loginID("acme") || got[0].LiveOpened != 1 {
		t.Errorf("got logins %v, want the one that is stored", got)
	}
	s.wantSecretOf(c)
}

// wantSecretOf checks the Secret that the operator made.
func (s *fixture) wantSecretOf(c *v1alpha1.BankConnection) {
	s.t.Helper()
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: s.Namespace, Name: c.Spec.LoginIDSecretRef.Name}
	if err := s.Client.Get(context.WithoutCancel(s.t.Context()), key, &secret); err != nil {
		s.t.Fatal(err)
	}
	if secret.Labels[v1alpha1.PurposeLabel] != v1alpha1.PurposeLogin || len(secret.OwnerReferences) != 0 {
		s.t.Errorf("got labels %v and owners %v", secret.Labels, secret.OwnerReferences)
	}
}

// landsOnly makes Flinks lead the browser to the landing page, where no session is reported: the
// tag is the only proof of the link there.
func landsOnly(k *flinkssim.Knobs) {
	k.JSRedirectIgnored, k.TagScope = true, flinkssim.TagScopeLogin
}

// TestFirstConnectByOtherWays: Flinks passes the loginId on in each way that it may.
func TestFirstConnectByOtherWays(t *testing.T) {
	t.Parallel()
	for name, knobs := range map[string]func(*flinkssim.Knobs){
		"landing page":                      func(k *flinkssim.Knobs) { landsOnly(k); k.RedirectLoginID = true },
		"loginId as a field":                func(k *flinkssim.Knobs) { k.RedirectLoginID = true },
		"landing page, and no loginId said": landsOnly,
		"the kindest one":                   (*flinkssim.Knobs).Kind,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t, knobs)
			p := s.openLink(s.unlinked("acme"), chromium.Options{})
			p.Click("#go")
			p.bank(s.flinks, "sim_image").Pass()
			p.state("Done")
			s.ready("acme")
			s.await("the data of the two accounts that the customer selected", func() bool {
				st := s.Get("acme").Status
				return st.Selection != nil && st.Selection.Source == v1alpha1.SelectionOfCustomer &&
					len(st.Selection.AccountIDs) == 2 && len(st.Accounts) == 2
			})
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
	s := newFixture(t)
	link := s.unlinked("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Language = "fr" })
	p := s.openLink(link, chromium.Options{Language: "en-CA"})
	p.state("Connect")
	p.language("fr")
	p.Click("#go")
	b := p.bank(s.flinks, "sim_triple")
	b.State()
	p.Screenshot("connect-frame-fr")
	b.Pass()
	p.state("Done")
	p.language("fr")
	s.ready("acme")
	if got := s.Sim.Logins(); len(got) != 1 || got[0].Language != "fr" {
		t.Errorf("got %v", got)
	}
}

func TestFirstConnectOnAPhone(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	p := s.openLink(s.unlinked("acme"), chromium.Options{Phone: true})
	p.state("Connect")
	p.fits()
	p.Screenshot("phone-connect")
	p.Click("#go")
	b := p.bank(s.flinks, "Greatday")
	b.State()
	p.fits()
	p.Screenshot("phone-connect-frame")
	b.Pass()
	p.state("Done")
	p.fits()
	p.Screenshot("phone-done")
	s.ready("acme")
}

// TestFirstConnectByKeyboard uses no mouse, not even in the bank's frame.
func TestFirstConnectByKeyboard(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	p := s.openLink(s.unlinked("acme"), chromium.Options{})
	p.state("Connect")
	p.TabTo("#go")
	p.Screenshot("keyboard-focus")
	p.Press(kb.Enter)
	b := p.bank(s.flinks, flinkssim.DefaultUsername)
	b.State()
	b.TabTo("form button")
	b.Press(kb.Enter)
	b.State()
	b.TabTo("#username")
	p.Press(flinkssim.DefaultUsername)
	b.TabTo("#password")
	p.Press(flinkssim.DefaultPassword)
	b.Press(kb.Enter)
	b.State()
	b.TabTo("input[name=accountId]")
	p.Press(" ")
	b.TabTo("form button")
	b.Press(kb.Enter)
	p.state("Done")
	s.ready("acme")
}

func TestAPersonMistypesThePassword(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	p := s.openLink(s.unlinked("acme"), chromium.Options{})
	p.Click("#go")
	b := p.bank(s.flinks, flinkssim.DefaultUsername)
	b.Password = "typo"
	b.State()
	b.Submit()
	b.State()
	b.SignIn()
	if state := b.State(); state != connect.Credential {
		t.Fatalf("got state %q", state)
	}
	p.Screenshot("connect-wrong-password")
	b.Password = flinkssim.DefaultPassword
	b.Pass()
	p.state("Done")
	s.ready("acme")
}

// TestTheAuthorizeTokenExpires: a person who hesitates for half an hour gets another.
func TestTheAuthorizeTokenExpires(t *testing.T) {
	s := newFixture(t)
	p := s.openLink(s.unlinked("acme"), chromium.Options{})
	p.Click("#go")
	b := p.bank(s.flinks, flinkssim.DefaultUsername)
	b.State()
	s.clock.Advance(31 * time.Minute)
	b.Submit() // to a page that says that it is too late, upon which the page begins again
	b.AwaitGone()
	p.bank(s.flinks, flinkssim.DefaultUsername).Pass()
	p.state("Done")
	s.ready("acme")
}

// TestTheLinkOfALinkedBank: the link does nothing any more, for any person who opens it.
func TestTheLinkOfALinkedBank(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	link := s.unlinked("acme")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.bank(s.flinks, flinkssim.DefaultUsername).Pass()
	p.state("Done")
	s.ready("acme")
	p.none("#return") // The application named no page to come back to.
	before := len(s.Sim.Journal())
	other := s.openLink(link, chromium.Options{})
	other.state("Done")
	other.Read("h1", "This is already fixed")
	other.none("#go")
	if after := len(s.Sim.Journal()); after != before {
		t.Errorf("opening an old link made %d calls", after-before)
	}
}
