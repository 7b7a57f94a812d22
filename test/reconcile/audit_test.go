package reconcile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// auditLine is a line of the audit log, as a program reads it.
type auditLine struct {
	Time       time.Time `json:"time"`
	Logger     string    `json:"logger"`
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	audit.Record
}

// auditLines returns all that was recorded.
func (h *harness) auditLines() (all []auditLine) {
	h.t.Helper()
	for text := range strings.Lines(h.records.String()) {
		var l auditLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			h.t.Fatalf("%q: %v", text, err)
		}
		all = append(all, l)
	}
	return all
}

// expectRecords asserts all that was recorded, each as "Action", with the reason behind a slash if it was
// refused or has one, and with an @ behind it if it was done in a browser.
func (h *harness) expectRecords(want ...string) {
	h.t.Helper()
	var got []string
	for _, l := range h.auditLines() {
		text := string(l.Action)
		if l.Outcome == audit.Refused {
			text += " refused"
		}
		if l.Reason != "" {
			text += "/" + l.Reason
		}
		if l.Client != nil {
			text += " @"
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("records (-want +got):\n%s", diff)
	}
}

// from returns the link as someone at another address opens it.
func (v *openedLink) from(network string) *openedLink {
	w := *v
	w.visit.Client = linkapi.NewIdentifier(network)
	if address, _, ok := strings.Cut(network, "/"); ok {
		v.canaries = append(v.canaries, address)
	}
	return &w
}

// TestRecordsOfALinkedBank: each step is recorded once, however often the page asks, and says whose
// connection it was, at which instance and in which browser.
func TestRecordsOfALinkedBank(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	for range 5 {
		v.looks(linkapi.StateConnect)
	}
	login := v.links("greatday_nomfa")
	v.awaitSecret(login)
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	v.finishes(login, linkapi.StateDone)
	connection := h.get("acme")
	h.expectRecords("LinkOpened @", "LoginLinked @", "LoginBound")
	keyID, pseudonym := h.keys.Pseudonym(h.clock.Now(), aNetwork)
	browser := &audit.Client{KeyID: keyID, Pseudonym: pseudonym}
	for i, l := range h.auditLines() {
		want := auditLine{
			Time: l.Time, Logger: "audit", APIVersion: "audit.flinks-operator.dev/v1", Kind: "AuditRecord",
			Record: audit.Record{
				Act:      audit.Act{Action: l.Action, Outcome: audit.Succeeded},
				Object:   audit.Object{Kind: "BankConnection", Namespace: h.namespace, UID: string(connection.UID)},
				Instance: audit.Instance{Kind: "ClusterFlinksInstance", Name: h.instance()}, Client: browser,
			},
		}
		if i == 2 {
			want.Client = nil
		}
		if diff := cmp.Diff(want, l); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
		if age := h.clock.Since(l.Time); age < 0 || age > 10*time.Minute || l.Time.Location() != time.UTC {
			t.Errorf("record %d is of %v", i, l.Time)
		}
	}
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectRecords("LinkOpened @", "LoginLinked @", "LoginBound", "LoginDeleted")
}

// TestRecordsOfLinksThatDoNotWork: opening a link that does not work is recorded, too. The hour is that of
// the memory of a replica.
func TestRecordsOfLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.in("the first").frames()
	second := v.in("the second").from("198.51.100.77/32")
	second.looks(linkapi.StateInUse)
	second.looks(linkapi.StateInUse)
	h.expectRecords("LinkOpened @", "LinkOpened refused/InUse @")
	lines := h.auditLines()
	if lines[0].Client.Pseudonym == lines[1].Client.Pseudonym || lines[0].Client.KeyID != lines[1].Client.KeyID {
		t.Error("two addresses are not told apart")
	}
	h.annotate("acme", v1alpha1.LinkRequestedAtAnnotation, "1")
	h.run(time.Second)
	v.looks(linkapi.StateLinkReplaced)
	v.visit.Token = h.token()
	h.clock.SetTime(h.clock.Now().Add(100 * 24 * time.Hour))
	v.looks(linkapi.StateLinkExpired)
	h.clock.SetTime(h.clock.Now().Add(time.Hour))
	v.looks(linkapi.StateLinkExpired)
	h.expectRecords("LinkOpened @", "LinkOpened refused/InUse @", "LinkOpened refused/LinkReplaced @",
		"LinkOpened refused/LinkExpired @", "LinkOpened refused/LinkExpired @")
	v.visit.Token = linkapi.NewIdentifier(strings.Repeat("x", link.TokenLength))
	v.looks(linkapi.StateLinkInvalid) // It names no object.
	if n := len(h.auditLines()); n != 5 {
		t.Errorf("%d records", n)
	}
}

// TestRecordsOfTickets: a ticket that counts is recorded once, and one that does not once for each
// reason.
func TestRecordsOfTickets(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createApplicationKey()
	v := h.awaitLogin(vouched).in("a browser")
	challenge := v.challenge()
	for range 3 {
		v.proves(v.ticket(challenge, 0), linkapi.StateProofRequired)
		v.proves(v.ticket("", time.Minute), linkapi.StateProofRequired)
		v.proves(v.ticket(challenge, time.Hour), linkapi.StateProofRequired)
		v.proves("words", linkapi.StateProofRequired)
	}
	ticket := v.ticket(challenge, time.Minute)
	v.proves(ticket, linkapi.StateConnect)
	v.proves(ticket, linkapi.StateConnect)
	v.frames()
	h.expectRecords("LinkOpened @", "ProofPresented refused/TicketExpired @", "ProofPresented refused/TicketForged @",
		"ProofPresented refused/TicketTooLong @", "ProofPresented refused/TicketMalformed @", "ProofPresented @")
	h.clock.SetTime(h.clock.Now().Add(time.Hour))
	v.proves(v.ticket(challenge, time.Minute), linkapi.StateConnect)
	if last := h.auditLines()[len(h.auditLines())-1]; last.Action != audit.ProofPresented || last.Outcome != audit.Succeeded {
		t.Errorf("the second proof is recorded as %+v", last)
	}
}

// TestRecordOfAKeyThatCannotBeUsed names what is wrong with the Secret.
func TestRecordOfAKeyThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin(vouched).in("a browser")
	v.proves(v.ticket(v.challenge(), time.Minute), linkapi.StateBlocked)
	h.expectRecords("LinkOpened @", "ProofPresented refused/SecretNotFound @")
}

// TestRecordsOfRefusedLogins: each login that a browser names in vain is recorded once in an hour.
func TestRecordsOfRefusedLogins(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	bound := h.seed("greatday_nomfa+bound")
	h.connect("other", bound)
	h.run(time.Minute)
	h.expectRecords("LoginBound")
	v := h.awaitLogin()
	for i := range 3 {
		v.waits(h.seed(fmt.Sprintf("greatday_nomfa+%d", i)))
		v.waits(strangeLogin)
		v.finishes(bound, linkapi.StateBlocked)
	}
	own := v.links("greatday_nomfa+own")
	v.awaitSecret(own)
	h.run(time.Minute)
	v.finishes(bound, linkapi.StateOtherLogin)
	v.finishes(bound, linkapi.StateOtherLogin)
	want := []string{"LoginBound", "LinkOpened @"}
	for range 3 { // These are three logins.
		want = append(want, "LoginLinked refused/NotVerified @")
	}
	want = slices.Insert(want, 3, "LoginLinked refused/NotVerified @", "LoginLinked refused/DuplicateLogin @")
	h.expectRecords(append(want, "LoginLinked @", "LoginBound", "LoginLinked refused/OtherLogin @")...)
}

// TestRecordsOfRefreshes: a click and an annotation are recorded once each, and an annotation that was
// refused with the reason.
func TestRecordsOfRefreshes(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	h.expectRecords("LoginBound", "RefreshRequested")
	v, w := h.openLink(), h.openLink()
	v.starts(linkapi.StateWorking)
	v.starts(linkapi.StateWorking)
	w.starts(linkapi.StateWorking)
	want := []string{"LoginBound", "RefreshRequested", "LinkOpened @", "RefreshRequested @", "LinkOpened @"}
	h.expectRecords(want...)
	h.run(time.Second)
	h.request("acme", "2")
	h.run(20 * time.Minute)
	want = append(want, "RefreshRequested refused/SessionOpen")
	h.expectRecords(want...)
	h.request("acme", "3")
	h.run(time.Minute)
	h.expectRecords(append(want, "RefreshRequested")...)
}

// TestRecordOfARequestThatWasTakenBack: the request is accepted by the claim, and refused before the
// live call.
func TestRecordOfARequestThatWasTakenBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.effects.after = func(name string) {
		if name == "update BankConnection/status" {
			i := h.theInstance()
			i.Spec.Suspend = true
			h.update(i)
		}
	}
	h.request("acme", "1")
	h.run(time.Second)
	h.expectRecords("LoginBound", "RefreshRequested", "RefreshRequested refused/InstanceSuspended")
}

// TestRecordsOfParting: a rebinding, and each way in which a login ends.
func TestRecordsOfParting(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.replaceLogin("acme", h.seed("greatday_nomfa+new"))
	h.run(27 * time.Hour)
	h.annotate("acme", v1alpha1.RebindAnnotation, h.fingerprint("acme"))
	h.run(2 * time.Minute)
	want := []string{"LoginBound", "LoginSuperseded", "LoginBound"}
	h.expectRecords(want...)
	h.annotate("acme", v1alpha1.AbandonLoginAnnotation, "true")
	h.run(time.Minute)
	h.expectRecords(want...)
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	want = append(want, "LoginAbandoned")
	h.expectRecords(want...)
	h.connect("beta", h.seed("greatday_nomfa+beta"), func(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain })
	h.run(time.Minute)
	h.delete("beta")
	h.run(time.Minute)
	h.expectRecords(append(want, "LoginBound", "LoginLeft/LoginRetained")...)
}

// TestRecordsOfConfirmations: what an administrator says about deletions at an instance.
func TestRecordsOfConfirmations(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	now := h.clock.Now()
	for range 2 { // The second time changes nothing.
		h.onInstance(allowUntil(now.Add(time.Hour)))
	}
	h.onInstance(allowUntil(now.Add(-time.Hour)))
	h.onInstance(allowUntil(now.Add(30 * time.Hour)))
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AllowDeletionsUntilAnnotation, "true")
	})
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = nil })
	h.expectRecords("DeletionsConfirmed", "DeletionsConfirmed refused/ConfirmationExpired",
		"DeletionsConfirmed refused/ConfirmationTooFarAhead", "DeletionsConfirmed refused/ConfirmationUnreadable")
	lines := h.auditLines()
	if len(lines) == 0 {
		return
	}
	want := audit.Record{
		Act:      audit.Act{Action: audit.DeletionsConfirmed, Outcome: audit.Succeeded},
		Object:   audit.Object{Kind: "ClusterFlinksInstance", UID: string(h.theInstance().UID)},
		Instance: audit.Instance{Kind: "ClusterFlinksInstance", Name: h.instance()},
	}
	if diff := cmp.Diff(want, lines[0].Record); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
}

// TestRecordsOfRevocations: an annotation that ends no further links leaves no record.
func TestRecordsOfRevocations(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	now := h.clock.Now()
	for _, value := range []string{rfc3339(now), rfc3339(now), rfc3339(now.Add(-time.Hour)), "now", "now", rfc3339(now.Add(time.Hour))} {
		h.clock.SetTime(h.clock.Now().Add(time.Minute))
		h.revokeLinks(value)
		h.probe()
	}
	h.expectRecords("LinksRevoked", "LinksRevoked refused/RevocationUnreadable", "LinksRevoked")
}

// TestRecordsAreBounded: what someone who holds a link records by it alone, however many addresses they
// have.
func TestRecordsAreBounded(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	for i := range 200 {
		v.from(fmt.Sprintf("2001:db8:0:%x::/64", i)).looks(linkapi.StateConnect)
	}
	if n := len(h.auditLines()); n != 60 {
		t.Errorf("%d records", n)
	}
	login := v.links("greatday_nomfa") // What changes something is recorded nevertheless.
	v.awaitSecret(login)
	if last := h.auditLines()[60:]; len(last) != 1 || last[0].Action != audit.LoginLinked {
		t.Errorf("then: %+v", last)
	}
}

// TestPseudonyms: a pseudonym stands for a network, as long as a key signs.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.looks(linkapi.StateConnect)
	v.from("2001:db8:1:2:3:4:5:6/64").looks(linkapi.StateConnect)
	v.from("2001:db8:1:2::/64").looks(linkapi.StateConnect)
	for _, odd := range []string{"", "203.0.113.207", "an address", strings.Repeat("1", 1<<12)} {
		v.from(odd).looks(linkapi.StateConnect)
	}
	h.keys = keysOf(t, keyOf(t, 'k', time.Time{}), keyOf(t, 'n', h.clock.Now()))
	v.looks(linkapi.StateConnect)
	h.expectRecords("LinkOpened @", "LinkOpened @", "LinkOpened @", "LinkOpened @")
	lines := h.auditLines()
	if len(lines) != 4 {
		return
	}
	first, unknown, other := lines[0].Client, lines[2].Client, lines[3].Client
	if *unknown != (audit.Client{}) {
		t.Errorf("a text that is no address is %+v", unknown)
	}
	if other.KeyID == first.KeyID || other.Pseudonym == first.Pseudonym {
		t.Errorf("with another key: %+v and %+v", first, other)
	}
}

// TestRecordsFollowWhatHappened: what could not be written is not recorded, and what a process that died
// had done is not recorded again by the next one.
func TestRecordsFollowWhatHappened(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		committed bool
		want      []string
	}{
		"the write was lost":            {false, []string{"LoginBound", "RefreshRequested"}},
		"it died right after the write": {true, []string{"LoginBound"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			h.boot(func(e *effects) { e.killAt, e.committed = 1, tc.committed })
			h.request("acme", "1")
			h.run(0)
			h.expectRecords("LoginBound")
			h.boot(nil)
			h.poke("acme")
			h.run(time.Hour)
			h.expectRecords(tc.want...)
		})
	}
}
