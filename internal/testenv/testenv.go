// Package testenv gives tests a real Kubernetes API server: one for all the tests of a package,
// started by the first test that asks for it.
//
//	func TestMain(m *testing.M) { testenv.Main(m, testenv.Options{}) }
//
//	func TestSomething(t *testing.T) {
//		env := testenv.Start(t)
//		namespace := env.Namespace(t)
//		…
//	}
package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

// KubeconfigVariable is the environment variable that may name the kubeconfig of a control plane
// that runs already, so that all packages of one `go test ./...` share it. Its user must be an
// administrator. It need not have a controller manager.
const KubeconfigVariable = "FLINKS_TEST_KUBECONFIG"

// Options say what the tests of a package need.
type Options struct {
	// CRDs are files or directories with the CustomResourceDefinitions to install. By default it is
	// config/crd/bases of the source tree.
	CRDs []string

	// ControllerManager also runs the namespace controller and the garbage collector, for tests that
	// wait for a namespace to go or for owner references to be followed.
	ControllerManager bool

	// AuditLog makes the API server log requests to Env.AuditLog.
	AuditLog bool

	// Isolated gives the package a control plane of its own even if there is one to share. An
	// audit log implies it.
	Isolated bool
}

// Env is an API server with the project's CRDs. Its fields are for reading.
type Env struct {
	// Config is the access of an administrator, without client-side throttling.
	Config *rest.Config

	// Kubeconfig is the path of a file with the same access as Config.
	Kubeconfig string

	// AuditLog is the path of the audit log, or empty if none was asked for.
	AuditLog string

	core *corev1client.CoreV1Client
	stop func() error
}

// shared is the environment of this test binary.
var shared struct {
	options *Options // nil until Main
	mu      sync.Mutex
	started bool
	env     *Env
	err     error
	ends    []func() error
}

// Main runs the tests of a package, ends the control plane if one was started, and exits. An
// interrupt ends the control plane too.
func Main(m *testing.M, opts Options) {
	shared.options = &opts
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupts
		os.Exit(finish(1))
	}()
	os.Exit(finish(m.Run()))
}

// AtEnd calls end when all tests of the package have ended, before the control plane is
// stopped; what was asked for last comes first. It is for what tests share.
func AtEnd(end func() error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.ends = append(shared.ends, end)
}

// finish ends what tests share and the control plane, and returns the exit code, which is not 0 if
// that failed.
func finish(code int) int {
	shared.mu.Lock() // and never unlocked: no test may start another one
	for _, end := range slices.Backward(shared.ends) {
		if err := end(); err != nil {
			fmt.Fprintln(os.Stderr, "ending the tests:", err)
			code = max(code, 1)
		}
	}
	if shared.env == nil {
		return code
	}
	if err := shared.env.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the test environment:", err)
		return max(code, 1)
	}
	return code
}

// Start returns the environment of this test binary, which the first call brings up. The test
// fails at once if that is not possible. Do not change what other tests see: work in a Namespace.
func Start(t testing.TB) *Env {
	t.Helper()
	if shared.options == nil {
		t.Fatal("testenv.Start needs a TestMain that calls testenv.Main")
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.started {
		shared.started = true
		shared.env, shared.err = newEnv(t.Context(), *shared.options)
	}
	if shared.err != nil {
		t.Fatalf("starting the test environment: %v", shared.err)
	}
	return shared.env
}

// newEnv connects to a control plane and installs the CRDs.
func newEnv(ctx context.Context, opts Options) (*Env, error) {
	env, err := connect(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := env.prepare(opts.CRDs); err != nil {
		return nil, errors.Join(err, env.stop())
	}
	return env, nil
}

func connect(ctx context.Context, opts Options) (*Env, error) {
	path := os.Getenv(KubeconfigVariable)
	if path == "" || opts.Isolated || opts.AuditLog {
		cp, err := controlplane.Start(ctx, controlplane.Options{
			ControllerManager: opts.ControllerManager,
			AuditLog:          opts.AuditLog,
		})
		if err != nil {
			return nil, err
		}
		return &Env{Config: cp.Config, Kubeconfig: cp.Kubeconfig, AuditLog: cp.AuditLog, stop: cp.Stop}, nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading $%s: %w", KubeconfigVariable, err)
	}
	config.QPS = -1
	return &Env{Config: config, Kubeconfig: path, stop: func() error { return nil }}, nil
}

func (e *Env) prepare(crds []string) (err error) {
	if e.core, err = corev1client.NewForConfig(e.Config); err != nil {
		return err
	}
	if len(crds) == 0 {
		root, err := controlplane.ModuleRoot()
		if err != nil {
			return fmt.Errorf("finding the CRDs: %w", err)
		}
		crds = []string{filepath.Join(root, "config", "crd", "bases")}
	}
	// Of several test binaries that share a control plane, one is the first to create a CRD.
	return retry.OnError(retry.DefaultBackoff, apierrors.IsAlreadyExists, func() error {
		_, err := envtest.InstallCRDs(e.Config, envtest.CRDInstallOptions{Paths: crds, ErrorIfPathMissing: true})
		return err
	})
}
