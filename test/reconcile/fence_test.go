package reconcile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestTwinThatClaimsFirst: between the decision and the claim another connection with the
// same login came to own it, or claimed a session of its own. The last look before the
// live call finds it, whichever of the two owns the login.
func TestTwinThatClaimsFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bound time.Duration
		claim bool
		want  string
	}{
		"an owner":                         {-time.Hour, false, v1alpha1.ReasonDuplicateLogin},
		"an owner that claims":             {-time.Hour, true, v1alpha1.ReasonDuplicateLogin},
		"one that owns nothing":            {time.Hour, false, ""},
		"one that claims and owns nothing": {time.Hour, true, v1alpha1.ReasonSessionOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			h.createConnection("twin", func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = "acme-login" })
			delete(h.due, "twin")
			h.request("acme", "1")
			h.effects.before = func(effect string) {
				if effect != "update BankConnection/status" {
					return
				}
				h.effects.before = nil
				h.putStatus("twin", h.twinOf("acme", tt.bound, tt.claim))
			}
			h.run(time.Second)
			calls := h.calls()["Authorize live"]
			if (calls == 0) != (tt.want != "") {
				t.Errorf("%d live calls", calls)
			}
			if r := h.get("acme").Status.LastHandledRequest; r == nil || r.Reason != tt.want {
				t.Errorf("the request is %+v, not refused for %q", r, tt.want)
			}
		})
	}
}

// twinOf returns the status of a connection that was bound to the login of another, so long
// after it.
func (h *harness) twinOf(name string, after time.Duration, claimed bool) v1alpha1.BankConnectionStatus {
	h.t.Helper()
	st := *h.get(name).Status.DeepCopy()
	st.Refresh, st.LastHandledRequest = nil, nil
	st.Binding.BoundTime = metav1.NewTime(st.Binding.BoundTime.Add(after))
	if claimed {
		now := metav1.NewTime(h.clock.Now().Truncate(time.Second))
		until := metav1.NewTime(now.Add(13 * time.Minute))
		st.Refresh = &v1alpha1.RefreshStatus{
			Attempt: 1, State: v1alpha1.RefreshClaimed, StartTime: &now, NotBefore: &until,
		}
		st.Internal.Nonce = "twin"
	}
	return st
}
