package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func TestDeleted(t *testing.T) {
	for name, row := range map[string]struct {
		outcome lifecycle.Outcome
		want    bool
	}{
		"deleted":               {lifecycle.Outcome{Action: deletes}, true},
		"gone already":          {lifecycle.Outcome{Action: deletes, Identity: identity, Err: unknownToDelete()}, true},
		"gone, at another host": {lifecycle.Outcome{Action: deletes, Identity: atHost(elsewhere), Err: unknownToDelete()}, false},
		"gone, at no host":      {lifecycle.Outcome{Action: deletes, Err: unknownToDelete()}, false},
		"in use":                {lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)}, false},
		"no answer":             {lifecycle.Outcome{Action: deletes, Err: noAnswer(flinks.OpDeleteCard)}, false},
		"another login":         {lifecycle.Outcome{Action: deletes, Problem: v1alpha1.ReasonLoginChanged}, false},
		"another login, gone":   {lifecycle.Outcome{Action: deletes, Problem: v1alpha1.ReasonLoginChanged, Err: gone()}, false},
		"nothing was done":      {lifecycle.Outcome{Action: waits}, false},
		"an observe found none": {lifecycle.Outcome{Action: observes, Err: gone()}, false},
		"not found":             {lifecycle.Outcome{Action: deletes, Identity: identity, Err: bareNotFound()}, false},
		"the token is unknown":  {lifecycle.Outcome{Action: deletes, Identity: identity, Err: refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeInvalidLogin, false)}, false},

		"made sure":                       {lifecycle.Outcome{Action: confirms, Identity: identity, Err: gone()}, true},
		"made sure, at another host":      {lifecycle.Outcome{Action: confirms, Identity: atHost(elsewhere), Err: gone()}, false},
		"made sure, at no host":           {lifecycle.Outcome{Action: confirms, Err: gone()}, false},
		"made sure, of another login":     {lifecycle.Outcome{Action: confirms, Identity: identity, Problem: v1alpha1.ReasonLoginChanged, Err: gone()}, false},
		"made sure, and it is there":      {lifecycle.Outcome{Action: confirms, Identity: identity, Authorization: &flinks.Authorization{}}, false},
		"made sure, and it failed before": {lifecycle.Outcome{Action: confirms, Identity: identity, Err: replay(flinks.CodeNewAccount)}, false},
		"made sure, without an answer":    {lifecycle.Outcome{Action: confirms, Identity: identity, Err: noAnswer(flinks.OpObserve)}, false},
		"made sure, the token is unknown": {lifecycle.Outcome{Action: confirms, Identity: identity, Err: refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeInvalidLogin, false)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lifecycle.ConfirmsDeletion(newBound(t).Connection, row.outcome); got != row.want {
				t.Errorf("Deleted is %v", got)
			}
		})
	}
}

// TestBlockedDeletion is tried again less and less often, and soon enough.
func TestBlockedDeletion(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
	s.quietFor(5 * time.Second)
	calls := 1
	for began := s.now; s.now.Sub(began) < time.Hour; s.now, _ = s.next() {
		a := lifecycle.Decide(s.now, s.Inputs)
		if lifecycle.Is[lifecycle.Delete](a) {
			calls++
			s.record(lifecycle.Outcome{Action: a, Problem: v1alpha1.ReasonSecretNotFound})
		}
	}
	if calls < 12 || calls > 25 {
		t.Errorf("%d calls in an hour", calls)
	}
	s.edit(retain)
	s.decides(releases(v1alpha1.ReasonLoginRetained))
}

// bareNotFound returns a 404 to a DeleteCard that does not name the login.
func bareNotFound() *flinks.Error {
	return &flinks.Error{
		Op: flinks.OpDeleteCard, HTTPStatus: 404, Code: flinks.CodeUnreadable, Class: flinks.ClassUnknown, Delivery: flinks.Ambiguous,
	}
}

// newNotFound returns a connection whose login DeleteCard did not find.
func newNotFound(t *testing.T) *fixture {
	t.Helper()
	s := newBound(t)
	s.Instance.Host = identity.Host
	s.delete()
	s.record(lifecycle.Outcome{Action: deletes, Identity: identity, Err: bareNotFound()})
	return s
}

// TestLoginThatIsNotFound: its state tells at once whether it is gone.
func TestLoginThatIsNotFound(t *testing.T) {
	s := newNotFound(t)
	want := &v1alpha1.Deletion{AttemptTime: metav1.NewTime(s.now.Truncate(time.Second)), Answer: v1alpha1.DeletionNotFound}
	if diff := cmp.Diff(want, s.status().Deletion); diff != "" {
		t.Errorf("status.deletion (-want +got):\n%s", diff)
	}
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonFlinksUnavailable {
		t.Errorf("blocked by %q", got)
	}
	s.decides(confirms)
	s.looksAgainWithin(time.Second)
	if need := lifecycle.DemandOf(s.now, s.Inputs, confirms); need.Calls != 2 || need.Live || need.Priority != lifecycle.Prompt {
		t.Errorf("needs %+v", need)
	}
	s.restart()
	s.decides(confirms)
}

// TestLoginThatIsNotFoundAndNotGone: it is tried again, less and less often.
func TestLoginThatIsNotFoundAndNotGone(t *testing.T) {
	for name, row := range map[string]struct {
		o    lifecycle.Outcome
		want string
	}{
		"it is there":           {lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.Authorized}}, v1alpha1.ReasonFlinksUnavailable},
		"it failed before":      {lifecycle.Outcome{Err: replay(flinks.CodeNewAccount)}, v1alpha1.ReasonFlinksUnavailable},
		"no answer":             {lifecycle.Outcome{Err: noAnswer(flinks.OpObserve)}, v1alpha1.ReasonFlinksUnavailable},
		"the keys are refused":  {lifecycle.Outcome{Err: refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false)}, v1alpha1.ReasonInstanceNotReady},
		"the token is unknown":  {lifecycle.Outcome{Err: refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeInvalidLogin, false)}, v1alpha1.ReasonInstanceNotReady},
		"the Secret is gone":    {lifecycle.Outcome{Problem: v1alpha1.ReasonSecretNotFound}, v1alpha1.ReasonSecretNotFound},
		"another host says so":  {lifecycle.Outcome{Err: gone(), Identity: atHost(elsewhere)}, v1alpha1.ReasonHostUnproven},
		"the instance moved on": {lifecycle.Outcome{Err: gone(), Problem: v1alpha1.ReasonLoginChanged}, v1alpha1.ReasonLoginChanged},
	} {
		t.Run(name, func(t *testing.T) {
			s := newNotFound(t)
			calls := 0
			for began := s.now; s.now.Sub(began) < time.Hour; s.now, _ = s.next() {
				switch a := lifecycle.Decide(s.now, s.Inputs).(type) {
				case lifecycle.Confirm:
					o := row.o
					o.Action = a
					if o.Identity == (lifecycle.Identity{}) {
						o.Identity = identity
					}
					s.record(o)
					if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != row.want {
						t.Fatalf("blocked by %q, want %q", got, row.want)
					}
					s.decides(waits)
				case lifecycle.Delete:
					calls++
					s.record(lifecycle.Outcome{Action: a, Identity: identity, Err: bareNotFound()})
				default:
				}
			}
			if calls < 12 || calls > 25 {
				t.Errorf("%d calls in an hour", calls)
			}
		})
	}
}

// TestNotFoundAtAnotherHost says nothing: the host may be mistyped.
func TestNotFoundAtAnotherHost(t *testing.T) {
	s := newBound(t)
	s.Instance.Host = elsewhere
	s.delete()
	s.record(lifecycle.Outcome{Action: deletes, Identity: atHost(elsewhere), Err: bareNotFound()})
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonHostUnproven {
		t.Errorf("blocked by %q", got)
	}
	s.restart()
	s.decides(deletes)
	s = newNotFound(t)
	s.Instance.Host = elsewhere
	s.restart()
	s.decides(deletes)
}

// TestDeletionThatCameBackFromABackupIsForgotten: it is of no object that stays.
func TestDeletionThatCameBackFromABackupIsForgotten(t *testing.T) {
	s := newBound(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.Deletion = &v1alpha1.Deletion{AttemptTime: st.Binding.BoundTime, Answer: v1alpha1.DeletionNotFound}
	})
	s.wait()
	if s.status().Deletion != nil {
		t.Error("it is still there")
	}
}

// TestDeletionKeepsTheRest: what was known of a connection stays readable while it
// goes.
func TestDeletionKeepsTheRest(t *testing.T) {
	s := newDue(t)
	before := s.status().DeepCopy()
	s.delete()
	s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
	want := before
	want.NextRefreshTime, want.NextObserveTime = nil, nil
	want.DeletionClaim = &v1alpha1.DeletionClaim{ClaimTime: metav1.NewTime(s.now.Truncate(time.Second))}
	want.Deletion = &v1alpha1.Deletion{AttemptTime: metav1.NewTime(s.now.Truncate(time.Second))}
	want.ObservedGeneration = s.Connection.Generation
	want.Conditions = append(want.Conditions, s.condition(v1alpha1.ConditionDeletionBlocked))
	meta.FindStatusCondition(want.Conditions, v1alpha1.ConditionUserActionRequired).ObservedGeneration = s.Connection.Generation
	if diff := cmp.Diff(want, s.status()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
