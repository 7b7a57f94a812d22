package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// TestGoneUnderAClaim: a live call whose answer was lost has no other end than that Flinks
// does not know the login any more. Its request says so, and stays open no longer.
func TestGoneUnderAClaim(t *testing.T) {
	s := newBound(t)
	s.request("1")
	s.claim()
	s.passUntil(s.status().Refresh.NotBefore)
	s.pass(time.Second)
	s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false))
	if got := s.condition(v1alpha1.ConditionReady); got.Reason != v1alpha1.ReasonLoginGone {
		t.Fatalf("Ready is %s %s", got.Status, got.Reason)
	}
	if r := s.status().Refresh; r.State != v1alpha1.RefreshFailed {
		t.Errorf("the claim is %s", r.State)
	}
	if r := s.status().LastHandledRequest; r.Result != v1alpha1.RequestFailed || r.Reason != v1alpha1.ReasonLoginGone {
		t.Errorf("the request is %+v", r)
	}
}
