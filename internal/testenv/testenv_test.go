package testenv

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

func TestMain(m *testing.M) { Main(m, Options{Isolated: true}) }

func TestCRDsAreInstalled(t *testing.T) {
	env := Start(t)
	body, err := env.core.RESTClient().Get().AbsPath("/apis/connect.flinks-operator.dev/v1alpha1").DoRaw(t.Context())
	if err != nil || !strings.Contains(string(body), `"name":"bankconnections/status"`) {
		t.Errorf("discovery = %s, %v, want the BankConnection with its status", body, err)
	}
}

func TestNamespacesAreUnique(t *testing.T) {
	env := Start(t)
	one, other := env.Namespace(t), env.Namespace(t)
	if one == other || !strings.HasPrefix(one, "testnamespacesareunique-") {
		t.Errorf("namespaces = %q, %q, want two that begin with the test's name", one, other)
	}
}

func TestAsServiceAccountHasNoRightsOfItsOwn(t *testing.T) {
	env := Start(t)
	namespace := env.Namespace(t)
	client, err := kubernetes.NewForConfig(env.AsServiceAccount(namespace, "nobody"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:"+namespace+":nobody") {
		t.Errorf("listing secrets: error %v, want forbidden for the ServiceAccount", err)
	}
}

func TestConnectsToARunningControlPlane(t *testing.T) {
	running := Start(t)
	t.Setenv(KubeconfigVariable, running.Kubeconfig)
	env, err := newEnv(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if env.Config.Host != running.Config.Host {
		t.Errorf("host = %s, want the running control plane's, %s", env.Config.Host, running.Config.Host)
	}
	if err := env.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	running.Namespace(t) // it still answers
}

func TestMissingCRDsAreAnError(t *testing.T) {
	running := Start(t)
	t.Setenv(KubeconfigVariable, running.Kubeconfig)
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newEnv(t.Context(), Options{CRDs: []string{root + "/no/such/directory"}}); err == nil {
		t.Error("no error")
	}
}
