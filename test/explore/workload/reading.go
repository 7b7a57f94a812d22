package workload

import (
	"fmt"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// reading returns the workloads in which an application reads the data through the data API.
func reading() []Workload {
	return []Workload{
		{
			ID: "W65", Title: "an application reads the data, which is refreshed every hour", Tail: 4 * time.Hour,
			Prepare: connected(quiet, every(time.Hour), handsOut),
			Steps:   []Step{step(10*time.Minute, "an application reads", reader(11))},
			Ends:    hasNewest,
		},
		{
			ID: "W66", Title: "an application reads while the bank asks, and while its connection is deleted", Tail: 3 * time.Hour,
			Prepare: both(connected(asked, handsOut), person(acme, 30*time.Minute, time.Minute)),
			Steps: []Step{
				step(time.Minute, "an application reads", reader(12)),
				request(4*time.Minute, acme, "once"),
				application(30*time.Minute, acme),
				remove(2*time.Hour, acme),
			},
			Ends: ends([]string{asked}, end{"acme", gone}),
		},
		{
			ID: "W46", Title: "an application reads while another login is in the Secret", Tail: 3 * time.Hour,
			Prepare: connected(quiet, handsOut),
			Steps: []Step{
				step(10*time.Minute, "an application reads", reader(8)),
				step(30*time.Minute, "another login is in the Secret", func(w *world.World) { holds(w, w.Stranger(acme)) }),
				step(time.Hour, "the right one", func(w *world.World) { holds(w, seed(w, quiet)) }),
			},
			Ends: ends(nil, end{"acme", v1alpha1.ReasonRefreshed}),
		},
	}
}

// holds puts a login into the Secret of the first connection.
func holds(w *world.World, loginID string) {
	key := acme
	key.Name += "-login"
	w.PutSecret(key, map[string]string{v1alpha1.DefaultLoginIDKey: loginID})
}

// handsOut states that all accounts may be handed out.
func handsOut(c *v1alpha1.BankConnection) { c.Spec.Accounts = v1alpha1.AccountsAll }

// readPace is how often an application reads.
const readPace = 20 * time.Minute

// reader adds an application that reads the data of the first connection that many times.
func reader(times int) func(*world.World) {
	return func(w *world.World) {
		w.Actors = append(w.Actors, &world.Reader{Key: acme, Every: readPace, Times: times})
	}
}

// hasNewest makes sure that the application has the newest data that the bank had given before it read
// last, unless something went wrong.
func hasNewest(w *world.World) string {
	if problem := allWell(w); problem != "" || w.Disturbed {
		return problem
	}
	for _, actor := range w.Actors {
		r, ok := actor.(*world.Reader)
		if !ok {
			continue
		}
		answered := r.Answer() == http.StatusOK || r.Answer() == http.StatusNotModified
		newest := w.Banks()[0].Logins()[0].LastRefresh
		if !answered || r.DataTime().Before(newest.Add(-time.Hour-readPace)) {
			return fmt.Sprintf("the application was answered %d and has the data of %s; the newest is of %s", r.Answer(), r.DataTime(), newest)
		}
	}
	return ""
}
