package scale

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// What a connection may cost at the most. They are counts, and do not depend on the machine.
const (
	// minRequests: fewer mean that the metric was not read.
	minRequests = 4
	// maxRequests of the API server for a new one: two patches, one or two reads of the Secret, two statuses.
	maxRequests = 6.25
	// maxHeap in bytes of one that has converged.
	maxHeap = 6500
)

// fresh is how many new connections are waited for one by one.
const fresh = 50

// TestScale imports a fleet, restarts the manager, and has new connections made beside it.
func TestScale(t *testing.T) {
	program := build(t)
	var results []Result
	for _, n := range sizes(t) {
		results = append(results, measure(t, program, n))
	}
	report(t, results)
}

func measure(t *testing.T, program string, n int) Result {
	t.Helper()
	c := cluster.New(t)
	c.Sim = flinkssim.New(flinkssim.Options{CustomerID: c.Sim.Credentials().CustomerID, Clock: clock.RealClock{}})
	server := httptest.NewServer(c.Sim.Handler()) // That of the cluster remembers what passes.
	t.Cleanup(server.Close)
	c.URL = server.URL
	c.CreateInstance()
	result := Result{Size: n}
	say("%d connections", n)
	p := start(c, program)
	p.await("the instance is ready", time.Minute, func() bool { return isInstanceReady(c) })
	warmUp(c, p, "first")
	p.stop()
	// Before and after, because a machine's speed may change meanwhile.
	before := bare(c, "before", min(n, 500))
	p = start(c, program)
	warmUp(c, p, "second")
	empty := p.heap()
	result.imports(c, p, n)
	p.profile("heap", "?gc=1")
	result.Heap, result.Resident = (p.heap()-empty)/float64(n), p.resident()
	p.stop()
	result.Limit = (before + bare(c, "after", min(n, 500))) / 2
	p = result.restarts(c, program, n)
	result.waits(c, p)
	p.stop()
	return result
}

func isInstanceReady(c *cluster.Cluster) bool {
	var i v1alpha1.ClusterFlinksInstance
	err := c.Client.Get(c.T.Context(), client.ObjectKey{Name: c.InstanceName()}, &i)
	return err == nil && meta.IsStatusConditionTrue(i.Status.Conditions, v1alpha1.ConditionReady)
}

// imports creates a fleet at once, and waits until the data of each is collected.
func (r *Result) imports(c *cluster.Cluster, p *process, n int) {
	c.T.Helper()
	direct := c.Client
	seed(c, direct, "new", n)
	requests, cpu, reconciles := p.requests(), p.cpu(), p.reconciles()
	took := create(c, p, direct, "new", n)
	r.Import = float64(n) / took.Seconds()
	r.Requests = since(requests, p.requests(), n)
	r.Reconciles = (p.reconciles() - reconciles) / float64(n)
	r.CPU = (p.cpu() - cpu).Seconds() / float64(n)
}

// create creates connections at once, and returns after what time the data of each is collected.
func create(c *cluster.Cluster, p *process, direct client.Client, prefix string, n int) time.Duration {
	c.T.Helper()
	before, began := p.collected(), wall.Now()
	each(c.T, "creation", n, func(i int) error {
		return direct.Create(c.T.Context(), cluster.NewConnection(c.Namespace, fmt.Sprintf("%s-%d", prefix, i), c.InstanceName()))
	})
	awaitCollected(p, int(before)+n)
	took := wall.Since(began)
	p.rest()
	return took
}

// warm is how many connections a manager handles before it is measured, so that what it needs once is not
// counted.
const warm = 100

func warmUp(c *cluster.Cluster, p *process, prefix string) {
	c.T.Helper()
	direct := c.Client
	seed(c, direct, prefix, warm)
	create(c, p, direct, prefix, warm)
}

// awaitCollected waits until the data of n connections is collected.
func awaitCollected(p *process, n int) {
	p.t.Helper()
	told := wall.Now()
	p.await(fmt.Sprintf("%d connections have their data", n), time.Hour, func() bool {
		got := int(p.collected())
		if wall.Since(told) > 10*time.Second {
			told = wall.Now()
			say("import: %d of %d", got, n)
		}
		return got >= n
	})
}

// restarts starts a manager that finds a fleet as it should be.
func (r *Result) restarts(c *cluster.Cluster, program string, n int) *process {
	c.T.Helper()
	c.Sim.ResetJournal()
	began := wall.Now()
	p := start(c, program)
	p.await("all connections were looked at again", 10*time.Minute, func() bool {
		return p.reconciles() >= float64(n) && p.sum("workqueue_depth") == 0
	})
	r.Restart = wall.Since(began).Seconds()
	p.rest()
	r.RestartWrites = int(p.sum("rest_client_requests_total", "method", http.MethodPut) + p.sum("rest_client_requests_total", "method", http.MethodPatch))
	r.RestartCalls = len(c.Sim.Journal())
	return p
}

// waits creates connections one by one, and measures how long each takes to be ready.
func (r *Result) waits(c *cluster.Cluster, p *process) {
	c.T.Helper()
	direct := c.Client
	seed(c, direct, "late", fresh)
	var took []float64
	for i := range fresh {
		o := cluster.NewConnection(c.Namespace, fmt.Sprintf("late-%d", i), c.InstanceName())
		began := wall.Now()
		if err := direct.Create(c.T.Context(), o); err != nil {
			c.T.Fatal(err)
		}
		p.await(o.Name+" is ready", time.Minute, func() bool {
			err := direct.Get(c.T.Context(), client.ObjectKeyFromObject(o), o)
			return err == nil && meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)
		})
		took = append(took, wall.Since(began).Seconds())
	}
	slices.Sort(took)
	r.NewMedian, r.NewMax = took[len(took)/2], took[len(took)-1]
}
