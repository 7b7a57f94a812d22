package testenv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

// Kubectl returns the path of the kubectl that belongs to the control plane.
func Kubectl(t testing.TB) string {
	t.Helper()
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return filepath.Join(assets, "kubectl")
	}
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "bin", "k8s", "kubectl")
}
