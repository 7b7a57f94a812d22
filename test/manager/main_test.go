package manager

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func TestMain(m *testing.M) {
	log := logr.FromSlogHandler(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	// The namespace controller is real, requests are counted, and the audit log
	// tells whose they are.
	testenv.Main(m, testenv.Options{ControllerManager: true, AuditLog: true, Isolated: true})
}

// logs is every log line of every manager, at the highest verbosity.
var logs = &lockedBuffer{}

type lockedBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

// kubectlPath finds the kubectl that belongs to the control plane.
func kubectlPath(t *testing.T) string {
	t.Helper()
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return filepath.Join(assets, "kubectl")
	}
	return filepath.Join(root(t), "bin", "k8s", "kubectl")
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
