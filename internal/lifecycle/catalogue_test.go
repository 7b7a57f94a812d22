package lifecycle_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// forEachError calls test for every error that the catalogue knows, in and out of
// a session.
func forEachError(t *testing.T, op flinks.Operation, test func(t *testing.T, err *flinks.Error)) {
	t.Helper()
	for _, e := range flinks.Catalogue() {
		if e.Class == flinks.ClassSuccess {
			continue
		}
		for _, inSession := range []bool{false, true} {
			err := errorOf(op, e)
			if inSession != err.InSession && (e.Meaning != flinks.MeaningOnly || err.Delivery != flinks.Answered) {
				continue
			}
			err.InSession = inSession
			t.Run(fmt.Sprintf("%s %s in session %v", e.Code, e.Class, inSession), func(t *testing.T) { test(t, err) })
		}
	}
}

// userReasons holds what each code asks of the customer: one row for each code of class
// user.
var userReasons = map[flinks.Code]string{
	flinks.CodeSecurityChallenges:             v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeQuestionNotFound:               v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeInvalidSecurityResponse:        v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeInvalidSecurityResponseNoRetry: v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeUnknownChallengeKey:            v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeSecurityResponsesIncomplete:    v1alpha1.ReasonQuestionUnanswered,
	flinks.CodeInvalidUsername:                v1alpha1.ReasonCredentialsRejected,
	flinks.CodeInvalidPassword:                v1alpha1.ReasonCredentialsRejected,
	flinks.CodeInvalidLogin:                   v1alpha1.ReasonCredentialsRejected,
	flinks.CodeDisabledLogin:                  v1alpha1.ReasonLoginLocked,
	flinks.CodeNewAccount:                     v1alpha1.ReasonBankActionRequired,
	flinks.CodeUnauthorized:                   v1alpha1.ReasonBankActionRequired,
	flinks.CodeAccessDenied:                   v1alpha1.ReasonBankActionRequired,
}

// wantsCustomer checks that the customer has to act for the right reason, and that the
// operator does not contact them for the next year.
func (s *fixture) wantsCustomer(code flinks.Code) {
	s.t.Helper()
	if got := s.userAction(); got != userReasons[code] {
		s.t.Errorf("the customer is wanted for %q, not %q", got, userReasons[code])
	}
	s.neverRefreshes()
}

func (s *fixture) neverRefreshes() {
	s.t.Helper()
	for range 60 {
		if s.status().NextRefreshTime != nil {
			s.t.Fatal("an unattended refresh is planned")
		}
		s.pass(7 * 24 * time.Hour)
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
			s.t.Fatal("an unattended refresh is started")
		}
		s.wait()
	}
}

// quietFor checks that nothing but actions of the given types is done before d has passed.
func (s *fixture) quietFor(d time.Duration, but ...lifecycle.Action) {
	s.t.Helper()
	end := s.now.Add(d)
	for s.now.Before(end) {
		a := lifecycle.Decide(s.now, s.Inputs)
		allowed := func(b lifecycle.Action) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }
		if !lifecycle.Is[lifecycle.Wait](a) && !slices.ContainsFunc(but, allowed) {
			s.t.Fatalf("%T after %v of %v", a, d-end.Sub(s.now), d)
		}
		s.pass(d / 100)
	}
}

func (s *fixture) hasError(err *flinks.Error) {
	s.t.Helper()
	want := &v1alpha1.LastError{Code: string(err.Code), Class: string(err.Class), Remedy: err.Remedy()}
	got := s.status().LastError
	if got != nil {
		want.StartTime = got.StartTime
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("lastError (-want +got):\n%s", diff)
	}
}

func TestObserveErrors(t *testing.T) {
	forEachError(t, flinks.OpObserve, func(t *testing.T, err *flinks.Error) {
		s := newScheduled(t)
		s.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.RefreshPolicy.Interval = &metav1.Duration{Duration: 8760 * time.Hour}
			spec.RefreshPolicy.ObserveInterval = &metav1.Duration{Duration: 2 * time.Hour}
		})
		s.wait()
		s.passUntil(s.status().NextObserveTime)
		s.observeFails(err)
		s.hasError(err)
		learned := err.InSession && err.Class != flinks.ClassPending || err.Class == flinks.ClassUser
		if got := s.status().LastObservedTime.Equal(ago(s, 0)); got != (learned && err.Delivery == flinks.Answered) {
			t.Errorf("an observe was recorded: %v", got)
		}
		if stalled := s.condition(v1alpha1.ConditionStalled).Status == "True"; stalled != (err.Class == flinks.ClassGone) {
			t.Errorf("Stalled is %v", stalled)
		}
		switch err.Class {
		case flinks.ClassUser:
			s.wantsCustomer(err.Code)
		case flinks.ClassGone, flinks.ClassConfig:
			s.quietFor(time.Hour)
		default:
			if s.userAction() != "" {
				t.Error("a customer is wanted for what passes by itself")
			}
			s.quietFor(5 * time.Second)
		}
	})
}

func TestRefreshErrors(t *testing.T) {
	lost := []flinks.Code{
		flinks.CodeConcurrentSession, flinks.CodeServerError, flinks.CodeUnreadable, flinks.CodeNoAnswer,
	}
	forEachError(t, flinks.OpRefresh, func(t *testing.T, err *flinks.Error) {
		s := newDue(t)
		claimed := s.now
		s.refreshFails(err)
		want := v1alpha1.RefreshFailed
		switch {
		case slices.Contains(lost, err.Code), err.Class == flinks.ClassPending && !err.InSession:
			want = v1alpha1.RefreshUnknown
		case err.Class == flinks.ClassPending:
			want = v1alpha1.RefreshDispatched
		case err.Class == flinks.ClassData:
			want = v1alpha1.RefreshCollecting
		}
		if got := s.status().Refresh.State; got != want {
			t.Fatalf("the attempt is %s, not %s", got, want)
		}
		switch {
		case err.Class == flinks.ClassUser:
			s.hasError(err)
			s.wantsCustomer(err.Code)
		case err.Class == flinks.ClassGone:
			s.hasError(err)
			s.quietFor(time.Hour)
			s.pass(time.Second)
			s.decides(observes)
			s.neverRefreshes()
		case want == v1alpha1.RefreshUnknown, want == v1alpha1.RefreshDispatched:
			s.quietFor(notBefore(s).Sub(s.now), lifecycle.Observe{}, lifecycle.Collect{})
			if hold := notBefore(s).Sub(claimed); hold < 13*time.Minute {
				t.Errorf("the session is waited for %v", hold)
			}
		case want == v1alpha1.RefreshFailed:
			s.hasError(err)
			s.retries(retryOf(err))
		}
	})
}

// retryOf returns how soon a live call may be repeated after a definite no.
func retryOf(err *flinks.Error) time.Duration {
	switch {
	case err.Class == flinks.ClassConfig:
		return time.Hour
	case err.Delivery == flinks.NotSent:
		return time.Minute
	case err.Code == flinks.CodeDisabledInstitution:
		return time.Hour
	}
	return 15 * time.Minute
}

// retries checks when the next unattended refresh is planned, now that one failed.
func (s *fixture) retries(after time.Duration) {
	s.t.Helper()
	next := s.status().NextRefreshTime
	if next == nil {
		s.t.Fatal("no retry is planned")
	}
	if got := next.Sub(s.now); got < after || got > after+2*time.Second {
		s.t.Errorf("the retry comes after %v, not %v", got, after)
	}
}

// TestRequestedRefreshErrors: every answer settles the request.
func TestRequestedRefreshErrors(t *testing.T) {
	forEachError(t, flinks.OpRefresh, func(t *testing.T, err *flinks.Error) {
		s := newScheduled(t)
		s.request("1")
		s.refreshFails(err)
		want := v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestFailed}
		switch s.status().Refresh.State {
		case v1alpha1.RefreshUnknown:
			want.Result = v1alpha1.RequestUnknown
		case v1alpha1.RefreshCollecting, v1alpha1.RefreshDispatched:
			want.Result = v1alpha1.RequestInProgress
		default:
			if s.userAction() != "" {
				want.Result = v1alpha1.RequestUserActionRequired
			}
		}
		if diff := cmp.Diff(&want, s.status().LastHandledRequest); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestCollectErrors(t *testing.T) {
	forEachError(t, flinks.OpGetAccountsDetail, func(t *testing.T, err *flinks.Error) {
		s := newDue(t)
		s.refreshSucceeds()
		s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
		s.passUntil(s.status().NextRefreshTime)
		s.refreshSucceeds()
		s.collectFails(err)
		if diff := cmp.Diff(2, len(s.status().Accounts)); diff != "" {
			t.Error("known accounts were lost")
		}
		switch err.Class {
		case flinks.ClassUser, flinks.ClassGone:
			s.hasError(err)
			s.pass(time.Second)
			s.decides(observes) // which finds out the truth
			s.neverRefreshes()
		case flinks.ClassConfig:
			s.hasError(err)
			s.decides(observes) // which may tell the age of the data
			s.observed(s.status().LastRefreshTime.Time)
			s.quietFor(time.Hour)
		case flinks.ClassData:
			if s.status().LastError != nil {
				t.Error("thin data were taken for trouble")
			}
			s.quietFor(time.Hour)
		default:
			s.quietFor(9 * time.Second)
			s.pass(time.Minute)
			s.decides(observes)
			s.pass(30 * time.Minute)
			s.decides(waits)
		}
	})
}

var someAccounts = []flinks.Account{
	{ID: "c23d30cf-b6d9-4df0-9f8e-0c8e6c2a7a01", Type: "Chequing", Currency: "CAD"},
	{ID: "c23d30cf-b6d9-4df0-9f8e-0c8e6c2a7a02", Type: "Savings", Currency: "CAD"},
	{ID: "c23d30cf-b6d9-4df0-9f8e-0c8e6c2a7a01", Type: "Chequing", Currency: "CAD"},
}

func TestDeleteErrors(t *testing.T) {
	reasons := map[flinks.Code]string{
		flinks.CodeCardInUse: v1alpha1.ReasonCardInUse, flinks.CodeHostUnproven: v1alpha1.ReasonHostUnproven,
	}
	forEachError(t, flinks.OpDeleteCard, func(t *testing.T, err *flinks.Error) {
		s := newBound(t)
		s.delete()
		err.RetryAfter = 10 * time.Minute
		o := lifecycle.Outcome{Action: deletes, Identity: identity, Err: err}
		if got := lifecycle.ConfirmsDeletion(s.Connection, o); got != (err.Class == flinks.ClassGone) {
			t.Fatalf("Deleted is %v", got)
		}
		if lifecycle.ConfirmsDeletion(s.Connection, o) {
			return
		}
		s.record(o)
		want := reasons[err.Code]
		switch {
		case want != "":
		case lifecycle.SuspectsKeys(err) && !err.InSession && err.Code != flinks.CodeUnrecognized:
			want = v1alpha1.ReasonCardCredentialRefused
		default:
			want = v1alpha1.ReasonFlinksUnavailable
		}
		if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != want {
			t.Errorf("blocked by %s, not %s", got, want)
		}
		s.quietFor(10 * time.Minute)
		s.pass(time.Second)
		s.decides(deletes)
	})
}

// TestTokenErrors: what is said about a token is never about the login.
func TestTokenErrors(t *testing.T) {
	forEachError(t, flinks.OpGenerateAuthorizeToken, func(t *testing.T, err *flinks.Error) {
		s := newFixture(t)
		s.observeFails(err)
		if s.status().Binding != nil || s.status().Reconnect != nil {
			t.Error("a refused token bound a login or wanted a customer")
		}
		s = newDue(t)
		s.refreshFails(err)
		if p := s.status().Refresh.State; p != v1alpha1.RefreshFailed {
			t.Errorf("the attempt is %s", p)
		}
		if s.status().Reconnect != nil || len(s.status().Internal.UnattendedTimes) > 0 {
			t.Error("a refused token wants a customer, or counts as a live session")
		}
	})
}
