package linkapi

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

func TestMain(m *testing.M) {
	// The audit log tells what was asked for, and by whom.
	testenv.Main(m, testenv.Options{AuditLog: true, Isolated: true})
}

func newCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	return cluster.New(t)
}
