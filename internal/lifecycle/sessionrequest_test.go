package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func (s *fixture) requestSession(value string) {
	c := s.Connection.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.SessionRequestedAtAnnotation, value)
	s.Connection = c
}

func (s *fixture) hasSessionAnswer(value string, result v1alpha1.SessionRequestResult, reason string) {
	s.t.Helper()
	want := &v1alpha1.HandledSessionRequest{Value: value, Result: result, Reason: reason}
	if diff := cmp.Diff(want, s.status().LastHandledSessionRequest); diff != "" {
		s.t.Fatalf("the answer to a request for a session (-want +got):\n%s", diff)
	}
}

// newHandingOff returns a bound connection that hands sessions off, after a request for one
// was accepted.
func newHandingOff(t *testing.T) *fixture {
	t.Helper()
	s := newBound(t)
	s.edit(handOff)
	s.wait()
	s.requestSession("1")
	s.wait()
	return s
}

// TestSessionRequest is answered by one observe, and starts no live session.
func TestSessionRequest(t *testing.T) {
	delivered := lifecycle.Delivery{SecretName: "acme-chequing-session"}
	for name, row := range map[string]struct {
		outcome lifecycle.Outcome
		result  v1alpha1.SessionRequestResult
		reason  string
	}{
		"delivered": {lifecycle.Outcome{Delivery: delivered}, v1alpha1.SessionRequestSucceeded, ""},
		"a session that opens the data from before": {
			lifecycle.Outcome{Err: replay(flinks.CodeQuestionNotFound), Delivery: delivered}, v1alpha1.SessionRequestSucceeded, "",
		},
		"Flinks does not answer": {lifecycle.Outcome{Err: noAnswer(flinks.OpObserve)}, v1alpha1.SessionRequestFailed, v1alpha1.ReasonFlinksUnavailable},
		"the login is gone": {
			lifecycle.Outcome{Err: refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false)}, v1alpha1.SessionRequestFailed, v1alpha1.ReasonLoginGone,
		},
		"the Secret must not be written": {
			lifecycle.Outcome{Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretNotOwned}}, v1alpha1.SessionRequestFailed, v1alpha1.ReasonSecretNotOwned,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newHandingOff(t)
			s.hasSessionAnswer("1", v1alpha1.SessionRequestInProgress, "")
			if s.Priority(s.now) != lifecycle.Urgent {
				t.Error("the application waits")
			}
			s.restart()
			s.handedOff(row.outcome)
			s.hasSessionAnswer("1", row.result, row.reason)
			s.quietFor(4 * time.Second)
			if s.status().Refresh != nil && s.status().Refresh.Attempt != 0 {
				t.Error("a live session")
			}
		})
	}
}

// TestSessionRequestWithoutACall: nothing is called for a request that is refused, and it is
// not carried out later.
func TestSessionRequestWithoutACall(t *testing.T) {
	for name, row := range map[string]struct {
		value   string
		arrange func(s *fixture)
		reason  string
	}{
		"not bound": {"1", func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { *st = v1alpha1.BankConnectionStatus{ObservedGeneration: -1} })
		}, v1alpha1.ReasonNotBound},
		"nowhere to put it": {"1", func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.SessionHandOff = nil })
		}, v1alpha1.ReasonNoSessionHandOff},
		"no account that it may have": {"1", func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Accounts = "" })
		}, v1alpha1.ReasonSelectionUnknown},
		"suspended":                  {"1", suspend, v1alpha1.ReasonSuspended},
		"another one owns the login": {"1", func(s *fixture) { s.Duplicate = true }, v1alpha1.ReasonDuplicateLogin},
		"the login is gone":          {"1", func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false)) }, v1alpha1.ReasonLoginGone},
		"of last year":               {"", func(*fixture) {}, v1alpha1.ReasonRequestOutdated},
		"during a live call":         {"1", func(s *fixture) { s.request("1"); s.claim() }, v1alpha1.ReasonSessionOpen},
		"Flinks wants a pause": {"1", func(s *fixture) {
			s.Calls = lifecycle.Deferral{Until: s.now.Add(time.Hour), Reason: v1alpha1.ReasonThrottled}
		}, v1alpha1.ReasonThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			if row.value == "" {
				row.value = s.now.AddDate(-1, 0, 0).UTC().Format(time.RFC3339)
			}
			s.edit(handOff)
			s.wait()
			s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
			row.arrange(s)
			s.requestSession(row.value)
			s.wait()
			s.hasSessionAnswer(row.value, v1alpha1.SessionRequestRefused, row.reason)
			if a := lifecycle.Decide(s.now, s.Inputs); bringsSession(a) {
				t.Errorf("%+v all the same", a)
			}
			resume(s)
			s.edit(handOff)
			s.wait()
			s.hasSessionAnswer(row.value, v1alpha1.SessionRequestRefused, row.reason)
		})
	}
}

// TestSessionRequestThatEnds before a session was opened for it.
func TestSessionRequestThatEnds(t *testing.T) {
	for name, row := range map[string]struct {
		end    func(s *fixture)
		reason string
	}{
		"suspended":      {suspend, v1alpha1.ReasonSuspended},
		"not wanted":     {func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.SessionHandOff = nil }) }, v1alpha1.ReasonNoSessionHandOff},
		"Secret missing": {func(s *fixture) { s.problem(observesAndHandsOff, v1alpha1.ReasonSecretNotFound) }, v1alpha1.ReasonSecretNotFound},
		"another login": {func(s *fixture) {
			s.record(lifecycle.Outcome{Action: observesAndHandsOff, Superseded: &lifecycle.SupersededLogin{}})
		}, v1alpha1.ReasonLoginSuperseded},
	} {
		t.Run(name, func(t *testing.T) {
			s := newHandingOff(t)
			row.end(s)
			s.wait()
			s.hasSessionAnswer("1", v1alpha1.SessionRequestFailed, row.reason)
		})
	}
}

// TestSessionRequestWhileDataIsFetched waits for that data.
func TestSessionRequestWhileDataIsFetched(t *testing.T) {
	s := newBound(t)
	s.edit(handOff)
	s.wait()
	s.request("1")
	s.refreshSucceeds()
	s.requestSession("a")
	s.wait()
	s.decides(collects)
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.hasSessionAnswer("a", v1alpha1.SessionRequestInProgress, "")
	s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
	s.hasSessionAnswer("a", v1alpha1.SessionRequestSucceeded, "")
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
	s.quietFor(20 * time.Hour)
}

// TestSessionRequestWhileTheCustomerIsAsked does not wait for the customer.
func TestSessionRequestWhileTheCustomerIsAsked(t *testing.T) {
	s := newAsked(t, handOff)
	unanswered(s)
	s.requestSession("a")
	s.wait()
	s.handedOff(lifecycle.Outcome{Err: replay(flinks.CodeQuestionNotFound), Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
	s.hasSessionAnswer("a", v1alpha1.SessionRequestSucceeded, "")
	s.hasAnswer("1", v1alpha1.RequestUserActionRequired, "")
	if s.status().Refresh.State != v1alpha1.RefreshAwaitingUser {
		t.Errorf("the live session is %s", s.status().Refresh.State)
	}
}

// TestHandOffOf: what an application finds in the Secret.
func TestHandOffOf(t *testing.T) {
	s := newHandingOff(t)
	data := s.status().LastRefreshTime.Time
	o := lifecycle.Outcome{Action: observesAndHandsOff, Identity: identity}
	for name, row := range map[string]struct {
		outcome func(o *lifecycle.Outcome)
		wanted  bool
		time    time.Time
	}{
		"newer data": {func(o *lifecycle.Outcome) {
			o.Authorization = &flinks.Authorization{State: flinks.Authorized, LastRefresh: data.Add(time.Hour)}
		}, true, data.Add(time.Hour)},
		"a time that Flinks does not say": {func(o *lifecycle.Outcome) { o.Authorization = &flinks.Authorization{State: flinks.Authorized} }, true, data},
		"a question of the bank":          {func(o *lifecycle.Outcome) { o.Authorization = &flinks.Authorization{State: flinks.ChallengePending} }, false, data},
		"a failure that opens older data": {func(o *lifecycle.Outcome) { o.Err = replay(flinks.CodeQuestionNotFound) }, true, data},
		"a failure without a session":     {func(o *lifecycle.Outcome) { o.Err = noAnswer(flinks.OpObserve) }, false, data},
		"an observe that is for the operator": {func(o *lifecycle.Outcome) {
			o.Action = observes
			o.Authorization = &flinks.Authorization{State: flinks.Authorized}
		}, false, data},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			row.outcome(&o)
			h, wanted := lifecycle.HandOffOf(s.now, s.Connection, o)
			if wanted != row.wanted || !h.DataTime.Equal(row.time) || h.Instance != "toolbox" || h.Institution != "FlinksCapital" {
				t.Errorf("wanted %v: %+v", wanted, h)
			}
		})
	}
}
