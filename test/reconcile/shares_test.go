package reconcile

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// ample lets calls through as fast as they come.
func ample(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
	i.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1000)), Burst: new(int32(1000))}
}

const liveCall = `"MostRecentCached":false`

func isLiveCall(_ *http.Request, body string) bool { return strings.Contains(body, liveCall) }

// TestShareOfLiveSessions: twenty refreshes of one namespace are due, and their banks do not
// answer. They leave a live session to another namespace. Those that have to wait are not
// reconciled meanwhile, and are woken when it is their turn.
func TestShareOfLiveSessions(t *testing.T) {
	t.Parallel()
	const sessions, crowded = 10, 20
	c := newCrew(t, 32, sessions)
	c.createInstance(ample)
	c.probe()
	names := c.crowd(crowded, scheduled(24*time.Hour))
	alone := c.seed("greatday_nomfa+alone")
	c.connect("alone", alone, scheduled(24*time.Hour))
	c.work(5 * time.Minute)
	c.oversleep(30 * time.Hour)
	later := c.due["alone"]
	delete(c.due, "alone")
	c.holds = isLiveCall
	c.work(10 * time.Second)
	out := c.out(liveCall)
	if out < sessions/2 || out > sessions-3 { // Two are kept for people.
		t.Fatalf("one namespace has %d of %d live sessions", out, sessions)
	}
	before := c.looks(names)
	c.due["alone"] = later
	c.work(30 * time.Second)
	if c.out(alone) != 1 || c.out(liveCall) != out+1 {
		t.Errorf("another namespace has %d live sessions beside %d", c.out(alone), c.out(liveCall)-c.out(alone))
	}
	if n := c.looks(names) - before; n > 0 {
		t.Errorf("the crowd was reconciled %d times while it waited", n)
	}
	c.letGo()
	c.work(time.Minute)
	if n := len(c.liveAttempts()); n != crowded+1 {
		t.Errorf("%d live calls for %d connections, a minute after the banks answer", n, crowded+1)
	}
}

// looks returns how often connections were reconciled.
func (h *harness) looks(names []string) (n int) {
	for _, name := range names {
		n += h.reconciles[name]
	}
	return n
}

// TestJointBound: Flinks hangs for live calls of one instance and for all calls of others. Not
// all workers hang with it, so what needs no call is found out all the same.
func TestJointBound(t *testing.T) {
	t.Parallel()
	const workers, others, each = 16, 4, 6
	c := newCrew(t, workers, 10)
	c.createInstance(ample)
	c.probe()
	c.fleet(12, scheduled(24*time.Hour))
	c.oversleep(30 * time.Hour)
	var instances []string
	for i := range others {
		instances = append(instances, c.anotherInstance(fmt.Sprintf("other-%d", i), c.url))
	}
	c.holds = isLiveCall
	c.work(time.Second)
	live := c.out(liveCall)
	c.holds = func(*http.Request, string) bool { return true }
	for i := range others * each {
		c.connect(fmt.Sprintf("new-%d", i), c.seed(fmt.Sprintf("greatday_nomfa+%d", i)), func(o *v1alpha1.BankConnection) {
			o.Spec.InstanceRef.Name = instances[i%others]
		})
	}
	c.work(time.Second)
	if n := c.out(""); live == 0 || n <= live || n >= workers-1 {
		t.Errorf("%d calls hang, %d live ones among them", n, live)
	}
	c.createConnection("acme")
	c.work(time.Second)
	c.expect("acme", "Ready=False SecretNotFound")
}
