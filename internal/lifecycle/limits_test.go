package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestAwaitsFirstTurn: a new connection that only waits for its turn says nothing. What is wrong with it,
// or was asked of it, it says at once.
func TestAwaitsFirstTurn(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    bool
	}{
		"waits for its turn":           {func(*fixture) {}, true},
		"has a status already":         {func(s *fixture) { s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.ObservedGeneration = 1 }) }, false},
		"need not wait":                {func(s *fixture) { s.Calls = lifecycle.Deferral{} }, false},
		"all calls pause":              {func(s *fixture) { s.Calls.Reason = v1alpha1.ReasonThrottled }, false},
		"its keys are yet to be tried": {func(s *fixture) { s.Calls = lifecycle.UntilProven(s.now) }, false},
		"is suspended":                 {func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = true }) }, false},
		"its instance is not ready":    {func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, false},
		"a refresh is asked for":       {func(s *fixture) { s.request("1") }, false},
		"names a policy that does not exist": {func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "none"}
			})
		}, false},
		"wants links without gateways": {func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
			})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.Calls = lifecycle.Deferral{Until: s.now.Add(time.Minute)}
			row.arrange(s)
			o := lifecycle.Outcome{Action: lifecycle.Decide(s.now, s.Inputs)}
			st := lifecycle.Record(s.now, s.Inputs, o)
			if got := lifecycle.AwaitsFirstTurn(s.now, s.Inputs, o, &st); got != row.want {
				t.Errorf("%v (action: %+v, conditions: %+v)", got, o.Action, st.Conditions)
			}
		})
	}
}
