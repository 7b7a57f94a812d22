package bankconnection

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestRebindDuringAReconcile: what is asked for while a reconcile is under way is not
// forgotten at its end, and what the reconcile knew is not either.
func TestRebindDuringAReconcile(t *testing.T) {
	var m memory
	c := &v1alpha1.BankConnection{}
	c.Namespace, c.Name, c.UID = "lending", "acme", "1"
	name := client.ObjectKeyFromObject(c)

	underWay := m.recall(c)
	m.askRebind(c)
	m.keep(name, underWay)
	if !m.recall(c).rebindAsked() {
		t.Fatal("the rebind was forgotten")
	}
	tried := m.recall(c)
	m.askRebind(c)
	tried.rebindsTried, tried.use = tried.rebindsAsked, awaitsData
	m.keep(name, tried)
	if again := m.recall(c); !again.rebindAsked() || again.use != awaitsData {
		t.Fatalf("the second rebind, or what is known, was forgotten: %+v", again)
	}
	again := m.recall(c)
	again.rebindsTried = again.rebindsAsked
	m.keep(name, again)
	if m.recall(c).rebindAsked() || len(m.sessions) != 0 {
		t.Error("what was tried is still asked for")
	}
}

// TestWriteOfUnknownOutcome: what paced a connection does so no longer than for a moment, and never longer than before.
func TestWriteOfUnknownOutcome(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	for pause, want := range map[time.Duration]time.Duration{time.Hour: 10 * time.Second, time.Second: time.Second} {
		var m memory
		c := &v1alpha1.BankConnection{}
		c.Namespace, c.Name, c.UID = "lending", "acme", "1"
		paced := m.recall(c)
		paced.memory.NotUntil = now.Add(pause)
		m.keep(client.ObjectKeyFromObject(c), paced)
		m.shortenPause(c, now)
		if got := m.recall(c).memory.NotUntil.Sub(now); got != want {
			t.Errorf("%s is now %s", pause, got)
		}
	}
}
