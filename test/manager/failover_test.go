package manager

import (
	"context"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestStopDuringALiveSession: the answer is recorded by the process that made the call,
// although another leads by then and knows nothing of it.
func TestStopDuringALiveSession(t *testing.T) {
	c := newFixture(t)
	stop := c.Start()
	c.CreateInstance()
	id := c.Login("acme", "Greatday")
	c.Apply(c.Connection("acme", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Start()

	if err := c.Sim.InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Latency: 12 * time.Second}); err != nil {
		t.Fatal(err)
	}
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.Eventually("a live session is open", 20*time.Second, func(context.Context) (bool, error) {
		state, _ := c.Sim.Login(id)
		return state.LiveOpened == 1, nil
	})
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	// The other one leads: it answers what is asked of it.
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "--overwrite", "connect.flinks-operator.dev/refresh-requested-at=2")
	c.Kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Refused", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	if state := c.Get("acme").Status.Refresh.State; state != v1alpha1.RefreshClaimed {
		t.Errorf("state is %s while the call is out", state)
	}
	<-stopped
	st := c.Get("acme").Status
	if st.Refresh.State != v1alpha1.RefreshAwaitingUser || st.Reconnect == nil || st.Reconnect.Link.URL == "" {
		t.Errorf("the session is %+v, the link %+v", st.Refresh, st.Reconnect)
	}
	if stats := c.Sim.LiveStats(); stats.Opened != 1 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	c.CheckCanaries()
}

// TestLeaderDiesDuringALiveSession: the answer is lost while there is no leader. The one that takes over
// finds that the outcome is not known, and starts no session.
func TestLeaderDiesDuringALiveSession(t *testing.T) {
	c := newFixture(t)
	stop := c.Start()
	c.CreateInstance()
	id := c.Login("acme", "Greatday")
	c.Apply(c.Connection("acme", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")

	if err := c.Sim.InjectFault(flinkssim.Fault{
		Endpoint: "Authorize", Mode: "live", Latency: 5 * time.Second, Drop: flinkssim.DropAfterCommit,
	}); err != nil {
		t.Fatal(err)
	}
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.Eventually("a live session is open", 20*time.Second, func(context.Context) (bool, error) {
		state, _ := c.Sim.Login(id)
		return state.LiveOpened == 1, nil
	})
	stop()
	if state := c.Get("acme").Status.Refresh.State; state != v1alpha1.RefreshClaimed && state != v1alpha1.RefreshUnknown {
		t.Errorf("state is %s", state)
	}

	reconciled := reconciles(t)
	c.Start()
	c.Kubectl("label", "bankconn", "acme", "-n", c.Namespace, "touched=yes")
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "--overwrite", "connect.flinks-operator.dev/refresh-requested-at=2")
	c.Kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Refused", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Eventually("the new leader looked at it", 20*time.Second, func(context.Context) (bool, error) {
		return reconciles(t) > reconciled, nil
	})
	if stats := c.Sim.LiveStats(); stats.Opened != 1 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	if reason := c.Get("acme").Status.LastHandledRequest.Reason; reason != v1alpha1.ReasonSessionOpen {
		t.Errorf("refused with %q", reason)
	}
	c.CheckCanaries()
}

// TestTwoManagersDoTheWorkOnce: the second waits for the lease and takes over when
// the first one goes.
func TestTwoManagersDoTheWorkOnce(t *testing.T) {
	c := newFixture(t)
	c.ReplayAtEnd()
	first := c.Start()
	c.CreateInstance()
	c.Login("one", "greatday_nomfa+one")
	c.Apply(c.Connection("one", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/one", "-n", c.Namespace, "--timeout=20s")
	c.AwaitCollected(1)
	c.Start()
	first()
	c.Login("two", "greatday_nomfa+two")
	c.Apply(c.Connection("two", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/two", "-n", c.Namespace, "--timeout=20s")
	if got := c.observes(); got != 2 {
		t.Errorf("%d observes for two connections", got)
	}
}
