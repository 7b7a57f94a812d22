package reconcile

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// TestWriteThatHangs holds up its own worker and no other, although reads see the writes
// of their own client: what reads a list reads it again live before it matters.
func TestWriteThatHangs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("hangs", h.seed("Greatday"))
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.connect("twin", login)
	h.run(time.Minute)
	hanging, release := h.hang("hangs")

	var worker sync.WaitGroup
	worker.Go(func() { _ = h.reconcileNow(t.Context(), "hangs") })
	<-hanging
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, name := range []string{"acme", "twin"} {
		h.request(name, "1")
		if err := h.reconcileNow(ctx, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.instances.Reconcile(ctx, h.instanceRequest()); err != nil {
		t.Errorf("the instance: %v", err)
	}
	release()
	worker.Wait()
	if state, _ := h.sim.Login(login); state.LiveOpened != 1 {
		t.Errorf("%d live sessions", state.LiveOpened)
	}
}

// TestWriteOfAnInstanceThatHangs holds up none of its connections.
func TestWriteOfAnInstanceThatHangs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.catchUp()
	hanging, release := h.hangAt("/clusterflinksinstances/" + h.instance() + "/status")

	var worker sync.WaitGroup
	worker.Go(func() { _, _ = h.instances.Reconcile(t.Context(), h.instanceRequest()) })
	<-hanging // The connection is to be counted.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := h.reconcileNow(ctx, "acme"); err != nil {
		t.Error(err)
	}
	release()
	worker.Wait()
}

func (h *harness) instanceRequest() ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Name: h.instance()}}
}

// reconcileNow does not let the cache catch up first.
func (h *harness) reconcileNow(ctx context.Context, name string) error {
	_, err := h.connections.Reconcile(ctx, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: h.namespace, Name: name}})
	return err
}

// hang gives the manager a client whose writes of one status do not come to an end before
// they are released, and asks for something to write. hanging is closed by the first one.
func (h *harness) hang(name string) (hanging <-chan struct{}, release func()) {
	h.t.Helper()
	h.request(name, "1")
	h.catchUp()
	return h.hangAt(h.namespace + "/bankconnections/" + name + "/status")
}

// hangAt does that for writes to a path.
func (h *harness) hangAt(path string) (hanging <-chan struct{}, release func()) {
	h.t.Helper()
	began, end := make(chan struct{}), make(chan struct{})
	cfg := rest.CopyConfig(testenv.Start(h.t).Config)
	var once sync.Once
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, path) {
				once.Do(func() { close(began) })
				<-end
			}
			return next.RoundTrip(r)
		})
	})
	stuck, err := newCachedClient(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	h.direct = stuck
	h.boot(nil)
	return began, sync.OnceFunc(func() { close(end) })
}
