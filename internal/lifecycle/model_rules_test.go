package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

const (
	hold = 13 * time.Minute
	// maxCalls and maxReconciles are what one manager may do in a minute without an event.
	maxCalls, maxReconciles = 20, 40
)

// rules are the promises, and what has to be remembered to see them kept.
type rules struct {
	// corrupted is when the status was last edited; planned is the refresh that it planned
	// then.
	corrupted time.Time
	planned   *time.Time
	policy    policyEdits
	// claims are the requests that were carried out; repeats are those that a
	// changed status may let happen once more.
	claims, refused map[string]int
	repeats         map[string]int
	// unattended are the live sessions that contacted the bank since a user last acted, or
	// the bank let Flinks in.
	unattended []time.Time
	// succeeded is when the newest recorded success was claimed; landed is when the
	// newest outcome was recorded.
	succeeded, claimedAt, landed time.Time
	paused, pausedUntil          time.Time
	// letIn are the seconds at which a live call was answered with success.
	letIn     map[int64]bool
	dataFixed bool // the operator wrote lastRefreshTime, not an edit
	writes    int
	switching
}

func newRules() rules {
	return rules{
		claims: map[string]int{}, refused: map[string]int{}, repeats: map[string]int{},
		letIn: map[int64]bool{}, dataFixed: true,
	}
}

func (r *rules) isCorrupted(now time.Time, within time.Duration) bool {
	return !r.corrupted.IsZero() && now.Before(r.corrupted.Add(within))
}

// decided: nothing is called for an object that must be left alone, and no manager
// runs in circles.
func (w *walk) decided(m *manager, inputs lifecycle.Inputs, a lifecycle.Action) {
	deleting := !inputs.Connection.DeletionTimestamp.IsZero()
	w.withdrawn(m, inputs, a)
	idle := lifecycle.Is[lifecycle.Wait](a) || lifecycle.Is[lifecycle.RevokeSecret](a) || lifecycle.Is[lifecycle.DeliverLink](a)
	if !idle && deleting != isEnd(inputs.Connection, a) {
		w.broken("%T of an object, which goes: %v", a, deleting)
	}
	w.braked(inputs, a)
	w.parted(inputs, a)
	if inputs.Connection.Spec.Suspend && !idle && !lifecycle.Is[lifecycle.SetNightlyRefresh](a) && !deleting {
		w.broken("%T of a suspended object", a)
	}
	if (inputs.Duplicate || inputs.Instance.Problem != "") && !idle && !deleting {
		w.broken("%T of a blocked object", a)
	}
	w.stopped(inputs, a)
	inMinute := func(t time.Time) bool { return m.now.Sub(t) >= time.Minute }
	m.recent = slices.DeleteFunc(m.recent, inMinute)
	m.calls = slices.DeleteFunc(m.calls, inMinute)
	if len(m.recent) > maxReconciles || len(m.calls) > maxCalls {
		w.broken("%d reconciles and %d calls in a minute", len(m.recent), len(m.calls))
	}
}

// stopped: nothing is called at a suspended instance, not even to end a connection.
func (w *walk) stopped(inputs lifecycle.Inputs, a lifecycle.Action) {
	if !inputs.Instance.IsSuspended() {
		return
	}
	switch a.(type) {
	case lifecycle.Observe, lifecycle.Refresh, lifecycle.Poll, lifecycle.Collect, lifecycle.SetNightlyRefresh, lifecycle.Delete, lifecycle.Confirm:
		w.broken("%T at a suspended instance", a)
	default:
	}
}

// isEnd reports whether an action belongs to the end of a connection.
func isEnd(c *v1alpha1.BankConnection, a lifecycle.Action) bool {
	switch a.(type) {
	case lifecycle.ClaimDeletion, lifecycle.UnclaimDeletion, lifecycle.Delete, lifecycle.Confirm, lifecycle.RemoveFinalizer, lifecycle.RemoveSecretFinalizer:
		return true
	case lifecycle.SetNightlyRefresh:
		return !c.DeletionTimestamp.IsZero() && keepsLogin(c)
	default:
		return false
	}
}

func (w *walk) called(m *manager) {
	w.within(false)
	m.calls = append(m.calls, m.now)
	w.totalCalls++
}

// claimed: a claim that was stored stands for a live call to come.
func (w *walk) claimed(m *manager, before *v1alpha1.BankConnection, inputs lifecycle.Inputs, a lifecycle.Refresh) {
	w.within(true)
	st := &before.Status
	if st.Refresh != nil && (st.Refresh.State == v1alpha1.RefreshClaimed || st.Refresh.State == v1alpha1.RefreshUnknown) {
		w.broken("a claim on top of an open one")
	}
	if m.now.Before(w.pausedUntil) && w.corrupted.Before(w.paused) {
		w.broken("a live call while Flinks wants a pause")
	}
	switch {
	case a.Attended:
		w.pressClaimed(before)
	case a.Request != "":
		w.requestClaimed(before, a.Request)
	default:
		w.unattendedClaimed(st, inputs)
	}
	w.claimedAt = m.now
}

func (w *walk) requestClaimed(c *v1alpha1.BankConnection, value string) {
	if c.Annotations[requested] != value {
		w.broken("request %q, which no client makes", value)
	}
	if w.claims[value]++; w.claims[value] > 1+w.repeats[value] {
		w.broken("request %q carried out twice", value)
	}
	if w.refused[value] > w.repeats[value] {
		w.broken("request %q carried out after it was refused", value)
	}
	w.unattended, w.reissued = nil, 0
}

func (w *walk) unattendedClaimed(st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	p := holds(inputs)
	if st.Reconnect != nil {
		w.reissueClaimed(st, inputs)
		w.credentialsClaimed(st, inputs)
		if p != nil && !isAllowed(w.t, p, w.now) {
			w.broken("a customer is disturbed at %v", w.now)
		}
		return
	}
	if p == nil || p.Type != v1alpha1.RefreshScheduled {
		w.broken("an unattended refresh without a policy for it")
		return
	}
	f := w.logins[st.Binding.LoginFingerprint]
	if f != nil && !w.isCorrupted(w.now, time.Hour) && w.now.Sub(f.asked) > 6*time.Hour {
		w.broken("refreshed without a look")
	}
	w.dueClaimed(st, p)
	w.editClaimed(st, p)
	w.credentialsClaimed(st, inputs)
	if w.isCorrupted(w.now, hold) && w.landed.Before(w.corrupted) && (w.planned == nil || w.planned.After(w.now)) {
		w.broken("refreshed %v after the status was changed", w.now.Sub(w.corrupted))
	}
	if w.now.Before(w.claimedAt.Add(time.Minute)) {
		w.broken("refreshed %v after the last claim", w.now.Sub(w.claimedAt))
	}
}

// exactly returns the time at which the bank gave the data of that second, if it did.
func (w *walk) exactly(second time.Time) time.Time {
	if t := w.f.lastRefresh; t.Unix() == second.Unix() {
		return t
	}
	return second
}

// sent: at most one live session is open for a login. The customer's own are not
// the operator's fault.
func (w *walk) sent(m *manager, a lifecycle.Refresh, at time.Time) {
	w.totalCalls++
	w.live++
	m.calls = append(m.calls, m.now)
	unasked := a.Request == "" && !a.Attended
	if s := w.f.open(at); s != nil && s.ours && !s.byCustomer && !s.afterOwn && (unasked || !w.isCorrupted(at, time.Hour)) {
		w.broken("a second live session, next to number %d", s.id)
	}
}

// answered: what Flinks made of a live call.
func (w *walk) answered(a lifecycle.Refresh, got answer) {
	w.log("live call %q: %s after %v, bank reached: %v", a.Request, summary(got.Outcome), got.after, got.reached)
	if got.letIn {
		w.letIn[w.claimedAt.Unix()] = true
	}
	if got.Authorization != nil && got.Authorization.State == flinks.Authorized {
		w.unattended, w.attended = nil, nil
	}
	if a.Attended && got.reached && !got.letIn {
		w.attendedAnswered()
	}
	if a.Request != "" || a.Attended || !got.reached {
		return
	}
	w.reissued++
	w.unattended = append(w.unattended, w.now)
	recent := 0
	for _, t := range w.unattended {
		if w.now.Sub(t) < 24*time.Hour {
			recent++
		}
	}
	if recent > 3 {
		w.broken("%d unattended live sessions within a day", recent)
	}
}

// recorded: from now on the operator is bound by what it knows of a live call.
func (w *walk) recorded(done *flight) {
	w.landed = w.now
	if a := done.outcome.Authorization; a != nil && a.State == flinks.ChallengePending {
		w.linkIssued, w.reissued = done.outcome.Answered, 0
	}
	if a := done.outcome.Authorization; a != nil && a.State == flinks.Authorized && done.session != nil {
		done.session.ended = true
		w.succeeded = w.claimedAt
	}
	if e := done.outcome.Err; e != nil && e.RetryAfter > 0 {
		w.paused, w.pausedUntil = w.now, w.now.Add(e.RetryAfter)
	}
}

// wrote: every status that is stored is true, complete and a fixed point.
func (w *walk) wrote(before *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	w.writes++
	st := &w.stored.Status
	inputs.Connection = w.stored.BankConnection
	if again := lifecycle.Record(w.now, inputs, lifecycle.Outcome{}); !equality.Semantic.DeepEqual(*st, again) {
		w.broken("recording nothing changes the status: %s", digest(&again))
	}
	// Conditions that an edit removed come back all at once.
	if e := lifecycle.Events(before, st); len(e) > 5 && len(before.Conditions) > 0 {
		w.broken("%d events at once", len(e))
	}
	if problem := misfit(st); problem != "" {
		w.broken("%s", problem)
	}
	w.saysWhichPolicy(before, st, inputs)
	w.bindings(before, st)
	w.truthful(before, st)
	w.expires(st, inputs)
	w.allowed(st)
	w.youngLink(st)
	w.gatewayKept(before, st, inputs)
	w.journeyKept(before, st)
	w.tokensKept(st, inputs)
	w.nightlyJudged(before, st)
	w.knownHandouts()
	w.sessionAnswered(before, st)
	w.overdue(before, st)
	if h := st.LastHandledRequest; h != nil && (before.LastHandledRequest == nil || *before.LastHandledRequest != *h) {
		w.requestAnswered(h)
	}
}

// truthful: data is as old as the bank, or a live call, says; and never older than what
// was known before.
func (w *walk) truthful(before, st *v1alpha1.BankConnectionStatus) {
	is, was := st.LastRefreshTime, before.LastRefreshTime
	if is == nil {
		if was != nil && w.dataFixed {
			w.broken("lastRefreshTime was lost")
		}
		return
	}
	if was != nil && is.Equal(was) {
		return
	}
	if was != nil && is.Before(was) && w.dataFixed {
		w.broken("lastRefreshTime went back from %v to %v", was, is)
	}
	guessed := w.isCorrupted(w.now, time.Hour) || w.corrupted.After(w.claimedAt)
	if second := is.Unix(); !w.gaveData(second) && !w.letIn[second] && !guessed {
		w.broken("the bank gave no data at %v", is)
	}
	w.dataFixed = true
	w.unattended, w.attended = nil, nil // The bank let Flinks in.
}

// allowed: nothing is planned that must not happen.
func (w *walk) allowed(st *v1alpha1.BankConnectionStatus) {
	if st.NextRefreshTime == nil {
		return
	}
	switch e := st.LastError; {
	case w.stored.Spec.Suspend:
		w.broken("a suspended object has a plan")
	case w.mayReissue(st):
	case st.Reconnect != nil:
		w.broken("a refresh is planned while the customer is asked")
	case e != nil && (e.Class == string(flinks.ClassUser) || e.Class == string(flinks.ClassGone)):
		w.broken("a refresh is planned in spite of %s", e.Code)
	}
}

// youngLink: a link is young, and goes to the session that was opened last.
func (w *walk) youngLink(st *v1alpha1.BankConnectionStatus) {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	if ready == nil && w.stored.DeletionTimestamp.IsZero() {
		w.broken("there is no Ready condition")
	}
	r := st.Reconnect
	if r == nil || r.Link.URL == "" || strings.HasPrefix(r.Link.URL, gatewayURL) || w.isCorrupted(w.now, time.Hour) {
		return
	}
	if age := w.now.Sub(r.Question.IssueTime.Time); age >= lifecycle.SessionIdle {
		w.broken("a link that is %v old", age)
	}
}

func (w *walk) requestAnswered(h *v1alpha1.HandledRequest) {
	if !w.issued[h.Value] && w.corrupted.IsZero() {
		w.broken("an answer to %q, which no client requested", h.Value)
	}
	if h.Result != v1alpha1.RequestRefused {
		return
	}
	if h.Reason == "" {
		w.broken("request %q refused without a reason", h.Value)
	}
	w.refused[h.Value]++
}

// summary describes an outcome in a few words.
func summary(o lifecycle.Outcome) string {
	s := fmt.Sprintf("%#v", o.Action)
	switch {
	case o.Problem != "":
		s += ": " + o.Problem
	case o.Err != nil:
		s += ": " + o.Err.Error()
	case o.Authorization != nil:
		s += fmt.Sprintf(": %s, data of %v", o.Authorization.State, o.Authorization.LastRefresh.UTC())
	case o.Accounts != nil:
		s += fmt.Sprintf(": pending %v, data of %v", o.Accounts.Pending, o.Accounts.LastRefresh.UTC())
	}
	return s
}

// digest describes a status in a few words.
func digest(st *v1alpha1.BankConnectionStatus) string {
	var b strings.Builder
	for _, c := range st.Conditions {
		fmt.Fprintf(&b, "%s=%s/%s ", c.Type, c.Status, c.Reason)
	}
	if r := st.Refresh; r != nil {
		fmt.Fprintf(&b, "attempt %d %s from %v not before %v unattended %d ", r.Attempt, r.State, r.StartTime, r.NotBefore, len(st.Internal.UnattendedTimes))
	}
	if st.LastError != nil {
		fmt.Fprintf(&b, "error %s since %v ", st.LastError.Code, st.LastError.StartTime)
	}
	if st.Reconnect != nil {
		fmt.Fprintf(&b, "reconnect %q ", st.Reconnect.Link.URL)
	}
	if st.LastHandledRequest != nil {
		fmt.Fprintf(&b, "request %+v ", *st.LastHandledRequest)
	}
	fmt.Fprintf(&b, "data %v observed %v next refresh %v observe %v", st.LastRefreshTime, st.LastObservedTime, st.NextRefreshTime, st.NextObserveTime)
	return b.String()
}

// dueClaimed: a refresh comes when its policy says, and not before.
func (w *walk) dueClaimed(st *v1alpha1.BankConnectionStatus, p *v1alpha1.RefreshPolicySpec) {
	if st.LastRefreshTime != nil && w.now.Before(w.dueAfter(p, w.exactly(st.LastRefreshTime.Time))) {
		w.broken("refreshed %v after data, by %+v", w.now.Sub(st.LastRefreshTime.Time), p)
	}
	if w.succeeded.Equal(w.claimedAt) && w.now.Before(w.dueAfter(p, w.succeeded)) && w.corrupted.Before(w.succeeded) {
		w.broken("refreshed %v after a success", w.now.Sub(w.succeeded))
	}
	if p.Schedule != "" && w.corrupted.Before(w.policy.changed) && w.now.Before(w.dueAfter(p, w.policy.changed)) {
		w.broken("a schedule made up for what it missed before it was there")
	}
	if !isAllowed(w.t, p, w.now) {
		w.broken("a customer is disturbed at %v", w.now)
	}
}

// dueAfter returns the earliest time at which a policy allows a refresh after a time.
func (w *walk) dueAfter(p *v1alpha1.RefreshPolicySpec, t time.Time) time.Time {
	if p.Schedule == "" {
		return t.Add(p.Interval.Duration)
	}
	parsed, err := schedule.Parse(p.Schedule, p.TimeZone)
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed.Next(t)
}

// isAllowed reports whether a window of the policy, all of which are office hours, is
// open.
func isAllowed(t testing.TB, p *v1alpha1.RefreshPolicySpec, at time.Time) bool {
	t.Helper()
	if len(p.AllowedWindows) == 0 {
		return true
	}
	zone, err := time.LoadLocation(toronto)
	if err != nil {
		t.Fatal(err)
	}
	local := at.In(zone)
	weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
	return !weekend && local.Hour() >= 9 && local.Hour() < 21
}
