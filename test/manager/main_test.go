package manager

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func TestMain(m *testing.M) {
	// The namespace controller is real, requests are counted, and the audit log
	// tells whose they are.
	testenv.Main(m, testenv.Options{ControllerManager: true, AuditLog: true, Isolated: true})
}

// logs is every log line of every manager.
var logs = testenv.CaptureLog()

func root(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
