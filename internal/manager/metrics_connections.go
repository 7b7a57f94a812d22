package manager

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

var (
	instanceLabels = []string{"kind", "instance"}

	wantedDesc = prometheus.NewDesc("flinks_operator_connections_user_action_required",
		"Connections that wait for the customer, by instance. Namespaced instances of one name are counted together.",
		instanceLabels, nil)
	overdueDesc = prometheus.NewDesc("flinks_operator_connections_overdue",
		"Connections that wait for the customer for longer than their deadline, by instance.",
		instanceLabels, nil)
)

// connectionMetrics reports how many connections wait for a customer. It reads the cache
// at each scrape, so no series is left of a deleted instance or of a manager that does not
// lead any more.
var connectionMetrics = &connectionCollector{}

func init() { metrics.Registry.MustRegister(connectionMetrics) }

type connectionCollector struct {
	mu   sync.Mutex
	read func() map[instanceName]v1alpha1.ConnectionCounts // nil unless this process leads
}

type instanceName struct {
	kind v1alpha1.InstanceKind
	name string
}

// Describe implements prometheus.Collector.
func (*connectionCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- wantedDesc
	descs <- overdueDesc
}

// Collect implements prometheus.Collector.
func (p *connectionCollector) Collect(found chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil {
		return
	}
	for of, counts := range p.read() {
		labels := []string{string(of.kind), of.name}
		found <- prometheus.MustNewConstMetric(wantedDesc, prometheus.GaugeValue, float64(counts.UserActionRequired), labels...)
		found <- prometheus.MustNewConstMetric(overdueDesc, prometheus.GaugeValue, float64(counts.Overdue), labels...)
	}
}

func (p *connectionCollector) setRead(read func() map[instanceName]v1alpha1.ConnectionCounts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = read
}

// addConnectionMetrics makes only the leader report them.
func addConnectionMetrics(mgr ctrl.Manager) error {
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		connectionMetrics.setRead(func() map[instanceName]v1alpha1.ConnectionCounts { return countConnections(ctx, mgr.GetClient()) })
		<-ctx.Done()
		connectionMetrics.setRead(nil)
		return nil
	}))
}

// countConnections reads the cache. A list fails only while the cache stops.
func countConnections(ctx context.Context, cached client.Reader) map[instanceName]v1alpha1.ConnectionCounts {
	counts := map[instanceName]v1alpha1.ConnectionCounts{}
	add := func(kind v1alpha1.InstanceKind, name string, more *v1alpha1.ConnectionCounts) {
		if more == nil {
			return
		}
		of := instanceName{kind, name}
		sum := counts[of]
		sum.UserActionRequired += more.UserActionRequired
		sum.Overdue += more.Overdue
		counts[of] = sum
	}
	var shared v1alpha1.ClusterFlinksInstanceList
	var own v1alpha1.FlinksInstanceList
	if cached.List(ctx, &shared, client.UnsafeDisableDeepCopy) != nil || cached.List(ctx, &own, client.UnsafeDisableDeepCopy) != nil {
		return nil
	}
	for i := range shared.Items {
		add(v1alpha1.KindClusterFlinksInstance, shared.Items[i].Name, shared.Items[i].Status.Connections)
	}
	for i := range own.Items {
		add(v1alpha1.KindFlinksInstance, own.Items[i].Name, own.Items[i].Status.Connections)
	}
	return counts
}
