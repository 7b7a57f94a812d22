package testenv

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
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

func TestRequestCounts(t *testing.T) {
	env := Start(t)
	namespace := env.Namespace(t)
	before, err := env.RequestCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	configMaps := env.core.ConfigMaps(namespace)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "object"}}
	if _, err := configMaps.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := configMaps.Get(t.Context(), "object", metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	watch, err := configMaps.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}

	want := Counts{"POST configmaps": 1, "GET configmaps": 2, "WATCH configmaps": 1}
	expectCounts(t, env, before, want)
	watch.Stop()
	expectCounts(t, env, before, want)
}

// expectCounts polls until the requests for ConfigMaps since an earlier count are the wanted ones.
func expectCounts(t *testing.T, env *Env, before, want Counts) {
	t.Helper()
	var got Counts
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 5*time.Second, true, func(ctx context.Context) (bool, error) {
		now, err := env.RequestCounts(ctx)
		got = now.Since(before, "configmaps")
		return cmp.Equal(want, got), err
	})
	if err != nil {
		t.Errorf("%v; requests (-want +got):\n%s", err, cmp.Diff(want, got))
	}
}

func TestCountsSince(t *testing.T) {
	before := Counts{"GET secrets": 1, "LIST secrets": 1}
	now := Counts{"GET secrets": 3, "LIST secrets": 1, "PATCH bankconnections/status": 2, "POST events": 1}
	for _, test := range []struct {
		resources []string
		want      Counts
	}{
		{nil, Counts{"GET secrets": 2, "PATCH bankconnections/status": 2, "POST events": 1}},
		{[]string{"bankconnections"}, Counts{"PATCH bankconnections/status": 2}},
		{[]string{"secrets", "events"}, Counts{"GET secrets": 2, "POST events": 1}},
		{[]string{"pods"}, Counts{}},
	} {
		if diff := cmp.Diff(test.want, now.Since(before, test.resources...)); diff != "" {
			t.Errorf("Since(%v) (-want +got):\n%s", test.resources, diff)
		}
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
