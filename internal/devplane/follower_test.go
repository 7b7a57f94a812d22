package devplane

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func newFollower(show func(row)) *follower {
	return &follower{show: show, latest: map[types.NamespacedName]*v1alpha1.BankConnection{}, shown: map[types.NamespacedName]row{}}
}

func TestFollowerShowsWhatIsNew(t *testing.T) {
	var rows []row
	f := newFollower(func(r row) { rows = append(rows, r) })
	c := waiting()
	f.see(watch.Event{Type: watch.Added, Object: c})
	same := c.DeepCopy()
	same.ResourceVersion = "2"
	f.see(watch.Event{Type: watch.Modified, Object: same})
	f.see(watch.Event{Type: watch.Deleted, Object: same})
	if len(rows) != 2 || rows[0] != rowOf(c) || rows[1].ready != "gone" {
		t.Errorf("rows = %v, want one, and that it is gone", rows)
	}
	if got, err := f.get(client.ObjectKeyFromObject(c)); got != nil || err != nil {
		t.Errorf("after its deletion: %v, %v, want nothing", got, err)
	}
	if n := len(f.seen()); n != 3 {
		t.Errorf("%d versions were kept, want 3", n)
	}
}

func TestWaitingInVain(t *testing.T) {
	f := newFollower(func(row) {})
	c := waiting()
	c.Status.LastError = &v1alpha1.LastError{Code: "RETRY_LATER", Class: "transient"}
	f.see(watch.Event{Type: watch.Added, Object: c})

	_, err := f.until(t.Context(), time.Millisecond, client.ObjectKeyFromObject(c), "become ready", isReady)
	wantError(t, err, "acme-savings did not become ready within 1ms", "UserActionRequired=MFARequired", "RETRY_LATER")
	_, err = f.until(t.Context(), time.Millisecond, types.NamespacedName{Name: "other"}, "become ready", isReady)
	wantError(t, err, "other did not become ready within 1ms: there is no such object")

	f.see(watch.Event{Type: watch.Error})
	_, err = f.until(t.Context(), time.Minute, client.ObjectKeyFromObject(c), "become ready", isReady)
	wantError(t, err, "waiting for acme-savings to become ready: the watch of the connections brought")
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}
