package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// derivations are connections for which something is to be derived.
var derivations = map[string]func(s *fixture){
	"a link to the gateway": func(s *fixture) { s.Gateway = gateway(); s.edit(byGateway); s.request("1"); s.refreshAsks() },
	"a session to be handed out": func(s *fixture) {
		s.edit(handOff)
		s.request("1")
		s.refreshSucceeds()
		s.collected(flinks.AccountsDetail{})
	},
	"a collect that takes too long": func(s *fixture) {
		s.edit(handOff)
		s.request("1")
		s.refreshSucceeds()
		s.now = s.now.Add(time.Hour)
	},
	"nightly refresh that fails": func(s *fixture) {
		s.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
		})
		s.wait()
		s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
			st.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonNightlyRefreshFailed}
		})
	},
}

// TestStagesOfADerivation: each of them reads what the one before it left, so none can trade
// places with the next one.
func TestStagesOfADerivation(t *testing.T) {
	for i := range lifecycle.Stages - 1 {
		order := make([]int, lifecycle.Stages)
		for j := range order {
			order[j] = j
		}
		swapped := slices.Clone(order)
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
		differs := false
		for _, arrange := range derivations {
			s := newBound(t)
			arrange(s)
			blank := s.Inputs
			blank.Connection = s.Connection.DeepCopy()
			blank.Connection.Status.Session = nil
			right := lifecycle.DeriveInOrder(s.now.Add(time.Second), blank, order)
			differs = differs || !equality.Semantic.DeepEqual(right, lifecycle.DeriveInOrder(s.now.Add(time.Second), blank, swapped))
		}
		if !differs {
			t.Errorf("stages %d and %d can trade places", i, i+1)
		}
	}
}
