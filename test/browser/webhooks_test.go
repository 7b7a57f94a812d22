package browser

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const webhookKey = "a-key-for-webhooks-of-enough-bytes"

// TestAWebhookMakesTheOperatorLook: what Flinks collected at night shows as soon as
// it says so, and not when the operator would have looked anyway.
func TestAWebhookMakesTheOperatorLook(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { k.NightlyWorks = true })
	s.acceptWebhooks(webhookKey)
	_, link := s.returning("acme", flinkssim.DefaultUsername)
	before := s.Get("acme").Status.LastObservedTime
	if link == "" || before == nil {
		t.Fatal("the connection must need a person")
	}
	s.Sim.SeedLogin(flinkssim.SeedOptions{Scheduled: true, LastRefresh: s.clock.Now().Add(-time.Hour)})
	s.send("another-key-for-webhooks-of-others")
	if n := s.Sim.DeliverWebhooks(t.Context()); n != 2 || s.Sim.WaitingWebhooks() != 2 {
		t.Errorf("got %d calls, %d waiting: one with a wrong signature must not be taken", n, s.Sim.WaitingWebhooks())
	}
	if c := s.Get("acme"); c.Status.Internal.GatewayRequest != nil || !c.Status.LastObservedTime.Equal(before) {
		t.Error("a forged webhook must change nothing")
	}
	s.send(webhookKey)
	if n := s.Sim.DeliverWebhooks(t.Context()); n != 2 {
		t.Errorf("got %d calls, want those of the second night", n)
	}
	s.ready("acme")
}

// acceptWebhooks gives the instance a key for them.
func (s *fixture) acceptWebhooks(key string) {
	s.t.Helper()
	s.Guard(key)
	var keys corev1.Secret
	ctx := context.WithoutCancel(s.t.Context())
	if err := s.Client.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: "keys"}, &keys); err != nil {
		s.t.Fatal(err)
	}
	keys.Data["webhookKey"] = []byte(key)
	if err := s.Client.Update(ctx, &keys); err != nil {
		s.t.Fatal(err)
	}
}

// send lets Flinks refresh at night, and sign with a key what it says of it.
func (s *fixture) send(key string) {
	s.t.Helper()
	to := flinkssim.Webhook{URL: s.gateway + "/webhooks/" + s.InstanceName(), Secret: key, Client: s.program()}
	if err := s.Sim.SetWebhook(to); err != nil {
		s.t.Fatal(err)
	}
	if n := s.Sim.RunNightly(); n != 1 {
		s.t.Fatalf("got %d refreshes at night", n)
	}
}
