package reconcile

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

const gatewayURL = "https://connect.example.com"

func linkKeys(t testing.TB) link.Keys {
	t.Helper()
	return keysOf(t, keyOf(t, 'k', time.Time{}))
}

func keyOf(t testing.TB, b byte, signsFrom time.Time) link.Key {
	t.Helper()
	key, err := link.NewKey(bytes.Repeat([]byte{b}, link.KeyBytes), signsFrom)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keysOf(t testing.TB, all ...link.Key) link.Keys {
	t.Helper()
	keys, err := link.NewKeys(all...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func byGateway(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
}

// newGatewayHarness returns a namespace with a ready instance that has a gateway.
func newGatewayHarness(t *testing.T) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL + "/"}
	})
	h.probe()
	return h
}

// askOverdue leaves a question of the bank unanswered until its session is over.
func (h *harness) askOverdue() (login string) {
	h.t.Helper()
	login = h.ask(byGateway)
	h.run(10 * time.Minute)
	h.expect("acme", "UserActionRequired=True LinkExpired")
	h.sim.ResetJournal()
	return login
}

// page returns what a replica that does not lead knows of a link.
func (h *harness) page() lifecycle.Inputs {
	h.t.Helper()
	return lifecycle.Inputs{Facts: lifecycle.Facts{Connection: h.get("acme"), Gateway: &lifecycle.Gateway{}}}
}

func (h *harness) finds(want lifecycle.LinkState) {
	h.t.Helper()
	if v := lifecycle.ViewLink(h.clock.Now(), h.page()); v.State != want {
		h.t.Fatalf("the person finds %+v, not %s (status: %+v)", v, want, h.get("acme").Status)
	}
}

// writes writes what a replica makes of a press, a notification or an end.
func (h *harness) writes(request func(time.Time, lifecycle.Inputs) (v1alpha1.BankConnectionStatus, bool)) {
	h.t.Helper()
	w := h.page()
	st, ok := request(h.clock.Now(), w)
	if !ok {
		h.t.Fatalf("nothing is asked for (status: %+v)", w.Connection.Status)
	}
	w.Connection.Status = st
	if err := h.direct.Status().Update(h.ctx(), w.Connection); err != nil {
		h.t.Fatal(err)
	}
	h.poke("acme")
}

func (h *harness) press()  { h.t.Helper(); h.writes(lifecycle.RequestRefresh) }
func (h *harness) notify() { h.t.Helper(); h.writes(lifecycle.RequestObserve) }
func (h *harness) finish() { h.t.Helper(); h.writes(lifecycle.FinishLink) }

// resume returns the address of the bank's question that a page makes out of the sealed session.
func (h *harness) resume() string {
	h.t.Helper()
	c := h.get("acme")
	raw, err := linkKeys(h.t).Open(h.clock.Now(), string(c.UID), c.Status.Internal.SealedSession)
	if err != nil {
		h.t.Fatal(err)
	}
	id, err := flinks.ParseRequestID(raw)
	if err != nil {
		h.t.Fatal(err)
	}
	endpoint, err := flinks.NewEndpoint(h.url, h.url, h.sim.Credentials().CustomerID)
	if err != nil {
		h.t.Fatal(err)
	}
	token, err := flinks.ParseAuthorizeToken([]byte(h.sim.MintAuthorizeToken()))
	if err != nil {
		h.t.Fatal(err)
	}
	url, err := flinks.ConnectURL(endpoint, flinks.ConnectParams{RequestID: id, AuthorizeToken: token, Form: flinks.FormV2})
	if err != nil {
		h.t.Fatal(err)
	}
	return url
}

// claims returns what the link in the status says, which must be one that works.
func (h *harness) claims() link.Claims {
	h.t.Helper()
	c := h.get("acme")
	token, ok := strings.CutPrefix(c.Status.Reconnect.Link.URL, gatewayURL+"/c/")
	if !ok {
		h.t.Fatalf("the link is %q", c.Status.Reconnect.Link.URL)
	}
	claims, err := linkKeys(h.t).Verify(h.clock.Now(), token)
	if err != nil || claims.UID != string(c.UID) || !claims.Issued.Equal(c.Status.Reconnect.Link.IssueTime.Time) {
		h.t.Fatalf("the link says %+v: %v", claims, err)
	}
	return claims
}

// TestFirstConnect: a connection without a login has a link, waits without calls and
// almost without reads, and is ready as soon as the Secret is there.
func TestFirstConnect(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.sim.ResetJournal()
	h.effects.names = nil
	h.createConnection("acme", byGateway)
	h.run(time.Minute)
	h.expect("acme", "Ready=False UserActionRequired", "UserActionRequired=True ConnectRequired", "Authorized=False ConnectRequired", "Stalled=", "GatewayUnavailable=")
	if c := h.claims(); c.Purpose != link.Connect || c.Expires.Sub(c.Issued) != 7*24*time.Hour {
		t.Errorf("the link says %+v", c)
	}
	if got := h.kstatus("acme"); got != status.InProgressStatus {
		t.Errorf("kstatus says %s", got)
	}
	h.finds(lifecycle.LinkConnect)
	h.run(2 * time.Hour)
	h.effects.reads = nil
	version := h.get("acme").ResourceVersion
	h.run(24 * time.Hour)
	if calls, n := h.calls(), len(h.effects.reads); len(calls) != 0 || n > 24*6+1 || h.get("acme").ResourceVersion != version {
		t.Errorf("a day of waiting costs %v, %d reads and writes: %v", calls, n, h.effects.names)
	}
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"},
		Data:       map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))},
	})
	h.finish()
	h.finds(lifecycle.LinkWorking)
	h.run(time.Second)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if c := h.get("acme"); c.Status.Reconnect != nil || c.Status.Binding == nil || c.Status.Internal.GatewayRequest != nil {
		t.Errorf("status: %+v", c.Status)
	}
	h.finds(lifecycle.LinkDone)
}

// TestPress: one press makes one live call, at once, and is gone with its claim. The
// link stays the same through all of it, and no RequestId is anywhere in the object.
func TestPress(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	before := h.get("acme").Status
	claims := h.claims()
	if claims.Purpose != link.Reconnect {
		t.Errorf("the link says %+v", claims)
	}
	h.finds(lifecycle.LinkStart)
	h.press()
	h.finds(lifecycle.LinkWorking)
	h.run(time.Second)
	h.finds(lifecycle.LinkResume)
	c := h.get("acme")
	if c.Status.Internal.GatewayRequest != nil || len(c.Status.Internal.AttendedTimes) != 1 || *c.Status.LastHandledRequest != *before.LastHandledRequest {
		t.Errorf("status: %+v", c.Status)
	}
	h.assertSealed()
	h.answer(h.resume())
	h.finish()
	h.finds(lifecycle.LinkWorking)
	if h.claims() != claims {
		t.Error("the link changed")
	}
	h.run(time.Minute)
	h.finds(lifecycle.LinkDone)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if calls := h.calls(); calls["Authorize live"] != 1 {
		t.Errorf("calls: %v", calls)
	}
	h.run(24 * time.Hour)
	h.assertOneSession()
	if calls := h.calls(); calls["Authorize live"] != 1 {
		t.Errorf("calls a day later: %v", calls)
	}
}

// assertSealed asserts that no RequestId is anywhere in the objects, links included.
func (h *harness) assertSealed() {
	h.t.Helper()
	dump := h.dump(false)
	for _, e := range h.sim.Journal() {
		if e.RequestID != "" && strings.Contains(strings.ToLower(dump), strings.ToLower(e.RequestID)) {
			h.t.Error("a RequestId is in the status")
		}
	}
}

// TestQuestionExpires: what is sealed goes with the session, and the link stays.
func TestQuestionExpires(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	url := h.get("acme").Status.Reconnect.Link.URL
	h.press()
	h.run(time.Second)
	h.resume()
	h.run(8 * time.Minute)
	if r := h.get("acme").Status.Reconnect; h.get("acme").Status.Internal.SealedSession != "" || r.Link.URL != url || r.Reason != v1alpha1.ReasonLinkExpired {
		t.Errorf("reconnect: %+v", r)
	}
	h.finds(lifecycle.LinkWait)
	h.run(2 * time.Minute)
	h.finds(lifecycle.LinkStart)
}

// TestPressOfAnotherTime: a press of another time is never carried out, because the person has left.
func TestPressOfAnotherTime(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	h.press()
	h.clock.SetTime(h.clock.Now().Add(time.Minute))
	h.run(24 * time.Hour)
	if calls := h.calls(); calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
	if g := h.get("acme").Status.Internal.GatewayRequest; g != nil {
		t.Errorf("it is still there: %+v", g)
	}
	h.finds(lifecycle.LinkStart)
}

// TestHint costs one observe, at once.
func TestHint(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.connect("acme", h.seed("greatday_nomfa")) // Whatever its links are.
	h.run(time.Minute)
	h.sim.ResetJournal()
	h.notify()
	h.run(time.Minute)
	if calls := h.calls(); calls["Authorize cached"] != 1 || calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
	if g := h.get("acme").Status.Internal.GatewayRequest; g != nil {
		t.Errorf("it is still there: %+v", g)
	}
}

// TestHintMeanwhile: what is asked for during a live call is neither lost nor done
// twice, and the press before it does not come back.
func TestHintMeanwhile(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	notified := false
	h.boot(func(e *effects) {
		e.before = func(name string) {
			if name == "call Authorize" && !notified {
				notified = true
				h.notify()
			}
		}
	})
	h.press()
	if _, err := h.reconcile("acme"); err != nil {
		t.Fatal(err)
	}
	if g := h.get("acme").Status.Internal.GatewayRequest; !notified || g == nil || g.Action != v1alpha1.GatewayObserve {
		t.Fatalf("the request is %+v", g)
	}
	h.run(time.Second)
	if g := h.get("acme").Status.Internal.GatewayRequest; g != nil {
		t.Errorf("the request is %+v", g)
	}
	h.finds(lifecycle.LinkResume)
	if calls := h.calls(); calls["Authorize live"] != 1 || calls["Authorize cached"] != 1 {
		t.Errorf("calls: %v", calls)
	}
}

// TestAnotherLink takes the place of the one before when it is asked for, and when
// its time is over; in between it stays.
func TestAnotherLink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createConnection("acme", byGateway)
	h.run(time.Minute)
	h.drainEvents()
	first := h.claims()
	h.edit("acme", func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, "1")
	})
	h.run(time.Second)
	second := h.claims()
	if !second.Issued.After(first.Issued) {
		t.Errorf("%+v after %+v", second, first)
	}
	if told := h.drainEvents(); strings.Count(told, v1alpha1.ReasonLinkIssued) != 1 || strings.Contains(told, "http") {
		t.Errorf("events: %s", told)
	}
	h.run(7*24*time.Hour - time.Minute)
	if h.claims() != second {
		t.Error("the link changed before its time")
	}
	h.run(2 * time.Minute)
	if third := h.claims(); !third.Issued.After(second.Issued) || third.Expires.Sub(third.Issued) != 7*24*time.Hour {
		t.Errorf("%+v after %+v", third, second)
	}
}

// TestNoGateway: without a gateway there is no link, and the status says so.
func TestNoGateway(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(t *testing.T) *harness{
		"the instance has none": newHarness,
		"the operator serves none": func(t *testing.T) *harness {
			h := newGatewayHarness(t)
			h.connections.Logins.Links = nil
			return h
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := arrange(t)
			h.createConnection("acme", byGateway)
			h.run(time.Minute)
			h.expect("acme", "Ready=False SecretNotFound", noActionRequired, "GatewayUnavailable=True GatewayNotConfigured")
			h.create(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"},
				Data:       map[string][]byte{"loginId": []byte(h.seed("Greatday"))},
			})
			h.run(2 * time.Minute)
			h.request("acme", "1")
			h.run(time.Second)
			h.expect("acme", "UserActionRequired=True MFARequired", "GatewayUnavailable=True GatewayNotConfigured")
			if r := h.get("acme").Status.Reconnect; r.Link.URL != "" {
				t.Errorf("reconnect: %+v", r)
			}
			h.assertSealed()
		})
	}
}

// TestPageKilledAnywhere kills the manager before and after every API write and every
// Flinks call of a first connect, a reconnect by a press, and a deletion. There is never
// more than one live session for each press, and the person gets through in the end.
func TestPageKilledAnywhere(t *testing.T) {
	t.Parallel()
	reference := pageJob(t, nil)
	t.Logf("%d effects: %v", len(reference), reference)
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			name := "before "
			if committed {
				name = "after "
			}
			t.Run(name+reference[at-1], func(t *testing.T) {
				t.Parallel()
				pageJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
}

// pageJob lets a person link a bank and be asked by it, and returns the effects of the
// first manager.
func pageJob(t *testing.T, interfere func(*effects)) []string {
	h := newGatewayHarness(t)
	h.boot(interfere)
	first := h.effects
	p := &pagePerson{harness: h, login: h.seed("Greatday")}
	h.createConnection("acme", byGateway)
	for deadline := h.clock.Now().Add(12 * time.Hour); !h.gone("acme") && h.clock.Now().Before(deadline); {
		h.runUntil(time.Minute, h.effects.isKilled)
		if h.effects.isKilled() {
			h.boot(nil)
			h.poke("acme")
			continue
		}
		h.assertOneSession()
		h.assertSealed()
		p.acts()
	}
	if !h.gone("acme") {
		t.Fatalf("not done after 12 hours: %+v", h.get("acme").Status)
	}
	state, _ := h.sim.Login(p.login)
	if !state.Deleted || state.LiveOpened > p.asked {
		t.Errorf("deleted: %v; %d live sessions, asked for %d times", state.Deleted, state.LiveOpened, p.asked)
	}
	return first.names
}

// pagePerson is a person, and the application that first has them asked.
type pagePerson struct {
	*harness
	login string
	// asked counts the request of the application and the presses of the person.
	asked int
}

func (p *pagePerson) acts() {
	p.t.Helper()
	if p.gone("acme") {
		return
	}
	c := p.get("acme")
	if !c.DeletionTimestamp.IsZero() {
		p.poke("acme")
		return
	}
	switch v := lifecycle.ViewLink(p.clock.Now(), p.page()); {
	case v.State == lifecycle.LinkConnect && p.secret("acme-login") == nil:
		p.create(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: "acme-login"},
			Data:       map[string][]byte{"loginId": []byte(p.login)},
		})
		p.finish()
	case v.State == lifecycle.LinkStart:
		p.asked++
		p.press()
	case v.State == lifecycle.LinkResume && p.asked > 1 && p.sim.OpenSessions(p.login) > 0:
		p.answer(p.resume())
		p.finish()
	case v.State != lifecycle.LinkDone || open(c):
	case len(c.Status.Accounts) > 0:
		p.delete("acme")
	default:
		p.asked++
		p.request("acme", p.clock.Now().Format(time.RFC3339))
	}
}
