package manager

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// TestCallsAreCounted: the calls of all reconcilers are counted once, by operation and code.
func TestCallsAreCounted(t *testing.T) {
	all := NewReconcilers(Parts{Flinks: flinksclient.New(flinksclient.Options{})})
	before := callsCounted(t)
	ctx, endpoint := t.Context(), flinks.Endpoint{}
	_ = all.Connections.Flinks(instance.Meter{}).DeleteCard(ctx, endpoint, flinks.Credentials{}, flinks.LoginID{})
	for _, r := range all.Instances {
		_ = r.Flinks(instance.Meter{}).ProbeAPIKey(ctx, endpoint, flinks.Credentials{})
	}
	countCalls(flinks.OpObserve)(nil)
	got := map[string]float64{}
	for labels, n := range callsCounted(t) {
		if added := n - before[labels]; added != 0 {
			got[labels] = added
		}
	}
	want := map[string]float64{
		"code=INVALID_CALL operation=DeleteCard":               1,
		"code=CREDENTIAL_MISSING operation=GetAccountsSummary": 2,
		"code=OK operation=Observe":                            1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// callsCounted returns the counters of flinks_operator_calls_total by their labels.
func callsCounted(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "flinks_operator_calls_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := ""
			for _, l := range m.GetLabel() {
				labels += " " + l.GetName() + "=" + l.GetValue()
			}
			found[labels[1:]] = m.GetCounter().GetValue()
		}
	}
	return found
}
