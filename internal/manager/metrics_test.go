package manager

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// TestCallsAreCounted: the calls of all reconcilers are counted once, by operation and code.
func TestCallsAreCounted(t *testing.T) {
	all := NewReconcilers(Parts{Flinks: flinksclient.New(flinksclient.Options{})})
	before := counted(t, "flinks_operator_calls_total")
	ctx, endpoint := t.Context(), flinks.Endpoint{}
	_ = all.Connections.Flinks(instance.Meter{}).DeleteCard(ctx, endpoint, flinks.Credentials{}, flinks.LoginID{})
	for _, r := range all.Instances {
		_ = r.Flinks(instance.Meter{}).ProbeAPIKey(ctx, endpoint, flinks.Credentials{})
	}
	countCalls(flinks.OpObserve)(nil)
	got := map[string]float64{}
	for labels, n := range counted(t, "flinks_operator_calls_total") {
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

// TestOtherLoginsAreCounted: what the service of links counts is in the metric, by kind of instance.
func TestOtherLoginsAreCounted(t *testing.T) {
	const metric = "flinks_operator_other_logins_total"
	all := NewReconcilers(Parts{Flinks: flinksclient.New(flinksclient.Options{}), Links: &login.Links{}})
	before := counted(t, metric)
	for _, kind := range []v1alpha1.InstanceKind{v1alpha1.KindFlinksInstance, v1alpha1.KindClusterFlinksInstance, v1alpha1.KindClusterFlinksInstance} {
		all.LinkService.OtherLogins(instance.Key{Kind: kind})
	}
	after := counted(t, metric)
	for labels, want := range map[string]float64{"kind=FlinksInstance": 1, "kind=ClusterFlinksInstance": 2} {
		if got := after[labels] - before[labels]; got != want {
			t.Errorf("%s: %v were counted, want %v", labels, got, want)
		}
	}
}

// counted returns the counters of a metric by their labels.
func counted(t *testing.T, metric string) map[string]float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		if f.GetName() != metric {
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
