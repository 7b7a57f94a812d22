package lifecycle_test

import (
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// nights is Flinks' own nightly refresh of the login.
type nights struct {
	scheduled bool
	// now, and when the login was last read and last tried at night.
	now, read, tried time.Time
}

// pass lets the nights up to now happen.
func (f *remote) passNights(now time.Time) {
	f.now = now
	if f.tried.IsZero() {
		f.tried = now
	}
	for !f.tried.Add(24 * time.Hour).After(now) {
		f.tried = f.tried.Add(24 * time.Hour)
		f.night(f.tried)
	}
}

// night leaves the login out for what the documentation says.
func (f *remote) night(at time.Time) {
	const week = 7 * 24 * time.Hour
	passing := f.last == flinks.CodeOK || f.last == flinks.CodeRetryLater || f.last == flinks.CodeDisabledInstitution
	if !f.scheduled || f.gone || !passing || at.Sub(f.lastRefresh) > week || at.Sub(f.read) > week || f.open(at) != nil {
		return
	}
	switch n := f.IntN(100); {
	case f.calm || n < 60:
		f.success(at)
	case n < 80:
		f.last = flinks.CodeRetryLater
	default:
		f.last = flinks.CodeQuestionNotFound
	}
}

// setScheduled answers the call to /SetScheduledRefresh.
func (f *remote) setScheduled(active bool) *flinks.Error {
	switch {
	case f.calm:
	case f.down && f.chance(50):
		return notSent(setScheduled)
	case f.down:
		f.scheduled = active
		return noAnswer(setScheduled)
	case f.chance(20):
		codes := []flinks.Code{flinks.CodeMethodNotAvailable, flinks.CodeTooManyRequests, flinks.CodeAggregationError, flinks.CodeUnauthorized}
		return refusal(setScheduled, oneOf(f, codes...), false)
	}
	if f.gone {
		return refusal(setScheduled, flinks.CodeInvalidLogin, false)
	}
	f.scheduled = active
	return nil
}

// schedules makes the call that switches nightly refresh.
func (m *manager) schedules(w lifecycle.Inputs, a lifecycle.SetNightlyRefresh, o lifecycle.Outcome) lifecycle.Outcome {
	if o.Problem = m.access(w.Connection); o.Problem == "" {
		o.Err = m.f.setScheduled(a.Active)
		m.called(m)
	}
	return o
}

// flips lets an administrator switch nightly refresh at Flinks' dashboard.
func (w *walk) flips() {
	w.f.scheduled = !w.f.scheduled
	w.log("a program sets nightly refresh to %v", w.f.scheduled)
}

// switching remembers what shows that the operator does not fight another program.
type switching struct {
	// unseen reports whether no observe followed the newest attempt to switch on; since is
	// when that was.
	unseen bool
	since  time.Time
}

// scheduleDecided: it is switched on for the policy, and off without it.
func (w *walk) scheduleDecided(inputs lifecycle.Inputs, a lifecycle.SetNightlyRefresh) {
	p := holds(inputs)
	c := inputs.Connection
	wanted := p != nil && p.Type == v1alpha1.RefreshNightly && !c.Spec.Suspend && c.DeletionTimestamp.IsZero()
	if a.Active != wanted {
		w.broken("switched to %v, wanted is %v", a.Active, wanted)
	}
}

// outcomeRecorded: one switch for each time that Flinks tells about the login, and
// one that took a day.
func (w *walk) outcomeRecorded(o lifecycle.Outcome) {
	change, _ := o.Action.(lifecycle.SetNightlyRefresh)
	switch {
	case o.Superseded != nil:
		w.switching = switching{} // It is another login now.
	case o.Authorization != nil, o.Accounts != nil,
		o.Err != nil && (o.Err.InSession || o.Err.Class == flinks.ClassUser || o.Err.Class == flinks.ClassData):
		w.unseen = false
	case !change.Active || o.Problem != "":
	case w.unseen:
		w.broken("switched on twice after one observe")
	default:
		w.unseen = true
		if o.Err == nil {
			if !w.since.IsZero() && w.now.Sub(w.since) < 24*time.Hour {
				w.broken("switched on again after %v", w.now.Sub(w.since))
			}
			w.since = w.now
		}
	}
}

// nightlyJudged: the nights do not make the customer act if Flinks has young data, or
// under another policy.
func (w *walk) nightlyJudged(before, st *v1alpha1.BankConnectionStatus) {
	const failed = v1alpha1.ReasonNightlyRefreshFailed
	if st.Reconnect == nil || st.Reconnect.Reason != failed || (before.Reconnect != nil && before.Reconnect.Reason == failed) {
		return
	}
	if w.stored.Spec.Suspend || st.RefreshPolicy.Type != v1alpha1.RefreshNightly {
		w.broken("%s of an object that leaves nothing to the night", failed)
	}
	if st.LastObservedTime == nil {
		w.broken("%s without an observe", failed)
	}
	if st.LastError != nil || w.isCorrupted(w.now, 200*time.Hour) {
		return // Flinks did not tell the age of the data.
	}
	if age := st.LastObservedTime.Sub(w.f.lastRefresh); age > 0 && age < 35*time.Hour {
		w.broken("%s though the data were %v old", failed, age)
	}
}

func (w *walk) editsToNightly(observe time.Duration) {
	w.log("nightly")
	w.edit(func(spec *v1alpha1.BankConnectionSpec) {
		every(time.Hour, min(observe, 144*time.Hour))(spec)
		spec.RefreshPolicy.Type, spec.RefreshPolicy.Interval = v1alpha1.RefreshNightly, nil
	})
}

// servesNightly: nightly refresh is switched on and brings data, without any live
// call; a suspended object has it switched off and costs nothing.
func (w *walk) servesNightly() {
	w.editsToNightly(24 * time.Hour)
	live := w.live
	w.workFor(6 * 24 * time.Hour)
	st := &w.stored.Status
	if w.live != live || !w.f.scheduled || st.Nightly == nil || !st.Nightly.Enabled {
		w.broken("%d live calls, nightly refresh %v", w.live-live, w.f.scheduled)
	}
	if age := w.now.Sub(st.LastRefreshTime.Time); age > 52*time.Hour || st.Reconnect != nil {
		w.broken("the nights leave data %v old", age)
	}
	w.collected(st)
	w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = true })
	w.workFor(time.Hour)
	if w.f.scheduled || w.stored.Status.Nightly != nil {
		w.broken("nightly refresh of a suspended object")
	}
	calls, writes := w.totalCalls, w.writes
	w.leader.restart()
	w.workFor(30 * 24 * time.Hour)
	if w.totalCalls != calls || w.writes != writes {
		w.broken("%d calls and %d writes for a suspended object", w.totalCalls-calls, w.writes-writes)
	}
	w.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = false })
	w.workFor(4 * 24 * time.Hour)
	// So long without a night the login is no longer eligible: the customer has to act.
	if c := w.stored.Status.Reconnect; c == nil || !strings.HasPrefix(c.Reason, "Nightly") || w.live != live {
		w.broken("reconnect is %+v after a month", c)
	}
}

// collected: the data that came without the operator was collected.
func (w *walk) collected(st *v1alpha1.BankConnectionStatus) {
	if r := st.Refresh; r == nil || r.State != v1alpha1.RefreshSucceeded || len(st.Accounts) == 0 {
		w.broken("the data of the nights is not collected: %+v, %d accounts", r, len(st.Accounts))
	}
}

func (w *walk) workFor(d time.Duration) {
	deadline := w.now.Add(d)
	for !w.leader.wake.IsZero() && w.leader.wake.Before(deadline) {
		w.work()
	}
	w.pass(max(0, deadline.Sub(w.now)))
}
