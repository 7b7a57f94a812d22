package demo

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// application is the name of the ServiceAccounts of applications.
const application = "acme-app"

// readData shows an application that reads the data of a connection, with a ServiceAccount and
// nothing else; and one of another namespace that is refused.
func (d *demo) readData() {
	connection := d.unlinked.connection
	token := d.Token(connection.Namespace, application, cluster.ForDataAPI)
	d.kubectl("create", "rolebinding", application+"-reads-data", "-n", connection.Namespace,
		"--clusterrole=flinks-operator-data-reader", "--serviceaccount="+connection.Namespace+":"+application)
	before := len(d.Sim.Journal())
	own := d.DataClient(d.dataURL, token)
	etag := d.readAll(own)
	d.Say("Flinks saw: %s", listed(d.Sim.Journal()[before:]))
	before = len(d.Sim.Journal())
	if _, err := d.read(own, dataclient.Query{Transactions: dataclient.TransactionsDays90, IfNoneMatch: etag}); !errors.Is(err, dataclient.ErrNotModified) {
		d.T.Fatalf("a poll is answered %v, want that there is nothing newer", err)
	}
	d.Say("%s/%s polls: nothing newer, and Flinks saw: %s", connection.Namespace, application, listed(d.Sim.Journal()[before:]))
	other := d.Env.Namespace(d.T)
	_, err := d.read(d.DataClient(d.dataURL, d.Token(other, application, cluster.ForDataAPI)), dataclient.Query{})
	problem, ok := errors.AsType[*dataclient.Problem](err)
	if !ok || problem.Status != http.StatusForbidden || problem.Reason != dataclient.Forbidden {
		d.T.Fatalf("an application of another namespace is answered %v, want 403", err)
	}
	d.Say("%s/%s asks for the same: %d %s", other, application, problem.Status, problem.Reason)
}

func (d *demo) read(from *dataclient.Client, q dataclient.Query) (*dataclient.Data, error) {
	return from.Accounts(d.T.Context(), d.unlinked.connection.Namespace, d.unlinked.connection.Name, q)
}

// readAll reads the data to its end, shows what an application has of it without showing the data,
// and returns its tag.
func (d *demo) readAll(from *dataclient.Client) (etag string) {
	data, err := d.read(from, dataclient.Query{Transactions: dataclient.TransactionsDays90, Follow: true})
	if err != nil {
		d.T.Fatalf("an application that may read gets %v", err)
	}
	accounts, transactions := 0, 0
	for raw, err := range data.Accounts() {
		var account struct{ Transactions []json.RawMessage }
		if err := errors.Join(err, json.Unmarshal(raw, &account)); err != nil {
			d.T.Fatalf("reading an account: %v", err)
		}
		d.Reject("data of an application", string(raw))
		accounts, transactions = accounts+1, transactions+len(account.Transactions)
	}
	if login, _ := d.Sim.Login(d.unlinked.loginID); accounts == 0 || transactions == 0 || !data.Time.Equal(login.LastRefresh.Truncate(time.Second)) {
		d.T.Fatalf("an application reads %d accounts with %d transactions of %s", accounts, transactions, data.Time)
	}
	d.Say("%s/%s reads %d accounts with %d transactions, as of %s",
		d.unlinked.connection.Namespace, application, accounts, transactions, data.Time.UTC().Format("15:04:05Z"))
	return data.ETag
}
