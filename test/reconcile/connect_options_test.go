package reconcile

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// openedWith returns the first page of Flinks Connect behind a link.
func (h *harness) openedWith(link string) *flinkssim.Walk {
	h.t.Helper()
	w, err := flinkssim.Person{Username: "Greatday"}.Begin(h.ctx(), link)
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

func (h *harness) expectOptions(w *flinkssim.Walk, want flinkssim.ConnectOptions) {
	h.t.Helper()
	if diff := cmp.Diff(want, w.Options()); diff != "" {
		h.t.Errorf("Flinks Connect was opened with (-want +got):\n%s", diff)
	}
}

func withConnectOptions(i *v1alpha1.ClusterFlinksInstance) {
	i.Spec.Connect.ConnectOptions = v1alpha1.ConnectOptions{
		CustomerName: "Acme Prêts & fils", Consent: v1alpha1.Hidden, TermsURL: "https://acme.example.com/terms?a=1&b=2", ConsentText: "pour 5 + 1 ans",
		Theme: v1alpha1.DarkTheme, BackgroundColor: "#f7f7f7", ForegroundColor: "#1C2733", DaysOfTransactions: v1alpha1.Days365,
		AccountSelector: &v1alpha1.AccountSelector{Choice: v1alpha1.MultipleAccounts, Currency: v1alpha1.CAD}, InstitutionID: 14,
	}
}

// TestConnectOptionsInEveryLink: a person finds the options of the instance, and those that their connection
// has in their place, in the frame of the gateway and behind the link to the bank's question.
func TestConnectOptionsInEveryLink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.edited(withConnectOptions)
	want := flinkssim.ConnectOptions{
		CustomerName: "Acme Prêts & fils", TermsURL: "https://acme.example.com/terms?a=1&b=2", ConsentText: "pour 5 + 1 ans",
		Theme: "dark", BackgroundColor: "f7f7f7", ForegroundColor: "1C2733", DaysOfTransactions: "Days365",
		Selector: true, SelectorMultiple: true, SelectorCurrency: "cad",
	}
	v := h.awaitLogin()
	w := h.openedWith(v.frames().String())
	h.expectOptions(w, want)
	if w.State() != "credential" || w.AsksForConsent() {
		t.Errorf("the frame opens page %s; it asks for consent: %t", w.State(), w.AsksForConsent())
	}

	h.edit("acme", func(c *v1alpha1.BankConnection) {
		c.Spec.Connect = v1alpha1.ConnectOptions{CustomerName: "Acme Leasing", Consent: v1alpha1.Shown, AccountSelector: &v1alpha1.AccountSelector{}}
	})
	h.run(time.Second)
	want.CustomerName, want.Consent, want.SelectorMultiple, want.SelectorCurrency = "Acme Leasing", true, false, ""
	w = h.openedWith(v.frames().String())
	h.expectOptions(w, want)
	if !w.AsksForConsent() {
		t.Error("the frame does not ask for consent")
	}
	v.awaitSecret(v.links("Greatday"))
	h.run(time.Minute)

	link := h.directLink()
	w = h.openedWith(link)
	h.expectOptions(w, want)
	h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect.Theme = v1alpha1.LightTheme })
	h.run(time.Minute)
	if got := h.get("acme").Status.Reconnect.Link.URL; got != link {
		t.Errorf("the link that stands has changed: %s", got)
	}
	for !w.Done() {
		if err := w.Next(h.ctx()); err != nil {
			t.Fatal(err)
		}
	}
	h.run(3 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}

// directLink lets the bank ask a question, and returns the link to it.
func (h *harness) directLink() string {
	h.t.Helper()
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Link.Type = v1alpha1.LinkDirect })
	h.request("acme", "1")
	h.run(time.Second)
	link := h.get("acme").Status.Reconnect.Link.URL
	u, err := url.Parse(link)
	if err != nil || u.Path != "/v2/" || u.Query().Has("scheduleRefresh") || strings.Contains(link, "%2C") {
		h.t.Errorf("the link is %q, %v", link, err)
	}
	return link
}

// TestScheduledByLink: a login that is linked under the policy Nightly has nightly refresh from the start, and the
// operator knows it: it switches nothing on, and switches off what the policy does not want any more.
func TestScheduledByLink(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy v1alpha1.RefreshPolicyType
		// while is what happens while the person is in Flinks Connect.
		while, later  func(*v1alpha1.BankConnection)
		asked, stays  bool
		switchesAtEnd int
	}{
		"Nightly":                  {policy: v1alpha1.RefreshNightly, asked: true, stays: true},
		"Manual":                   {policy: v1alpha1.RefreshManual},
		"left while linking":       {policy: v1alpha1.RefreshNightly, while: leaveNightly, asked: true, switchesAtEnd: 1},
		"left later":               {policy: v1alpha1.RefreshNightly, later: leaveNightly, asked: true, switchesAtEnd: 1},
		"suspended while it is on": {policy: v1alpha1.RefreshNightly, later: suspendIt, asked: true, switchesAtEnd: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin(func(c *v1alpha1.BankConnection) {
				c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: test.policy}
			})
			frame := v.frames()
			if got := frame.Query().Get("scheduleRefresh") == "true"; got != test.asked || frame.Query().Has("scheduleRefresh") != got {
				t.Errorf("nightly refresh is asked for: %t", got)
			}
			if test.while != nil {
				h.edit("acme", test.while)
				h.run(time.Second)
			}
			result, err := flinkssim.Person{}.Link(h.ctx(), frame.String())
			if err != nil {
				t.Fatal(err)
			}
			v.canaries, v.session = append(v.canaries, result.LoginID, result.RequestID), result.RequestID
			v.awaitSecret(result.LoginID)
			h.run(10 * time.Minute)
			if test.later != nil {
				if n := h.get("acme").Status.Nightly; n == nil || !n.Enabled || h.switches() != 0 {
					t.Errorf("nightly: %+v after %d switches", n, h.switches())
				}
				h.edit("acme", test.later)
				h.run(10 * time.Minute)
			}
			if on := h.isScheduled(result.LoginID); on != test.stays || h.switches() != test.switchesAtEnd {
				t.Errorf("nightly refresh is on: %t, after %d switches", on, h.switches())
			}
			if n := h.get("acme").Status.Nightly; (n != nil && n.Enabled) != test.stays {
				t.Errorf("nightly: %+v", n)
			}
		})
	}
}

// TestRelinkIsScheduled: a person who links their bank again, because its password is another, does not end
// nightly refresh by it.
func TestRelinkIsScheduled(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, byGateway, nightly)
	h.run(10 * time.Minute)
	h.sim.SetBankPassword("greatday_nomfa", "Otherday")
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True CredentialsRejected")
	h.sim.ResetJournal()
	v := h.openLink()
	frame := v.frames()
	if frame.Query().Get("scheduleRefresh") != "true" || frame.Query().Has("requestId") {
		t.Errorf("the frame is opened without nightly refresh")
	}
	if _, err := (flinkssim.Person{Password: "Otherday"}).Link(h.ctx(), frame.String()); err != nil {
		t.Fatal(err)
	}
	v.finishes(login, linkapi.StateWorking)
	h.run(10 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if n := h.get("acme").Status.Nightly; n == nil || !n.Enabled || h.switches() != 0 || !h.isScheduled(login) {
		t.Errorf("nightly: %+v after %d switches", n, h.switches())
	}
}

func leaveNightly(c *v1alpha1.BankConnection) {
	c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
}

func suspendIt(c *v1alpha1.BankConnection) { c.Spec.Suspend = true }
