package controlplane

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/clock"
)

// stopwatch returns a function that logs how long the step took that has just ended.
func stopwatch(t *testing.T) func(step string) {
	last := clock.RealClock{}.Now()
	return func(step string) {
		t.Helper()
		now := clock.RealClock{}.Now()
		t.Logf("%s: %s", step, now.Sub(last).Round(time.Millisecond))
		last = now
	}
}

func mustStart(t *testing.T, opts Options) *ControlPlane {
	t.Helper()
	cp, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return cp
}

func mustClient(t *testing.T, cfg *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestLifeOfAControlPlane(t *testing.T) {
	lap := stopwatch(t)
	cp := mustStart(t, Options{ControllerManager: true, AuditLog: true})
	lap("start")
	client := mustClient(t, cp.Config)

	checkVersion(t, client)
	checkKubeconfig(t, cp)
	checkRBAC(t, cp)
	lap("checks")
	checkNamespaceDeletion(t, client)
	lap("deletion of a namespace")
	checkAuditLog(t, cp)

	if err := cp.Err(); err != nil {
		t.Errorf("Err of a running control plane: %v", err)
	}
	if err := cp.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	lap("stop")
	checkNothingLeft(t, cp)
}

func checkVersion(t *testing.T, client *kubernetes.Clientset) {
	t.Helper()
	info, err := client.Discovery().ServerVersion()
	if err != nil {
		t.Fatalf("reading the server's version: %v", err)
	}
	got, err := version.ParseSemantic(info.GitVersion)
	if err != nil {
		t.Fatalf("the server's version does not parse: %v", err)
	}
	if want := version.MustParseSemantic("v1.36.3"); got.LessThan(want) {
		t.Errorf("server version = %s, want %s or later", got, want)
	}
}

// checkKubeconfig reads the file as kubectl would.
func checkKubeconfig(t *testing.T, cp *ControlPlane) {
	t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", cp.Kubeconfig)
	if err != nil {
		t.Fatalf("reading the kubeconfig: %v", err)
	}
	body, err := mustClient(t, cfg).RESTClient().Get().AbsPath("/readyz").DoRaw(t.Context())
	if err != nil || string(body) != "ok" {
		t.Errorf("/readyz with the kubeconfig = %q, %v, want ok", body, err)
	}
}

// checkRBAC shows that authorization is on, for users and for ServiceAccounts.
func checkRBAC(t *testing.T, cp *ControlPlane) {
	t.Helper()
	for _, user := range []string{"alice", "system:serviceaccount:default:nobody"} {
		cfg := rest.CopyConfig(cp.Config)
		cfg.Impersonate.UserName = user
		_, err := mustClient(t, cfg).CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
		if !apierrors.IsForbidden(err) {
			t.Errorf("listing secrets as %s: error %v, want forbidden", user, err)
		}
	}
}

// checkNamespaceDeletion deletes a namespace with an object in it and waits until it is gone.
func checkNamespaceDeletion(t *testing.T, client *kubernetes.Clientset) {
	t.Helper()
	ctx := t.Context()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "short-lived"}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "object"}}
	if _, err := client.CoreV1().ConfigMaps("short-lived").Create(ctx, object, metav1.CreateOptions{}); err != nil {
		t.Fatalf("creating an object: %v", err)
	}
	if err := client.CoreV1().Namespaces().Delete(ctx, "short-lived", metav1.DeleteOptions{}); err != nil {
		t.Fatalf("deleting the namespace: %v", err)
	}
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Namespaces().Get(ctx, "short-lived", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
	if err != nil {
		t.Errorf("the namespace is still there: %v", err)
	}
}

func checkAuditLog(t *testing.T, cp *ControlPlane) {
	t.Helper()
	log, err := os.ReadFile(cp.AuditLog)
	if err != nil {
		t.Fatalf("reading the audit log: %v", err)
	}
	for _, want := range []string{`"impersonatedUser":{"username":"alice"`, `"name":"short-lived"`} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the audit log lacks %s", want)
		}
	}
}

func checkNothingLeft(t *testing.T, cp *ControlPlane) {
	t.Helper()
	for _, p := range cp.processes {
		if _, ended := p.Ended(); !ended {
			t.Errorf("%s is still running", p.Name)
		}
	}
	if _, err := os.Stat(cp.DataDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory %s is still there (%v)", cp.DataDir, err)
	}
	select {
	case <-cp.Done():
	default:
		t.Error("Done is still open")
	}
	if err := cp.Err(); err != nil {
		t.Errorf("Err after Stop: %v", err)
	}
}

func TestDataDirSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	create := mustStart(t, Options{DataDir: dir})
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "object"}}
	configMaps := mustClient(t, create.Config).CoreV1().ConfigMaps("default")
	if _, err := configMaps.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatalf("creating an object: %v", err)
	}
	if _, err := Start(t.Context(), Options{DataDir: dir}); err == nil {
		t.Error("a second control plane started with the same data")
	}
	lap := stopwatch(t)
	if err := create.Stop(); err != nil {
		t.Fatalf("Stop: %v", err)
	}
	lap("graceful stop")

	again := mustStart(t, Options{DataDir: dir})
	configMaps = mustClient(t, again.Config).CoreV1().ConfigMaps("default")
	if _, err := configMaps.Get(t.Context(), "object", metav1.GetOptions{}); err != nil {
		t.Errorf("the object did not survive: %v", err)
	}
}

func TestFailedStartLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, err := Start(t.Context(), Options{APIServerArgs: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "starting kube-apiserver") || !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("Start with a wrong flag: error %v, want the name of the process and its own words", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start with a canceled context: error %v, want its cause", err)
	}

	entries, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(entries) > 0 {
		t.Errorf("temporary directory holds %v (%v), want nothing", entries, err)
	}
}

func TestErrTellsWhichProcessEnded(t *testing.T) {
	cp := mustStart(t, Options{})
	etcd := cp.processes[0]
	if err := etcd.Kill(); err != nil {
		t.Fatal(err)
	}
	<-cp.Done()
	if err := cp.Err(); err == nil || !strings.Contains(err.Error(), "etcd ended by itself: signal: killed") {
		t.Errorf("Err = %v, want the end of etcd", err)
	}
}

func TestMissingBinariesAreNamed(t *testing.T) {
	_, err := Start(t.Context(), Options{AssetsDir: t.TempDir(), ControllerManager: true})
	if err == nil || !strings.Contains(err.Error(), "etcd, kube-apiserver, kube-controller-manager") {
		t.Errorf("Start without binaries: error %v, want their names", err)
	}
}

func TestReservedPortsAreDistinct(t *testing.T) {
	ports, err := reservePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	defer ports.release()
	seen := map[string]bool{}
	for _, address := range ports.addresses {
		if seen[address] {
			t.Errorf("%s was reserved twice", address)
		}
		seen[address] = true
	}
}
