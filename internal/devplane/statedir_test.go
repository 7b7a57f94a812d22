package devplane

import (
	"os"
	"path/filepath"
	"testing"
)

func TestADirectoryIsForOnePlane(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "dir")
	first, err := openStateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openStateDir(path)
	wantError(t, err, path+" is in use", "-dir")

	kubeconfig := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(kubeconfig, []byte("access"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := first.takeKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.kubeconfig()); !os.IsNotExist(err) {
		t.Errorf("the kubeconfig is still there: %v", err)
	}
	second, err := openStateDir(path)
	if err != nil {
		t.Fatalf("taking the directory again: %v", err)
	}
	if err := second.close(); err != nil {
		t.Fatalf("giving back a directory without a kubeconfig: %v", err)
	}
}
