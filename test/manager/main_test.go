package manager

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

func TestMain(m *testing.M) {
	// The namespace controller is real, requests are counted, and the audit log
	// tells whose they are.
	testenv.Main(m, testenv.Options{ControllerManager: true, AuditLog: true, Isolated: true})
}

// fixture is a cluster with what the tests of this package add to it.
type fixture struct{ *cluster.Cluster }

func newFixture(t *testing.T, change ...func(*flinkssim.Options)) *fixture {
	t.Helper()
	return &fixture{cluster.New(t, change...)}
}

// asDocumented makes the instance the one that the README and the samples name.
func asDocumented(o *flinkssim.Options) { o.CustomerID = flinkssim.ToolboxCustomerID }
