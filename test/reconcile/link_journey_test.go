package reconcile

import (
	"net/url"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func (v *openedLink) opens(want linkapi.State) {
	v.t.Helper()
	got, err := v.service.Open(v.ctx(), v.visit)
	v.sees("an opening", got, err, want)
}

func (v *openedLink) expectJourney(want v1alpha1.JourneyState) *v1alpha1.LinkJourney {
	v.t.Helper()
	got := v.get("acme").Status.Link
	if got == nil || got.State != want {
		v.t.Fatalf("the journey is %+v, want %s", got, want)
	}
	return got
}

// TestJourneyOfALink: the status says how far the customer has come with their first link, and how the
// next one goes.
func TestJourneyOfALink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.expectJourney(v1alpha1.JourneyIssued)
	v.looks(linkapi.StateConnect) // as programs do that look into mails
	v.expectJourney(v1alpha1.JourneyIssued)
	v.opens(linkapi.StateConnect)
	v.expectJourney(v1alpha1.JourneyOpened)
	login := v.links("greatday_nomfa")
	v.expectJourney(v1alpha1.JourneyLeftForBank)
	v.finishes(login, linkapi.StateWorking)
	v.expectJourney(v1alpha1.JourneyReturned)
	v.awaitSecret(login)
	h.run(time.Second)
	v.looks(linkapi.StateDone)
	j := v.expectJourney(v1alpha1.JourneyCompleted)
	for _, at := range []time.Time{j.OpenedTime.Time, j.LeftForBankTime.Time, j.ReturnedTime.Time, j.CompletedTime.Time} {
		if at.Before(j.IssuedTime.Time) || at.After(h.clock.Now()) {
			t.Errorf("the journey is %+v", j)
		}
	}
	attempts := h.get("acme").Status.Attempts
	if len(attempts) != 1 || attempts[0].Trigger != v1alpha1.TriggerPerson || attempts[0].Class != v1alpha1.AttemptOK || attempts[0].DataTime == nil {
		t.Errorf("attempts: %+v", attempts)
	}
	v.opens(linkapi.StateDone) // which is no news
	v.expectJourney(v1alpha1.JourneyCompleted)
}

// TestJourneyThatIsAbandoned: no event tells that a customer does not go on.
func TestJourneyThatIsAbandoned(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.opens(linkapi.StateConnect)
	v.poke("acme")
	h.run(14 * time.Minute)
	v.expectJourney(v1alpha1.JourneyOpened)
	h.run(2 * time.Minute)
	v.expectJourney(v1alpha1.JourneyAbandoned)
	v.opens(linkapi.StateConnect)
	v.expectJourney(v1alpha1.JourneyOpened)
	v.awaitSecret(v.links("greatday_nomfa"))
	h.run(time.Second)
	if j := v.expectJourney(v1alpha1.JourneyCompleted); j.AbandonedTime == nil {
		t.Errorf("the journey is %+v", j)
	}
}

// TestOpenedTenThousandTimes: a customer can open it as often as they like, for one write.
func TestOpenedTenThousandTimes(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	before := len(v.replica.effects.names)
	for range 10_000 {
		v.opens(linkapi.StateConnect)
	}
	if names := v.replica.effects.names[before:]; len(names) != 1 {
		t.Errorf("it does %d things, first of all %v", len(names), names[:min(len(names), 5)])
	}
	v.expectJourney(v1alpha1.JourneyOpened)
}

// TestReturnedWithAnotherLogin: the bound login stays, the status says why, and the other login is left
// alone at Flinks.
func TestReturnedWithAnotherLogin(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, byGateway)
	h.run(time.Minute)
	h.sim.SetBankPassword("greatday_nomfa", "Otherday")
	h.request("acme", "1")
	h.run(time.Minute)
	v := h.openLink()
	bound := h.get("acme").Status.Binding
	other, err := (&flinkssim.Person{Username: "Greatday"}).Link(h.ctx(), v.frames().String())
	if err != nil {
		t.Fatal(err)
	}
	h.canaries = append(h.canaries, other.LoginID)
	for range 3 {
		v.finishes(other.LoginID, linkapi.StateOtherLogin)
	}
	if j := v.expectJourney(v1alpha1.JourneyReturned); j.Reason != v1alpha1.ReasonOtherLogin {
		t.Errorf("the journey is %+v", j)
	}
	h.run(time.Hour)
	st := h.get("acme").Status
	if st.Binding == nil || !st.Binding.BoundTime.Equal(&bound.BoundTime) || st.Binding.LoginFingerprint != bound.LoginFingerprint || len(st.UnverifiedLogins) != 1 {
		t.Errorf("bound to %+v, unverified: %+v", st.Binding, st.UnverifiedLogins)
	}
	if got := string(h.secret("acme-login").Data["loginId"]); got != login {
		t.Error("the Secret was changed")
	}
	h.expectEvent(v1alpha1.ReasonOtherLogin)
	h.expectDeleted(other.LoginID, false)
}

// leaveForBank returns the page of a customer who clicked, and the address of the bank's question.
func (h *harness) leaveForBank() (v *openedLink, question *url.URL) {
	h.t.Helper()
	h.askOverdue()
	v = h.openLink()
	v.opens(linkapi.StateStart)
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	return v, v.frames()
}

// TestClickBeforeTheObserve: the customer comes back to the page after the bank's question has
// expired, and clicks before the operator has looked at the login, as the page asks when it is
// shown. The one click opens the one session.
func TestClickBeforeTheObserve(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v, _ := h.leaveForBank()
	h.run(10 * time.Minute)
	v.sim.ResetJournal()
	v.looks(linkapi.StateStart)
	v.opens(linkapi.StateWorking)
	v.starts(linkapi.StateWorking)
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	v.looks(linkapi.StateResume)
	if calls := h.calls(); calls["Authorize cached"] != 1 || calls["Authorize live"] != 1 {
		t.Errorf("calls: %v", calls)
	}
	h.answer(h.resume())
	h.finish()
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	h.assertOneSession()
}

// TestClickBeforeAnObserveThatHelps: the observe shows that there is nothing left to do, so the click
// opens no session.
func TestClickBeforeAnObserveThatHelps(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v, question := h.leaveForBank()
	h.answer(question.String())
	h.clock.SetTime(h.clock.Now().Add(10 * time.Minute))
	v.sim.ResetJournal()
	v.opens(linkapi.StateWorking)
	v.starts(linkapi.StateWorking)
	h.run(time.Minute)
	v.looks(linkapi.StateDone)
	if calls := h.calls(); calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
}
