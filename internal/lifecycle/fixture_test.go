package lifecycle_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const century = int64(100 * 365 * 24 * time.Hour)

// startFlag is when the clocks of the tests start, between 1970 and 2070: nothing
// may depend on the date, or on whole seconds.
var startFlag = flag.Int64("lifecycle.start", rand.Int64N(century), "start of the clocks, in nanoseconds since 1970")

func TestMain(m *testing.M) {
	code := m.Run()
	if code != 0 {
		fmt.Fprintf(os.Stderr, "-lifecycle.start=%d\n", *startFlag)
	}
	os.Exit(code)
}

var identity = lifecycle.Identity{
	Instance:    "toolbox",
	CustomerID:  "43387ca6-0391-4c82-857d-70d95f087ecb",
	Fingerprint: "0123456789abcdef0123456789abcdef",
	Host:        "fedcba9876543210fedcba9876543210",
}

const requested = v1alpha1.RefreshRequestedAtAnnotation

// fixture is one connection and the time. Whatever it records goes through JSON, as
// it would on its way to an API server and back, and has to be a fixed point.
type fixture struct {
	t   testing.TB
	now time.Time
	lifecycle.Inputs
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	c := &v1alpha1.BankConnection{}
	c.Name, c.Namespace, c.UID = "acme-chequing", "lending", types.UID("0b9c9bd8-5d42-4b86-9b8e-1a2b3c4d5e6f")
	c.Generation = 1
	c.Finalizers = []string{v1alpha1.Finalizer}
	c.Spec.Accounts = v1alpha1.AccountsAll
	c.Status.ObservedGeneration = -1
	return &fixture{t: t, now: time.Unix(0, *startFlag).UTC(), Inputs: lifecycle.Inputs{Facts: lifecycle.Facts{Connection: c}}}
}

// newBound returns a connection whose login was observed an hour ago, with data that
// were six hours old then.
func newBound(t testing.TB) *fixture {
	t.Helper()
	s := newFixture(t)
	s.observed(s.now.Add(-6 * time.Hour))
	s.pass(time.Hour)
	s.wait()
	return s
}

// newScheduled returns a bound connection that is to be refreshed once a day.
func newScheduled(t testing.TB) *fixture {
	t.Helper()
	s := newFixture(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = daily() })
	s.observed(s.now.Add(-6 * time.Hour))
	s.pass(time.Hour)
	s.wait()
	return s
}

// newDue returns a scheduled connection whose refresh is due.
func newDue(t testing.TB) *fixture {
	t.Helper()
	s := newFallenDue(t)
	olderData(s)
	s.decides(lifecycle.Refresh{})
	return s
}

func daily() *v1alpha1.RefreshPolicySpec {
	return &v1alpha1.RefreshPolicySpec{
		Type:            v1alpha1.RefreshScheduled,
		Interval:        &metav1.Duration{Duration: 24 * time.Hour},
		ObserveInterval: &metav1.Duration{Duration: 720 * time.Hour},
	}
}

func (s *fixture) status() *v1alpha1.BankConnectionStatus { return &s.Connection.Status }

func (s *fixture) pass(d time.Duration) { s.now = s.now.Add(d) }

// passUntil lets time pass until t, to the nanosecond.
func (s *fixture) passUntil(t *metav1.Time) {
	s.t.Helper()
	if t == nil {
		s.t.Fatal("nothing is planned")
	}
	s.now = t.UTC()
}

func (s *fixture) edit(change func(*v1alpha1.BankConnectionSpec)) {
	c := s.Connection.DeepCopy()
	change(&c.Spec)
	s.Connection = c
	s.newGeneration()
}

// newGeneration makes the operator forget what it held in memory.
func (s *fixture) newGeneration() {
	s.Connection.Generation++
	s.restart()
}

func (s *fixture) restart() {
	s.NotUntil, s.SecretNotUntil, s.Look, s.HasSession = time.Time{}, time.Time{}, lifecycle.Look{}, false
}

// corrupt changes the status behind the operator's back.
func (s *fixture) corrupt(change func(*v1alpha1.BankConnectionStatus)) {
	c := s.Connection.DeepCopy()
	change(&c.Status)
	s.Connection = c
}

func (s *fixture) request(value string) {
	c := s.Connection.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, requested, value)
	s.Connection = c
}

func (s *fixture) delete() {
	c := s.Connection.DeepCopy()
	c.DeletionTimestamp = &metav1.Time{Time: s.now.Truncate(time.Second)}
	s.Connection = c
	s.newGeneration()
	s.claimDeletion()
}

// claimDeletion writes the claim, if that is what is to be done.
func (s *fixture) claimDeletion() {
	if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.ClaimDeletion](a) {
		s.record(lifecycle.Outcome{Action: a})
	}
}

// decides fails the test unless that is what is to be done now.
func (s *fixture) decides(want lifecycle.Action) {
	s.t.Helper()
	if diff := cmp.Diff(want, lifecycle.Decide(s.now, s.Inputs)); diff != "" {
		s.t.Fatalf("Decide (-want +got):\n%s", diff)
	}
}

// record records an outcome. If that is an observe which shows the data of another session, the
// collect that follows is recorded too; tests of that collect use recordAlone.
func (s *fixture) record(o lifecycle.Outcome) {
	s.t.Helper()
	s.recordAlone(o)
	if lifecycle.Is[lifecycle.Observe](o.Action) && s.awaitsOthersData() && lifecycle.Is[lifecycle.Collect](lifecycle.Decide(s.now, s.Inputs)) {
		s.collectsAgain()
	}
}

// awaitsOthersData reports whether the data of another session is to be collected.
func (s *fixture) awaitsOthersData() bool {
	r := s.status().Refresh
	return r != nil && r.State == v1alpha1.RefreshCollecting && r.StartTime == nil
}

// collectsAgain records a collect that brings the accounts which are known.
func (s *fixture) collectsAgain() {
	s.t.Helper()
	d := flinks.AccountsDetail{LastRefresh: s.status().LastRefreshTime.Time}
	for _, a := range s.status().Accounts {
		d.Accounts = append(d.Accounts, flinks.Account{ID: a.ID, Type: a.Type, Currency: a.Currency})
	}
	s.recordAlone(lifecycle.Outcome{Action: lifecycle.Collect{}, Accounts: &d})
}

// recordAlone records an outcome, and remembers what it leaves behind.
func (s *fixture) recordAlone(o lifecycle.Outcome) {
	s.t.Helper()
	s.store(lifecycle.Record(s.now, s.Inputs, o))
	s.HasSession = (s.HasSession || brings(o)) && lifecycle.WantsSession(s.status(), o)
	s.Memory = lifecycle.Remember(s.now, s.Inputs, o)
}

// brings reports whether an outcome comes with a RequestId that opens data.
func brings(o lifecycle.Outcome) bool {
	switch {
	case o.Authorization != nil:
		return o.Authorization.State == flinks.Authorized
	case o.Err != nil:
		return lifecycle.Is[lifecycle.Observe](o.Action) && o.Err.InSession || lifecycle.IsDispatched(o.Err)
	}
	return false
}

func (s *fixture) store(st v1alpha1.BankConnectionStatus) {
	s.t.Helper()
	c := s.Connection.DeepCopy()
	c.Status = throughJSON(s.t, st)
	s.Connection = c
	again := lifecycle.Record(s.now, s.Inputs, lifecycle.Outcome{Action: lifecycle.Wait{}})
	if !equality.Semantic.DeepEqual(c.Status, again) {
		s.t.Fatalf("recording nothing changes the status (-stored +again):\n%s", cmp.Diff(c.Status, again))
	}
}

func throughJSON(t testing.TB, st v1alpha1.BankConnectionStatus) v1alpha1.BankConnectionStatus {
	t.Helper()
	raw, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var back v1alpha1.BankConnectionStatus
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if !equality.Semantic.DeepEqual(st, back) {
		t.Fatalf("the API server would change the status (-sent +stored):\n%s", cmp.Diff(st, back))
	}
	return back
}

// wait records that nothing was done, and the answer to a request if one is due.
func (s *fixture) wait() {
	s.t.Helper()
	refusal := lifecycle.RefusalOf(lifecycle.Decide(s.now, s.Inputs))
	s.record(lifecycle.Outcome{Action: lifecycle.Wait{Refusal: refusal}})
}

// observed records a cached success with data of that time.
func (s *fixture) observed(lastRefresh time.Time) {
	s.t.Helper()
	s.record(lifecycle.Outcome{
		Action: lifecycle.Observe{}, Identity: identity,
		Authorization: &flinks.Authorization{State: flinks.Authorized, Institution: "FlinksCapital", LastRefresh: lastRefresh},
	})
}

// observeFails records the answer to an observe that is no success.
func (s *fixture) observeFails(err *flinks.Error) {
	s.t.Helper()
	s.record(lifecycle.Outcome{Action: lifecycle.Observe{}, Identity: identity, Err: err})
}

// problem records why the call of an action was not made.
func (s *fixture) problem(a lifecycle.Action, problem string) {
	s.t.Helper()
	announced := lifecycle.Is[lifecycle.Refresh](a) && s.AnnouncesLink()
	s.record(lifecycle.Outcome{Action: a, Problem: problem, AnnouncedLink: announced})
}

// looks makes the observe that a refresh waits for, if one does. It is answered, and
// brings nothing.
func (s *fixture) looks() {
	s.t.Helper()
	if lifecycle.Is[lifecycle.Observe](lifecycle.Decide(s.now, s.Inputs)) {
		o := lifecycle.Outcome{Action: observes, Authorization: &flinks.Authorization{State: flinks.Authorized}}
		s.Look = lifecycle.Remember(s.now, s.Inputs, o).Look
	}
}

// startsRefresh fails the test unless a refresh is to be started now, by time alone.
func (s *fixture) startsRefresh() {
	s.t.Helper()
	s.looks()
	s.decides(starts)
}

// claim writes the claim that the decision asks for.
func (s *fixture) claim() lifecycle.Refresh {
	s.t.Helper()
	s.looks()
	a := lifecycle.Decide(s.now, s.Inputs)
	refresh, ok := a.(lifecycle.Refresh)
	if !ok {
		s.t.Fatalf("no refresh to claim but %#v", a)
	}
	s.store(lifecycle.Claim(s.now, s.Inputs, refresh, "nonce"))
	return refresh
}

// refreshes claims a refresh, lets the call take ten seconds and records the rest
// of the outcome.
func (s *fixture) refreshes(o lifecycle.Outcome) {
	s.t.Helper()
	o.Action, o.Identity, o.AnnouncedLink = s.claim(), identity, s.AnnouncesLink()
	s.pass(10 * time.Second)
	s.record(o)
}

func (s *fixture) refreshFails(err *flinks.Error) {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{Err: err})
}

func (s *fixture) refreshSucceeds() {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.Authorized}})
}

const link = "https://toolbox-iframe.private.fin.ag/v2/?authorizeToken=1&requestId=1"

// refreshAsks records that the bank asked the customer a question.
func (s *fixture) refreshAsks() {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending, Challenges: []flinks.ChallengeType{flinks.ChallengeQuestionAndAnswer}},
		Link:          lifecycle.SessionLink{URL: link},
	})
}

func (s *fixture) collected(d flinks.AccountsDetail) {
	s.t.Helper()
	s.record(lifecycle.Outcome{Action: lifecycle.Collect{}, Accounts: &d})
}

func (s *fixture) collectFails(err *flinks.Error) {
	s.t.Helper()
	s.record(lifecycle.Outcome{Action: lifecycle.Collect{}, Identity: identity, Err: err})
}

// next returns when the connection is looked at again; false if never by time alone.
func (s *fixture) next() (time.Time, bool) {
	d := lifecycle.RequeueAfter(s.now, s.Inputs)
	return s.now.Add(d), d > 0
}

func (s *fixture) condition(conditionType string) metav1.Condition {
	if c := meta.FindStatusCondition(s.status().Conditions, conditionType); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// userAction returns why the customer has to act; "" if they do not have to. The condition is
// always there.
func (s *fixture) userAction() string {
	s.t.Helper()
	c := s.condition(v1alpha1.ConditionUserActionRequired)
	switch {
	case c.Status == metav1.ConditionTrue:
		return c.Reason
	case c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonNoActionRequired:
		s.t.Errorf("UserActionRequired is %s %q", c.Status, c.Reason)
	}
	return ""
}

// refusal returns a definite answer of Flinks with a code.
func refusal(op flinks.Operation, code flinks.Code, inSession bool) *flinks.Error {
	entry := flinks.Lookup(string(code), inSession)
	return &flinks.Error{
		Op: op, HTTPStatus: 401, Code: entry.Code, Class: entry.Class, InSession: inSession, Delivery: flinks.Answered,
	}
}

// replay returns what a cached call says of a live session that failed.
func replay(code flinks.Code) *flinks.Error { return refusal(flinks.OpObserve, code, true) }

// noAnswer returns a call that may have been acted upon.
func noAnswer(op flinks.Operation) *flinks.Error {
	return &flinks.Error{Op: op, Code: flinks.CodeNoAnswer, Class: flinks.ClassTransient, Delivery: flinks.Ambiguous}
}

func notSent(op flinks.Operation) *flinks.Error {
	return &flinks.Error{Op: op, Code: flinks.CodeNotSent, Class: flinks.ClassTransient, Delivery: flinks.NotSent}
}

// ours are the codes that stand for an answer that never came.
var ambiguous = []flinks.Code{flinks.CodeServerError, flinks.CodeUnreadable, flinks.CodeNoAnswer}
var unsent = []flinks.Code{flinks.CodeNotSent, flinks.CodeCredentialMissing, flinks.CodeInvalidCall}

// errorOf returns the error that a row of the catalogue stands for.
func errorOf(op flinks.Operation, e flinks.Entry) *flinks.Error {
	err := &flinks.Error{
		Op: op, HTTPStatus: 401, Code: e.Code, Class: e.Class,
		InSession: e.Meaning == flinks.MeaningInSession, Delivery: flinks.Answered,
	}
	switch {
	case slices.Contains(ambiguous, e.Code):
		err.Delivery = flinks.Ambiguous
	case slices.Contains(unsent, e.Code):
		err.Delivery, err.HTTPStatus = flinks.NotSent, 0
	}
	return err
}

// newAsked returns a connection whose bank asked the customer a question after a request.
func newAsked(t *testing.T, change ...func(*v1alpha1.BankConnectionSpec)) *fixture {
	t.Helper()
	s := newBound(t)
	for _, f := range change {
		s.edit(f)
	}
	s.wait()
	s.request("1")
	s.refreshAsks()
	return s
}

// The answers to an observe while the customer does not answer the bank.
func olderData(s *fixture)  { s.observed(s.status().LastRefreshTime.Time) }
func unanswered(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) }
