package instance_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

func readyInstance(now time.Time) instance.Inputs {
	w := newInstance()
	st := instance.Record(now, w, &instance.Probe{})
	w.Status, w.Nightly = &st, true
	return w
}

// TestNightlyCheck is once a day, for ready instances with connections that it is of
// use to.
func TestNightlyCheck(t *testing.T) {
	now := start(t)
	const day = 24 * time.Hour
	for name, row := range map[string]struct {
		change func(w *instance.Inputs)
		wait   time.Duration // negative: never
	}{
		"never asked":        {func(*instance.Inputs) {}, 0},
		"asked":              {func(w *instance.Inputs) { instance.RecordNightlyCheck(now, w.Status) }, day},
		"asked long ago":     {func(w *instance.Inputs) { instance.RecordNightlyCheck(now.Add(-30*day), w.Status) }, 0},
		"asked in future":    {func(w *instance.Inputs) { instance.RecordNightlyCheck(now.Add(3000*day), w.Status) }, 0},
		"put off":            {func(w *instance.Inputs) { w.NightlyNotUntil = now.Add(time.Hour) }, time.Hour},
		"no connection asks": {func(w *instance.Inputs) { w.Nightly = false }, -1},
		"keys suspected":     {func(w *instance.Inputs) { w.Suspect = true }, -1},
		"changed":            {func(w *instance.Inputs) { w.Generation++ }, -1},
		"not ready":          {func(w *instance.Inputs) { w.Status.Conditions[0].Status = metav1.ConditionFalse }, -1},
		"put off the past":   {func(w *instance.Inputs) { w.NightlyNotUntil = now.Add(-time.Hour) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := readyInstance(now)
			row.change(&w)
			if got := instance.NightlyCheckDue(now, w); got != (row.wait == 0) {
				t.Errorf("due: %v", got)
			}
			wait := instance.NightlyCheckWait(now, w)
			if row.wait < 0 {
				if wait != 0 || instance.NightlyCheckDue(now.Add(1000*day), w) {
					t.Errorf("it will come after %v", wait)
				}
				return
			}
			if wait < max(row.wait, time.Second)-time.Second || wait > row.wait+time.Second {
				t.Errorf("wait is %v, not %v", wait, row.wait)
			}
			if !instance.NightlyCheckDue(now.Add(wait), w) {
				t.Error("not due after the wait")
			}
		})
	}
}
