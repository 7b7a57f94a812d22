package bankconnection

import (
	"testing"

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
