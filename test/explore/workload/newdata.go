package workload

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// newPassword is what the customer's password at the bank becomes.
const newPassword = "Otherday"

// newData returns the workloads in which data becomes new without a live session of the operator.
func newData() []Workload {
	return []Workload{
		{
			ID: "W93", Title: "a bank is linked, a night comes, and another program refreshes",
			Prepare: func(w *world.World) {
				bank(w)
				// What the customer did not select is kept back all the same.
				w.Must(w.Banks()[0].SetKnobs(func(k *flinkssim.Knobs) { k.AccountsFilterIgnored = true }))
				w.CreateConnection(acme, byGateway, byNight, hourlyObserved, handsOff)
			},
			Steps: []Step{
				step(5*time.Minute, "the person comes", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{Key: acme, Username: quiet, Delay: time.Minute, Think: time.Minute})
				}),
				step(time.Hour, "see that the accounts are known", undisturbed(collected)),
				step(2*time.Hour, "the night comes", func(w *world.World) { w.RunNightly(w.Banks()[0]) }),
				step(90*time.Minute, "see that the night was collected", undisturbed(collectedOnce)),
				step(time.Hour, "another program refreshes", func(w *world.World) { refreshAtFlinks(w, quiet) }),
				step(90*time.Minute, "see that this was collected", undisturbed(collectedOnce)),
			},
			Ends: collected,
		},
		{
			ID: "W94", Title: "the bank refuses the password, and the person goes through Flinks Connect again",
			Open:    []string{"refresh", "request", "error"}, // The one request may meet a bank that is off.
			Prepare: connected(quiet, byGateway, hourlyObserved, handsOff),
			Steps: []Step{
				step(2*time.Hour, "the password becomes another one", func(w *world.World) { w.Banks()[0].SetBankPassword(quiet, newPassword) }),
				request(time.Minute, acme, "once"),
				step(10*time.Minute, "the person comes", func(w *world.World) {
					w.Actors = append(w.Actors, &world.Person{
						Key: acme, Username: quiet, Password: newPassword, Delay: time.Minute, Think: time.Minute,
					})
				}),
				step(time.Hour, "see that it was collected", undisturbed(collectedOnce)),
			},
			Ends: collected,
		},
	}
}

// hourlyObserved makes the operator look often for what others did.
func hourlyObserved(c *v1alpha1.BankConnection) {
	if c.Spec.RefreshPolicy == nil {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
	}
	c.Spec.RefreshPolicy.ObserveInterval = &metav1.Duration{Duration: time.Hour}
}

// collected returns what is missing of what follows from new data: the accounts, the session of the
// data and the answer to the request.
func collected(w *world.World) string {
	st := w.Connection(acme).Status
	switch h := st.LastHandledRequest; {
	case w.Disturbed:
		return allWell(w)
	case len(st.Accounts) == 0:
		return "the accounts are not known"
	case st.Refresh == nil || st.Refresh.State != v1alpha1.RefreshSucceeded:
		return fmt.Sprintf("the newest session is %+v", st.Refresh)
	case st.Session == nil || !st.Session.DataTime.Equal(st.LastRefreshTime):
		return fmt.Sprintf("the session is %+v, and the data of %v", st.Session, st.LastRefreshTime)
	case h != nil && h.Result != v1alpha1.RequestSucceeded:
		return fmt.Sprintf("the request is %+v", h)
	}
	return allWell(w)
}

// collectedOnce also makes sure that the data of the last 95 minutes was collected once.
func collectedOnce(w *world.World) string {
	since, n := w.Now().Add(-95*time.Minute), 0
	for _, e := range w.Banks()[0].Journal() {
		if strings.HasPrefix(e.Endpoint, "GetAccountsDetail") && e.Status == http.StatusOK && e.Time.After(since) {
			n++
		}
	}
	if n != 1 {
		return fmt.Sprintf("collected %d times", n)
	}
	return collected(w)
}
