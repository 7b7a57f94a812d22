package workload

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

var hourly = world.Name("hourly")

// policies returns the workloads in which refreshes are not asked for.
func policies() []Workload {
	return []Workload{
		{
			ID: "W30", Title: "a policy is created late, edited, deleted and created again", Tail: 3 * time.Hour,
			Prepare: connected(quiet, func(c *v1alpha1.BankConnection) {
				c.Spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: hourly.Name}
			}),
			Steps: []Step{
				step(10*time.Minute, "create the policy", putPolicy(time.Hour)),
				step(90*time.Minute, "edit it", putPolicy(3*time.Hour)),
				step(20*time.Minute, "delete it", func(w *world.World) { w.Delete(apiserver.RefreshPolicy, hourly) }),
				step(20*time.Minute, "create it again", putPolicy(time.Hour)),
			},
		},
		{
			ID: "W36", Title: "no manager runs for two days, in which Flinks gets new data", Prepare: connected(quiet, every(24*time.Hour)),
			Tail: 6 * time.Hour,
			// An answer that says nothing of the new data leads to a refresh of the operator's own.
			Open: []string{"refresh", "accounts"},
			Steps: []Step{
				step(time.Hour, "stop the operator", func(w *world.World) { w.Outage(48 * time.Hour) }),
				step(47*time.Hour, "Flinks refreshes by itself", func(w *world.World) { refreshAtFlinks(w, quiet) }),
			},
			Ends: func(w *world.World) string {
				most := 1
				if w.Disturbed {
					most = 2 // By a clock that is ahead, the next one is due.
				}
				for _, l := range w.Banks()[0].Logins() {
					if l.LiveOpened > most {
						return fmt.Sprintf("%d live sessions, although Flinks has new data", l.LiveOpened)
					}
				}
				return allWell(w)
			},
		},
		{
			ID: "W38", Title: "Flinks refreshes by night, until the policy is another one", Prepare: nightly, Tail: 4 * time.Hour,
			Steps: []Step{
				step(2*time.Hour, "the night comes", func(w *world.World) { w.RunNightly(w.Banks()[0]) }),
				edit(time.Hour, acme, "no policy", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = nil }),
			},
		},
	}
}

func putPolicy(interval time.Duration) func(*world.World) {
	return func(w *world.World) {
		w.PutPolicy(&v1alpha1.RefreshPolicy{
			ObjectMeta: metav1.ObjectMeta{Namespace: hourly.Namespace, Name: hourly.Name}, Spec: *scheduled(interval),
		})
	}
}

func refreshAtFlinks(w *world.World, user string) {
	b := w.Banks()[0]
	login := seed(w, user)
	w.Must(b.SetScheduled(login, true))
	w.RunNightly(b)
	w.Must(b.SetScheduled(login, false))
}

func nightly(w *world.World) {
	connected(quiet, func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshNightly, ObserveInterval: &metav1.Duration{Duration: time.Hour},
		}
	})(w)
	w.EditSecret(keysSecret, map[string]string{
		"secretKey": world.SecretKey, "apiKey": world.APIKey, "bearerToken": world.BearerToken,
	})
}
