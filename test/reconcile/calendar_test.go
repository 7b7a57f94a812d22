package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestScheduleAndWindows: a fortnight of weekday mornings in Toronto, and a policy
// that can never work.
func TestScheduleAndWindows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshScheduled, Schedule: "0 6 * * *", TimeZone: "America/Toronto",
			AllowedWindows: []v1alpha1.RefreshWindow{{
				Days:  []v1alpha1.Weekday{"Mon", "Tue", "Wed", "Thu", "Fri"},
				Start: "09:00", End: "17:00", TimeZone: "America/Toronto",
			}},
		}
	})
	h.run(14 * 24 * time.Hour)
	toronto, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	attempts := h.liveAttempts()
	for _, at := range attempts {
		local := at.In(toronto)
		if local.Hour() != 9 || local.Minute() > 6 || local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
			t.Errorf("a refresh at %v", local)
		}
	}
	if len(attempts) != 10 {
		t.Errorf("%d refreshes in two weeks", len(attempts))
	}
	h.expect("acme", "Ready=True Refreshed")

	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy.Schedule = "0 0 31 2 *" })
	h.run(time.Minute)
	h.expect("acme", "Ready=False InvalidSpec", "Stalled=True InvalidSpec")
}
