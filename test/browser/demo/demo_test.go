package demo

import (
	"os"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/devplane/report"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

func TestMain(m *testing.M) {
	testenv.Main(m, testenv.Options{ControllerManager: true, AuditLog: true})
}

// patience bounds each single thing that the demo waits for.
const patience = 30 * time.Second

// demo is the operator's main job, as it is carried out.
type demo struct {
	*cluster.Cluster
	*report.Reporter

	gatewayLog *testenv.Log
	// dataURL is where applications read data.
	dataURL  string
	follower *follower
	// calm is a login that no bank asks about; asked is one that the bank asks a
	// question about at each refresh.
	calm, asked *customer
	// unlinked links their bank on the gateway's page, and is asked like asked.
	unlinked *customer
	tab      *chromium.Tab
}

// TestDemo carries out the operator's main job.
func TestDemo(t *testing.T) {
	r := report.New(os.Stdout)
	r.Line("Bringing up a control plane, a simulator of Flinks and the operator")
	d := start(t, r)
	for i, step := range []struct {
		title string
		do    func()
	}{
		{"Two people link their bank in Flinks Connect", d.link},
		{"Their loginIds become Secrets; the sample BankConnections are applied", d.connect},
		{"A refresh is requested for a login that its bank asks nothing about", d.refresh},
		{"A refresh is requested, and the bank asks the person something", d.reconnect},
		{"A connection is applied before its bank is linked; the person links it on a page, in Chromium", d.linkOnPage},
		{"Its bank asks the person something, and they answer it behind the link", d.answerOnPage},
		{"An application reads the data, with its ServiceAccount and no key of Flinks", d.readData},
		{"A link is sent to a person whom the application does not vouch for, and starts nothing", d.plantedLink},
		{"The simulator's journal: one live session per login at any time", d.checkSessions},
		{"The connections are deleted, one with each deletionPolicy", d.remove},
		{"Every status that the operator wrote, and every call behind it, computed again from the logs", d.checkReplay},
		{"What the operator wrote: no loginId, key or requestId, and no error", d.checkLeaks},
	} {
		r.Title("%d. %s", i+1, step.title)
		step.do()
	}
	if !t.Failed() {
		r.Title("demo passed in %.0f s", r.Elapsed().Seconds())
	}
}

// people returns the customers of the demo.
func (d *demo) people() []*customer { return append(d.known(), d.unlinked) }

// known returns the customers whose loginId the application has.
func (d *demo) known() []*customer { return []*customer{d.calm, d.asked} }

func newCustomers() (calm, asked, unlinked *customer) {
	return newCustomer("greatday_nomfa", "acme-chequing", v1alpha1.DeletionPolicyDelete),
		newCustomer("Greatday", "acme-savings", v1alpha1.DeletionPolicyRetain),
		newCustomer("Greatday+new", "acme-payroll", v1alpha1.DeletionPolicyDelete)
}
