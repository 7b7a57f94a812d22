package manager

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestLeaderHearsOfRequests: what a replica writes into a status for the gateway makes
// the leader act at once: an observe for a notification, and one live call for a press.
func TestLeaderHearsOfRequests(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	id := c.Login("acme", "greatday_nomfa")
	connection := cluster.NewConnection(c.Namespace, "acme", c.InstanceName())
	connection.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
	c.Create(connection)
	becomes := func(what string, is func(lifecycle.LinkView, *v1alpha1.BankConnection) bool) {
		t.Helper()
		c.Eventually(what, 20*time.Second, func(ctx context.Context) (bool, error) {
			var got v1alpha1.BankConnection
			err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &got)
			return is(lifecycle.ViewLink(c.Sim.Now(), lifecycle.Inputs{Facts: lifecycle.Facts{Connection: &got}}), &got), err
		})
	}
	finds := func(state lifecycle.LinkState) {
		t.Helper()
		becomes(string(state), func(v lifecycle.LinkView, got *v1alpha1.BankConnection) bool {
			return v.State == state && got.Status.Binding != nil && got.Status.Internal.GatewayRequest == nil
		})
	}
	finds(lifecycle.LinkDone)
	c.AwaitCollected(1)
	if err := c.Sim.InjectFault(flinkssim.Fault{Endpoint: "Authorize", LoginID: id, FlinksCode: "QUESTION_NOT_FOUND"}); err != nil {
		t.Fatal(err)
	}
	writes := func(request func(time.Time, lifecycle.Inputs) (v1alpha1.BankConnectionStatus, bool)) {
		t.Helper()
		c.Eventually("the request is written", 20*time.Second, func(ctx context.Context) (bool, error) {
			got, ok := c.Get("acme"), false //nolint:contextcheck // It has that of the test.
			if got.Status, ok = request(c.Sim.Now(), lifecycle.Inputs{Facts: lifecycle.Facts{Connection: got.DeepCopy()}}); !ok {
				t.Fatal("nothing is asked for")
			}
			err := c.Client.Status().Update(ctx, got)
			if apierrors.IsConflict(err) {
				return false, nil // The operator wrote meanwhile.
			}
			return err == nil, err
		})
	}
	writes(lifecycle.RequestObserve)
	finds(lifecycle.LinkStart)
	writes(lifecycle.RequestRefresh)
	finds(lifecycle.LinkDone)
	if state, _ := c.Sim.Login(id); state.LiveOpened != 1 {
		t.Errorf("%d live sessions for one press", state.LiveOpened)
	}
	c.CheckCanaries()
}
