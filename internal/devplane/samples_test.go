package devplane

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func mustFindTree(t *testing.T) tree {
	t.Helper()
	root, err := findTree()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func mustReadSamples(t *testing.T) samples {
	t.Helper()
	all, err := mustFindTree(t).readSamples()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSamplesAreComplete: every connection has a Secret for its loginId, unless the
// person has yet to link their bank, and the instance has one for its keys.
func TestSamplesAreComplete(t *testing.T) {
	all := mustReadSamples(t)
	_, name, err := all.instance()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.secret(name, map[string]string{"secretKey": "s", "apiKey": "a"}); err != nil {
		t.Error(err)
	}
	connections, err := all.connections(2)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range connections {
		c, err := s.connection()
		if err != nil {
			t.Fatal(err)
		}
		if r := c.Spec.Reconnect; r != nil && r.Link.Type == v1alpha1.LinkGateway {
			continue
		}
		ref := client.ObjectKey{Namespace: c.Namespace, Name: c.Spec.LoginIDSecretRef.Name}
		if _, err := all.secret(ref, map[string]string{loginIDKey(c): "x"}); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// TestSamplesAreInOrder: the demonstration takes the first ones.
func TestSamplesAreInOrder(t *testing.T) {
	connections, err := mustReadSamples(t).connections(2)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{connections[0].GetName(), connections[1].GetName()}
	if diff := cmp.Diff([]string{"acme-chequing", "acme-savings"}, got); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestSecretsAreFilledWhole(t *testing.T) {
	all := mustReadSamples(t)
	_, name, err := all.instance()
	if err != nil {
		t.Fatal(err)
	}
	_, err = all.secret(name, map[string]string{"secretKey": "s"})
	wantError(t, err, `has the keys ["apiKey" "secretKey"], want ["secretKey"]`)
	_, err = all.secret(client.ObjectKey{Name: "nobody"}, nil)
	wantError(t, err, "has no Secret /nobody")
	_, err = all.connections(100)
	wantError(t, err, "want 100")
}

func TestLoginIDKey(t *testing.T) {
	var c v1alpha1.BankConnection
	got := []string{loginIDKey(&c)}
	c.Spec.LoginIDSecretRef.Key = "other"
	if diff := cmp.Diff([]string{"loginId", "other"}, append(got, loginIDKey(&c))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
