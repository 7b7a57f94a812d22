package lifecycle_test

import (
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// shown is what a status says: the reason of each condition with its status, and
// what tools that know nothing but kstatus make of it.
type shown struct {
	Conditions map[string]string
	Kstatus    status.Status
}

func (s *fixture) shown() shown {
	s.t.Helper()
	got := shown{Conditions: map[string]string{}, Kstatus: s.kstatus()}
	for _, c := range s.status().Conditions {
		got.Conditions[c.Type] = string(c.Status) + " " + c.Reason
		if c.Message == "" {
			s.t.Errorf("%s %s has no message", c.Type, c.Reason)
		}
	}
	return got
}

func (s *fixture) kstatus() status.Status {
	s.t.Helper()
	return kstatusOf(s.t, s.Connection, "BankConnection")
}

func kstatusOf(t testing.TB, o any, kind string) status.Status {
	t.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{Object: object}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	result, err := status.Compute(u)
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}

func conditions(ready, authorized, fresh string, others ...string) map[string]string {
	m := map[string]string{
		"Ready": ready, "Authorized": authorized, "DataFresh": fresh, "UserActionRequired": notRequired,
	}
	for i := 0; i < len(others); i += 2 {
		m[others[i]] = others[i+1]
	}
	return m
}

const (
	authorized  = "True Authorized"
	fresh       = "True DataFresh"
	notRequired = "False NoActionRequired"
)

// conditionRow is a situation and what is shown of it.
type conditionRow struct {
	arrange func(s *fixture)
	want    shown
}

// runConditions starts each situation from a connection that was bound, with data
// of seven hours ago.
func runConditions(t *testing.T, table map[string]conditionRow) {
	t.Helper()
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			row.arrange(s)
			if diff := cmp.Diff(row.want, s.shown()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// goStale lets the data grow older than they may be, and not as old as they can.
func goStale(s *fixture) {
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshManual, MaxDataAge: &metav1.Duration{Duration: 48 * time.Hour},
		}
	})
	s.pass(48 * time.Hour)
	s.wait()
}

// TestConditionsOfData goes through the table of conditions in the design, row by row
// and variant by variant: here what the bank and the customer do.
func TestConditionsOfData(t *testing.T) {
	runConditions(t, map[string]conditionRow{
		"not looked at yet": {
			func(s *fixture) { *s = *newFixture(s.t) },
			shown{map[string]string{}, status.InProgressStatus},
		},
		"looked at, not observed": {
			func(s *fixture) { *s = *newFixture(s.t); s.wait() },
			shown{conditions("Unknown NotObserved", "Unknown NotObserved", "Unknown NotObserved"), status.InProgressStatus},
		},
		"authorized, data fresh": {
			func(*fixture) {},
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"authorized, never refreshed": {
			func(s *fixture) { *s = *newFixture(s.t); s.observed(time.Time{}) },
			shown{conditions("False NeverRefreshed", authorized, "False NeverRefreshed"), status.InProgressStatus},
		},
		"authorized, data stale": {
			goStale,
			shown{conditions("False DataStale", authorized, "False DataStale"), status.InProgressStatus},
		},
		"data about to expire": {
			func(s *fixture) { s.passUntil(dataNotice(s)); s.wait() },
			shown{conditions("True Refreshed", authorized, fresh, "DataExpiring", "True DataExpiresSoon"), status.CurrentStatus},
		},
		"data expired": {
			func(s *fixture) { s.passUntil(s.status().DataExpiryTime); s.wait() },
			shown{conditions("False DataStale", authorized, "False DataStale", "DataExpiring", "True DataExpired"), status.InProgressStatus},
		},
		"data expired while suspended": {
			func(s *fixture) { suspend(s); s.passUntil(s.status().DataExpiryTime); s.wait() },
			shown{conditions("True Refreshed", authorized, fresh, "Suspended", "True Suspended", "DataExpiring", "True DataExpired"), status.CurrentStatus},
		},
		"the bank asks, data usable": {
			func(s *fixture) { s.request("1"); s.refreshAsks() },
			shown{conditions("True UserActionRequired", "False MFARequired", fresh, "UserActionRequired", "True MFARequired"), status.CurrentStatus},
		},
		"the link expired, data usable": {
			func(s *fixture) { s.request("1"); s.refreshAsks(); s.pass(8 * time.Minute); s.wait() },
			shown{conditions("True UserActionRequired", "False LinkExpired", fresh, "UserActionRequired", "True LinkExpired"), status.CurrentStatus},
		},
		"credentials rejected, data usable": {
			func(s *fixture) {
				s.request("1")
				s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true))
			},
			shown{conditions("True UserActionRequired", "False CredentialsRejected", fresh, "UserActionRequired", "True CredentialsRejected"), status.CurrentStatus},
		},
		"unanswered question seen by an observe, data usable": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) },
			shown{conditions("True UserActionRequired", "False QuestionUnanswered", fresh, "UserActionRequired", "True QuestionUnanswered"), status.CurrentStatus},
		},
		"customer needed, data stale": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeDisabledLogin)); goStale(s) },
			shown{conditions("False UserActionRequired", "False LoginLocked", "False DataStale", "UserActionRequired", "True LoginLocked"), status.InProgressStatus},
		},
		"customer needed, never any data": {
			func(s *fixture) { *s = *newFixture(s.t); s.observeFails(replay(flinks.CodeNewAccount)) },
			shown{conditions("False UserActionRequired", "False BankActionRequired", "False NeverRefreshed", "UserActionRequired", "True BankActionRequired"), status.InProgressStatus},
		},
		"customer needed, binding lost": {
			func(s *fixture) {
				s.observeFails(replay(flinks.CodeNewAccount))
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Binding, st.LastRefreshTime = nil, nil })
				s.wait()
			},
			shown{conditions("False UserActionRequired", "False BankActionRequired", "Unknown NotObserved", "UserActionRequired", "True BankActionRequired"), status.InProgressStatus},
		},
	})
}

// TestConditionsOfObstacles: what stands in the way of calls, and what passes.
func TestConditionsOfObstacles(t *testing.T) {
	runConditions(t, map[string]conditionRow{
		"Secret missing from the start": {
			func(s *fixture) { *s = *newFixture(s.t); s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			shown{conditions("False SecretNotFound", "Unknown NotObserved", "Unknown NotObserved"), status.InProgressStatus},
		},
		"Secret missing later": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			shown{conditions("False SecretNotFound", authorized, fresh), status.InProgressStatus},
		},
		"Secret key missing": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretKeyNotFound) },
			shown{conditions("False SecretKeyNotFound", authorized, fresh), status.InProgressStatus},
		},
		"Secret holds another login": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonLoginChanged) },
			shown{conditions("False LoginChanged", authorized, fresh), status.InProgressStatus},
		},
		"instance missing": {
			func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotFound; s.wait() },
			shown{conditions("False InstanceNotFound", authorized, fresh), status.InProgressStatus},
		},
		"instance not ready": {
			func(s *fixture) {
				*s = *newFixture(s.t)
				s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
				s.wait()
			},
			shown{conditions("False InstanceNotReady", "Unknown NotObserved", "Unknown NotObserved"), status.InProgressStatus},
		},
		"namespace not allowed": {
			func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonNamespaceNotAllowed; s.wait() },
			shown{conditions("False NamespaceNotAllowed", authorized, fresh), status.InProgressStatus},
		},
		"Flinks down, data fresh": {
			func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"throttled, data fresh": {
			func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeTooManyRequests, false)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"keys refused, data fresh": {
			func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeUnauthorized, false)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"bank down, data fresh": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeRetryLater)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"Flinks down, data stale": {
			func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)); goStale(s) },
			shown{conditions("False DataStale", authorized, "False DataStale"), status.InProgressStatus},
		},
		"Flinks down from the start": {
			func(s *fixture) { *s = *newFixture(s.t); s.observeFails(noAnswer(flinks.OpObserve)) },
			shown{conditions("False FlinksUnavailable", "Unknown NotObserved", "Unknown NotObserved"), status.InProgressStatus},
		},
	})
}

// TestConditionsOfObjects: what only a change of an object ends, what is under way,
// and suspension.
func TestConditionsOfObjects(t *testing.T) {
	runConditions(t, map[string]conditionRow{
		"loginId unknown": {
			func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false)) },
			shown{conditions("False LoginGone", "False LoginGone", fresh, "Stalled", "True LoginGone"), status.FailedStatus},
		},
		"loginId never known": {
			func(s *fixture) {
				*s = *newFixture(s.t)
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false))
			},
			shown{conditions("False LoginGone", "False LoginGone", "Unknown NotObserved", "Stalled", "True LoginGone"), status.FailedStatus},
		},
		"loginId unknown, then Flinks down": {
			func(s *fixture) {
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false))
				s.pass(time.Hour)
				s.observeFails(noAnswer(flinks.OpObserve))
			},
			shown{conditions("False LoginGone", "False LoginGone", fresh, "Stalled", "True LoginGone"), status.FailedStatus},
		},
		"request rejected, data stale": {
			func(s *fixture) {
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidRequest, false))
				goStale(s)
			},
			shown{conditions("False RequestRejected", authorized, "False DataStale"), status.InProgressStatus},
		},
		"duplicate": {
			func(s *fixture) { s.Duplicate = true; s.wait() },
			shown{conditions("False DuplicateLogin", authorized, fresh, "Stalled", "True DuplicateLogin"), status.FailedStatus},
		},
		"live session of unknown outcome, data fresh": {
			func(s *fixture) { s.request("1"); s.refreshFails(noAnswer(flinks.OpRefresh)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"live session under way, data stale": {
			func(s *fixture) { goStale(s); s.request("1"); s.claim() },
			shown{conditions("False DataStale", authorized, "False DataStale", "Reconciling", "True Refreshing"), status.InProgressStatus},
		},
		"data being collected, data stale": {
			func(s *fixture) { goStale(s); s.request("1"); s.refreshSucceeds() },
			shown{conditions("False DataStale", authorized, "False DataStale", "Reconciling", "True Refreshing"), status.InProgressStatus},
		},
		"suspended while ready": {
			func(s *fixture) { suspend(s); goStale(s) },
			shown{conditions("True Refreshed", authorized, fresh, "Suspended", "True Suspended"), status.CurrentStatus},
		},
		"suspended while stalled": {
			func(s *fixture) {
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false))
				suspend(s)
			},
			shown{conditions("False LoginGone", "False LoginGone", fresh, "Stalled", "True LoginGone", "Suspended", "True Suspended"), status.FailedStatus},
		},
		"suspended with a link": {
			func(s *fixture) { s.request("1"); s.refreshAsks(); suspend(s); s.pass(8 * time.Minute); s.wait() },
			shown{conditions("True UserActionRequired", "False MFARequired", fresh, "UserActionRequired", "True LinkExpired", "Suspended", "True Suspended"), status.CurrentStatus},
		},
		"suspended from the start": {
			func(s *fixture) { *s = *newFixture(s.t); suspend(s) },
			shown{conditions("Unknown NotObserved", "Unknown NotObserved", "Unknown NotObserved", "Suspended", "True Suspended"), status.InProgressStatus},
		},
		"resumed": {
			func(s *fixture) { suspend(s); resume(s) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"deletion blocked": {
			func(s *fixture) {
				s.delete()
				s.record(lifecycle.Outcome{Action: lifecycle.Delete{}, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
			},
			shown{conditions("True Refreshed", authorized, fresh, "DeletionBlocked", "True CardInUse"), status.TerminatingStatus},
		},
	})
}

func suspend(s *fixture) {
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = true })
	s.wait()
}

func resume(s *fixture) {
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = false })
	s.wait()
}

// TestTransitionTimes move with the status of a condition and with nothing else.
func TestTransitionTimes(t *testing.T) {
	s := newBound(t)
	before := s.condition(v1alpha1.ConditionReady)
	s.pass(time.Hour)
	s.observeFails(replay(flinks.CodeQuestionNotFound))
	ready := s.condition(v1alpha1.ConditionReady)
	if ready.Reason == before.Reason || !ready.LastTransitionTime.Equal(&before.LastTransitionTime) {
		t.Errorf("a new reason moved the transition time: %v, then %v", before, ready)
	}
	s.pass(time.Hour)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	if got, want := s.condition(v1alpha1.ConditionReady).LastTransitionTime, (metav1.Time{Time: s.now.Truncate(time.Second)}); !got.Equal(&want) {
		t.Errorf("Ready turned False at %v, not at %v", got, want)
	}
	suspend(s)
	if got := s.status().ObservedGeneration; got != s.Connection.Generation {
		t.Errorf("observedGeneration is %d of %d", got, s.Connection.Generation)
	}
}
