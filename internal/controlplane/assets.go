package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// findAssets returns the directory with the binaries that opts need.
func findAssets(opts Options) (string, error) {
	needed := []string{"etcd", "kube-apiserver"}
	if opts.ControllerManager {
		needed = append(needed, "kube-controller-manager")
	}
	if opts.AssetsDir != "" {
		return opts.AssetsDir, checkAssets(opts.AssetsDir, needed)
	}
	if dir := os.Getenv("KUBEBUILDER_ASSETS"); dir != "" && checkAssets(dir, needed) == nil {
		return dir, nil
	}
	root, err := ModuleRoot()
	if err != nil {
		return "", fmt.Errorf("finding the control plane's binaries: %w", err)
	}
	dir := filepath.Join(root, "bin", "k8s")
	if err := checkAssets(dir, needed); err != nil {
		return "", fmt.Errorf("%w; `make k8s` builds them", err)
	}
	return dir, nil
}

func checkAssets(dir string, needed []string) error {
	var missing []string
	for _, name := range needed {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("control plane binaries missing from %s: %s", dir, strings.Join(missing, ", "))
	}
	return nil
}

// mainModule is how the go.mod of the operator's module begins. Others are below it.
const mainModule = "module github.com/flinks-operator/flinks-operator\n"

// ModuleRoot returns the directory of the operator's Go module, which encloses the working
// directory. Tests run in the directory of their package, so for them it is the root of the source
// tree.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		module, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(module), mainModule) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in the working directory or above it")
		}
		dir = parent
	}
}
