package devplane

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func testOptions(t *testing.T) (Options, *bytes.Buffer) {
	t.Helper()
	out := &bytes.Buffer{}
	o := Default(out)
	o.Dir = t.TempDir()
	return o, out
}

// TestDemoFails brings everything up, and has the second step fail: nobody gets
// through the Connect page. A control plane, the shipped RBAC and the operator are
// up by then. It all has to be gone afterwards.
func TestDemoFails(t *testing.T) {
	o, out := testOptions(t)
	o.Faults = []flinkssim.Fault{{Endpoint: "Connect", Mode: "link", Status: 503}}
	err := Demo(t.Context(), o)
	wantError(t, err, "step 1 failed after", "linking greatday_nomfa", "status 503")
	if !strings.Contains(out.String(), "ClusterFlinksInstance toolbox is ready") {
		t.Errorf("the operator did not accept the simulator:\n%s", out)
	}
	if strings.Contains(out.String(), "passed") {
		t.Errorf("a demo that failed says that it passed:\n%s", out)
	}
	left, err := filepath.Glob(filepath.Join(o.Dir, "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "gateway.log" || filepath.Base(left[1]) != "manager.log" {
		t.Errorf("left in the directory: %q, %v, want gateway.log and manager.log", left, err)
	}
}

func TestStartIsInterrupted(t *testing.T) {
	o, _ := testOptions(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, o); !errors.Is(err, errInterrupted) {
		t.Errorf("error = %v, want %v", err, errInterrupted)
	}
}

// TestAPartEnds: what ends by itself is the reason that is given, and everything
// else is stopped, last started first.
func TestAPartEnds(t *testing.T) {
	var p Plane
	stopped := ""
	p.alive, p.end = context.WithCancelCause(t.Context())
	for _, part := range []string{"1", "2", "3"} {
		p.onStop("stopping "+part, func() error {
			stopped += part
			return os.ErrClosed
		})
	}
	ctx, cancel := p.whileUp(t.Context())
	defer cancel()
	cause := errors.New("etcd ended by itself")
	p.end(cause)
	<-ctx.Done()
	if err := p.blame(t.Context(), ctx.Err()); !errors.Is(err, cause) {
		t.Errorf("error = %v, want %v", err, cause)
	}
	wantError(t, p.shutDown(), "stopping 3: file already closed", "stopping 1: ")
	if stopped != "321" {
		t.Errorf("stopped in the order %s, want 321", stopped)
	}
	if !errors.Is(p.Err(), cause) {
		t.Errorf("Err after the end = %v, want %v", p.Err(), cause)
	}
}

// TestSessionsAreCounted: a second refresh is not what the demo asked for.
func TestSessionsAreCounted(t *testing.T) {
	sim := flinkssim.New(flinkssim.Options{})
	d := &demo{Plane: &Plane{Simulator: sim}, story: newStory(&bytes.Buffer{}), calm: newCustomer("greatday_nomfa", ""), asked: newCustomer("Greatday", "")}
	d.calm.loginID = sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa"})
	d.asked.loginID = sim.SeedLogin(flinkssim.SeedOptions{Username: "Greatday"})
	wantError(t, d.checkSessions(t.Context()), "0 live sessions were opened and 0 refused, want 2")
}
