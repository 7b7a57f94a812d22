package world

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// TestPersonOpensTheSameLinkAgain if they were not wanted in between, and only then.
func TestPersonOpensTheSameLinkAgain(t *testing.T) {
	w := New(t.Context())
	defer w.Close()
	w.Server.AddNamespace(Namespace, nil)
	key := Name("acme")
	w.CreateConnection(key)
	person := &Person{Key: key, Delay: time.Minute, Think: time.Minute}
	w.Actors = append(w.Actors, person)
	for _, step := range []struct {
		url    string
		opened int
	}{{"https://bank.test/1", 1}, {"https://bank.test/1", 1}, {"https://bank.test/2", 2}, {"", 2}, {"https://bank.test/2", 3}} {
		w.Server.Mutate(apiserver.BankConnection, key, func(o client.Object) {
			st := &o.(*v1alpha1.BankConnection).Status
			st.Reconnect = nil
			if step.url != "" {
				st.Reconnect = &v1alpha1.ReconnectStatus{Link: v1alpha1.LinkStatus{Type: v1alpha1.LinkDirect, URL: step.url}}
			}
		})
		w.Run(10 * time.Minute)
		if got := person.Opened(); got != step.opened {
			t.Errorf("%q: %d links were opened, not %d", step.url, got, step.opened)
		}
	}
}
