package reconcile

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	vouchURL       = "https://app.example.com/vouch?tenant=7"
	applicationKey = "canary-key-of-an-application-32-bytes"
)

// vouched is the spec of a connection whose application vouches for browsers.
func vouched(c *v1alpha1.BankConnection) {
	byGateway(c)
	c.Spec.Reconnect.Link.Proof = v1alpha1.ProofApplication
	c.Spec.Reconnect.Link.Application = &v1alpha1.LinkApplication{
		URL: vouchURL, KeySecretRef: v1alpha1.LinkKeySecretReference{Name: "app-key"},
	}
}

// createApplicationKey creates the Secret with the application's key.
func (h *harness) createApplicationKey(change ...func(*corev1.Secret)) {
	h.t.Helper()
	h.canaries = append(h.canaries, applicationKey)
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: h.namespace, Name: "app-key", Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLinkProof},
		},
		Data: map[string][]byte{v1alpha1.LinkProofKey: []byte(applicationKey)},
	}
	for _, c := range change {
		c(s)
	}
	h.create(s)
}

// in returns the link as another browser opens it.
func (v *openedLink) in(browser string) *openedLink {
	w := *v
	w.visit.Visitor = linkapi.NewIdentifier(browser)
	return &w
}

// challenge returns what the page sends the customer to the application with.
func (v *openedLink) challenge() string {
	v.t.Helper()
	view := v.looks(linkapi.StateProofRequired)
	u, err := url.Parse(view.ProofURL)
	if err != nil || !strings.HasPrefix(view.ProofURL, "https://app.example.com/vouch?") || u.Query().Get("tenant") != "7" ||
		u.Query().Get("connection") != string(v.get("acme").UID) {
		v.t.Fatalf("the page leads to %q", view.ProofURL)
	}
	return u.Query().Get("challenge")
}

// ticket returns one of the application for a challenge.
func (v *openedLink) ticket(challenge string, life time.Duration) string {
	ticket := link.Ticket([]byte(applicationKey), string(v.get("acme").UID), challenge, v.clock.Now().Add(life))
	v.canaries = append(v.canaries, ticket)
	return ticket
}

func (v *openedLink) proves(ticket string, want linkapi.State) linkapi.View {
	v.t.Helper()
	got, err := v.service.Prove(v.ctx(), v.visit, linkapi.NewIdentifier(ticket))
	v.sees("a ticket", got, err, want)
	return got
}

// startsNothing makes sure that nothing happens whatever is done in a browser.
func (v *openedLink) startsNothing(want linkapi.State) {
	v.t.Helper()
	v.run(time.Second) // What is due anyhow.
	login := v.seed("greatday_nomfa")
	before := v.get("acme")
	v.sim.ResetJournal()
	v.looks(want)
	v.starts(want)
	if _, err := v.service.Connect(v.ctx(), v.visit); !errors.Is(err, linkapi.ErrNotNow) {
		v.t.Errorf("a URL of Flinks Connect: %v", err)
	}
	if bound := v.get("acme").Status.Binding; bound == nil {
		v.finishes(login, want)
	}
	v.run(time.Second)
	if calls := v.calls(); len(calls) != 0 {
		v.t.Errorf("calls: %v", calls)
	}
	if diff := cmp.Diff(before, v.get("acme")); diff != "" {
		v.t.Errorf("the object was changed (-before +after):\n%s", diff)
	}
}

// TestPlantedLink: an attacker sends the link of her own connection to a victim, whose bank would
// get into her hands. The application vouches for her browser, but not for the victim's.
func TestPlantedLink(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		open func(h *harness) *openedLink
		// offers is what the attacker's browser is shown.
		offers linkapi.State
	}{
		"to link a bank": {func(h *harness) *openedLink { return h.awaitLogin(vouched) }, linkapi.StateConnect},
		"to renew one": {func(h *harness) *openedLink {
			h.askOverdue()
			h.edit("acme", vouched)
			h.run(time.Second)
			return h.openLink()
		}, linkapi.StateStart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			h.createApplicationKey()
			v := tc.open(h)
			attacker, victim := v.in("the attacker's browser"), v.in("the victim's browser")
			v.startsNothing(linkapi.StateProofRequired) // Before any click.
			victim.startsNothing(linkapi.StateProofRequired)
			ticket := attacker.ticket(attacker.challenge(), time.Minute)
			victim.proves(ticket, linkapi.StateProofRequired)
			victim.startsNothing(linkapi.StateProofRequired)
			if view := attacker.proves(ticket, tc.offers); view.ProofURL != "" {
				t.Errorf("the page shows %+v", view)
			}
			victim.proves(ticket, linkapi.StateInUse)
			victim.startsNothing(linkapi.StateInUse)
			h.clock.SetTime(h.clock.Now().Add(15 * time.Minute))
			victim.startsNothing(linkapi.StateProofRequired)
		})
	}
}

// TestVouchedCustomer links a bank, in the browser that the application vouches for, within an
// hour.
func TestVouchedCustomer(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createApplicationKey()
	v := h.awaitLogin(vouched).in("a browser")
	ticket := v.ticket(v.challenge(), 10*time.Minute)
	v.proves(ticket, linkapi.StateConnect)
	version := h.get("acme").ResourceVersion
	v.proves(ticket, linkapi.StateConnect)
	v.looks(linkapi.StateConnect)
	if h.get("acme").ResourceVersion != version {
		t.Error("a second look wrote something")
	}
	login := v.links("greatday_nomfa")
	v.in("another browser").finishes(login, linkapi.StateInUse)
	v.awaitSecret(login)
	h.run(time.Second)
	v.looks(linkapi.StateDone)
	v.in("another browser").looks(linkapi.StateDone)
	if h.get("acme").Status.Internal.LinkUse != nil {
		t.Error("the status still names the browser")
	}
}

// TestProofEnds: the word of the application counts for an hour, and for one link.
func TestProofEnds(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createApplicationKey()
	v := h.awaitLogin(vouched).in("a browser")
	v.proves(v.ticket(v.challenge(), time.Minute), linkapi.StateConnect)
	h.clock.SetTime(h.clock.Now().Add(59 * time.Minute))
	v.looks(linkapi.StateConnect)
	h.clock.SetTime(h.clock.Now().Add(time.Minute))
	v.startsNothing(linkapi.StateProofRequired)
	v.proves(v.ticket(v.challenge(), time.Minute), linkapi.StateConnect)
	h.edit("acme", func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
	})
	h.run(time.Second)
	v.looks(linkapi.StateLinkReplaced)
	v.visit.Token = h.token()
	v.startsNothing(linkapi.StateProofRequired)
}

// TestTicketsThatDoNotCount start nothing, and say nothing about why.
func TestTicketsThatDoNotCount(t *testing.T) {
	t.Parallel()
	forUID := func(uid, key string) func(v *openedLink, challenge string) string {
		return func(v *openedLink, challenge string) string {
			return link.Ticket([]byte(key), uid, challenge, v.clock.Now().Add(time.Minute))
		}
	}
	h := newGatewayHarness(t)
	h.createApplicationKey()
	v := h.awaitLogin(vouched).in("a browser")
	for name, make := range map[string]func(v *openedLink, challenge string) string{
		"nothing":               func(*openedLink, string) string { return "" },
		"words":                 func(*openedLink, string) string { return "let me in" },
		"a very long one":       func(*openedLink, string) string { return strings.Repeat("9", 1<<13) },
		"one that is over":      func(v *openedLink, c string) string { return v.ticket(c, 0) },
		"one for an hour":       func(v *openedLink, c string) string { return v.ticket(c, time.Hour) },
		"of another connection": forUID("00000000-0000-4000-8000-000000000000", applicationKey),
		"of another key":        forUID(string(h.get("acme").UID), strings.Repeat("x", link.KeyBytes)),
		"for another browser": func(v *openedLink, _ string) string {
			return v.ticket(v.in("another browser").challenge(), time.Minute)
		},
		"for no browser": func(v *openedLink, _ string) string { return v.ticket("", time.Minute) },
	} {
		v.proves(make(v, v.challenge()), linkapi.StateProofRequired)
		if h.get("acme").Status.Internal.LinkUse != nil {
			t.Errorf("%s counts", name)
		}
	}
	v.startsNothing(linkapi.StateProofRequired)
	unnamed := v.in("")
	unnamed.proves(v.ticket(link.Challenge(""), time.Minute), linkapi.StateProofRequired)
	for range 40 {
		if view, err := v.service.Prove(h.ctx(), v.visit, linkapi.NewIdentifier("x")); err != nil || view.State == linkapi.StateConnect {
			t.Fatalf("%+v, %v", view, err)
		}
	}
	v.proves(v.ticket(v.challenge(), time.Minute), linkapi.StateWait) // For an hour.
	other := v.in("another browser")
	other.proves(v.ticket(other.challenge(), time.Minute), linkapi.StateConnect)
}

// TestTicketsOfManyBrowsers: the tries of all browsers are bounded, too.
func TestTicketsOfManyBrowsers(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createApplicationKey()
	v := h.awaitLogin(vouched)
	for i := range 1500 {
		view, err := v.service.Prove(h.ctx(), v.in(fmt.Sprint("browser ", i)).visit, linkapi.NewIdentifier("x"))
		if err != nil || view.State == linkapi.StateConnect {
			t.Fatalf("%+v, %v", view, err)
		}
		if view.State == linkapi.StateWait {
			return
		}
	}
	t.Error("there is no limit")
}

// TestApplicationKeys: a Secret counts only if it is for this use, and its key cannot be guessed.
func TestApplicationKeys(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*corev1.Secret)
		want   linkapi.State
		why    string
	}{
		"a key": {func(*corev1.Secret) {}, linkapi.StateConnect, v1alpha1.ReasonConnectRequired},
		"the key before": {func(s *corev1.Secret) {
			s.Data = map[string][]byte{"key": []byte(strings.Repeat("n", 32)), "previousKey": []byte(applicationKey)}
		}, linkapi.StateConnect, v1alpha1.ReasonConnectRequired},
		"another Secret": {func(s *corev1.Secret) { s.Name = "other" }, linkapi.StateBlocked, v1alpha1.ReasonSecretNotFound},
		"no label":       {func(s *corev1.Secret) { s.Labels = nil }, linkapi.StateBlocked, v1alpha1.ReasonSecretInvalid},
		"another label": {func(s *corev1.Secret) {
			s.Labels[v1alpha1.PurposeLabel] = v1alpha1.PurposeLogin
		}, linkapi.StateBlocked, v1alpha1.ReasonSecretInvalid},
		"no key":        {func(s *corev1.Secret) { s.Data = nil }, linkapi.StateBlocked, v1alpha1.ReasonSecretKeyNotFound},
		"a short key":   {func(s *corev1.Secret) { s.Data["key"] = []byte("short") }, linkapi.StateBlocked, v1alpha1.ReasonSecretInvalid},
		"a short other": {func(s *corev1.Secret) { s.Data["previousKey"] = []byte("x") }, linkapi.StateBlocked, v1alpha1.ReasonSecretInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			h.createApplicationKey(tc.change)
			v := h.awaitLogin(vouched).in("a browser")
			if view := v.proves(v.ticket(v.challenge(), time.Minute), tc.want); view.Reason != tc.why {
				t.Errorf("the page shows %+v", view)
			}
		})
	}
}

// TestSecondBrowserFollows: a link in use cannot be used in another browser, which is told so. The
// wait ends a quarter of an hour after the last click.
func TestSecondBrowserFollows(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	first, second := v.in("the first"), v.in("the second")
	second.looks(linkapi.StateConnect)
	first.frames()
	for _, other := range []*openedLink{second, v} { // Also one that is not known.
		other.startsNothing(linkapi.StateInUse)
		if view := other.looks(linkapi.StateInUse); !view.Until.After(h.clock.Now().Add(14 * time.Minute)) {
			t.Errorf("until %v", view.Until)
		}
	}
	first.looks(linkapi.StateConnect)
	h.clock.SetTime(h.clock.Now().Add(10 * time.Minute))
	first.frames()
	h.clock.SetTime(h.clock.Now().Add(10 * time.Minute))
	second.looks(linkapi.StateInUse)
	h.clock.SetTime(h.clock.Now().Add(6 * time.Minute))
	second.frames()
	first.startsNothing(linkapi.StateInUse)
	login := second.links("greatday_nomfa")
	second.awaitSecret(login)
	h.run(time.Second)
	first.looks(linkapi.StateDone)
}

// TestTwoBrowsersPress: of two browsers that press at the same time, one starts a session, and the
// other follows it.
func TestTwoBrowsersPress(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	v := h.openLink()
	first, second := v.in("the first"), v.in("the second")
	first.starts(linkapi.StateWorking)
	second.starts(linkapi.StateWorking)
	h.run(time.Second)
	if n := h.calls()["Authorize live"]; n != 1 {
		t.Errorf("%d live sessions", n)
	}
	second.looks(linkapi.StateInUse)
	first.looks(linkapi.StateResume)
}
