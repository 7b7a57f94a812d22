package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestWhatBinds: which answers to the first observe show that Flinks knows the login.
func TestWhatBinds(t *testing.T) {
	refused := func(status int, code flinks.Code, inSession bool) *flinks.Error {
		err := refusal(flinks.OpObserve, code, inSession)
		err.HTTPStatus = status
		return err
	}
	for name, answer := range map[string]struct {
		err  *flinks.Error
		want bool
	}{
		"a replay":                      {replay(flinks.CodeAggregationError), true},
		"the bank is away, no session":  {refused(400, flinks.CodeRetryLater, false), true},
		"maintenance, no session":       {refused(401, flinks.CodeBankMaintenanceRetryLater, false), true},
		"a fault of Flinks, no session": {refused(500, flinks.CodeAggregationError, false), false},
		"throttled":                     {refused(401, flinks.CodeTooManyRequests, false), false},
		"the keys are refused":          {refused(401, flinks.CodeUnauthorized, false), false},
		"the login is unknown":          {refused(401, flinks.CodeInvalidLogin, false), false},
	} {
		s := newFixture(t)
		s.wait()
		s.observeFails(answer.err)
		if got := s.status().Binding != nil; got != answer.want {
			t.Errorf("%s: bound is %v", name, got)
		}
	}
}

// TestRequestAfterTheBankWasAway: an object that meets a login whose last live session ended
// because the bank was away is refreshed when it is asked to be, however Flinks words it.
func TestRequestAfterTheBankWasAway(t *testing.T) {
	s := newFixture(t)
	s.wait()
	s.observeFails(refusal(flinks.OpObserve, flinks.CodeRetryLater, false))
	s.pass(time.Minute)
	s.request("1")
	if got := lifecycle.Decide(s.now, s.Inputs); !lifecycle.Is[lifecycle.Refresh](got) {
		t.Errorf("decides %#v", got)
	}
	if b := s.status().Binding; lifecycle.IsHostProven(b, identity.Host) {
		t.Error("an instance in trouble proves the host")
	}
}
