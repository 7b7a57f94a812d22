package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const day = 24 * time.Hour

func (h *harness) knobs(change func(*flinkssim.Knobs)) {
	h.t.Helper()
	if err := h.sim.SetKnobs(change); err != nil {
		h.t.Fatal(err)
	}
}

// keeping makes an instance that keeps data and credentials for so long.
func keeping(data, credentials time.Duration) func(*v1alpha1.ClusterFlinksInstance, *corev1.Secret) {
	return func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.Retention = &v1alpha1.Retention{
			Data: &metav1.Duration{Duration: data}, Credentials: &metav1.Duration{Duration: credentials},
		}
	}
}

// TestRetentionCliffs: a bank that refuses the credentials after a month is asked once
// and not again; two months later the end of the data is announced, and then said. Each
// of that is told once, and a restart in between changes nothing.
func TestRetentionCliffs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.knobs(func(k *flinkssim.Knobs) { k.CredentialDays = 30 })
	h.connect("acme", h.seed("greatday_nomfa"), scheduled(day))
	h.run(32 * day)
	h.expect("acme", "Ready=True UserActionRequired", "UserActionRequired=True CredentialsRejected", "DataExpiring=")
	c := h.get("acme")
	data := c.Status.LastRefreshTime.Time
	if !c.Status.DataExpiryTime.Time.Equal(data.Add(90*day)) || !c.Status.CredentialsExpiryTime.Time.Equal(data.Add(30*day)) {
		t.Errorf("data of %v expire at %v, credentials at %v", data, c.Status.DataExpiryTime, c.Status.CredentialsExpiryTime)
	}
	live := len(h.liveAttempts())
	h.drainEvents()

	h.run(data.Add(80 * day).Sub(h.clock.Now()))
	h.expect("acme", "Ready=True UserActionRequired", "DataExpiring=True DataExpiresSoon")
	h.assertRestartIsFree()
	h.run(data.Add(90 * day).Sub(h.clock.Now()))
	h.expect("acme", "Ready=False UserActionRequired", "DataExpiring=True DataExpired", "Stalled=")
	h.assertRestartIsFree()
	h.run(30 * day)
	if n := len(h.liveAttempts()); n != live {
		t.Errorf("%d live sessions without credentials", n-live)
	}
	var told []string
	for line := range strings.Lines(h.drainEvents()) {
		told = append(told, strings.Join(strings.Fields(line)[:2], " "))
	}
	want := []string{"Warning DataExpiresSoon", "Warning UserActionRequired", "Warning DataExpired"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// assertRestartIsFree asserts that another manager that looks at a connection in which
// nothing is due neither writes nor calls nor reads a Secret.
func (h *harness) assertRestartIsFree() {
	h.t.Helper()
	h.boot(nil)
	journal := len(h.sim.Journal())
	if _, err := h.reconcile("acme"); err != nil {
		h.t.Fatal(err)
	}
	if calls := len(h.sim.Journal()) - journal; len(h.effects.names)+len(h.effects.reads)+calls != 0 {
		h.t.Errorf("a restart: effects %v, reads %v, %d calls", h.effects.names, h.effects.reads, calls)
	}
}

// TestAwayForAMonth: an operator that comes back after the credentials may have been
// dropped does not make up for what it missed. A request does, and then the schedule
// goes on.
func TestAwayForAMonth(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*harness){
		"nothing ran": func(h *harness) { h.clock.SetTime(h.clock.Now().Add(31 * day)) },
		"suspended": func(h *harness) {
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
			h.run(31 * day)
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) { k.CredentialDays = 0 })
			h.connect("acme", h.seed("greatday_nomfa"), scheduled(day))
			h.run(time.Second)
			away(h)
			h.boot(nil)
			h.poke("acme")
			h.run(7 * day)
			if n := len(h.liveAttempts()); n != 0 {
				t.Errorf("%d live sessions without credentials", n)
			}
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
			if next := h.get("acme").Status.NextRefreshTime; next != nil {
				t.Errorf("a refresh is planned for %v", next)
			}
			h.request("acme", "the person is here")
			h.run(3 * day)
			if n := len(h.liveAttempts()); n < 3 {
				t.Errorf("%d live sessions with new credentials", n)
			}
		})
	}
}

// TestRetentionOfTheInstance: what the contract says counts, and editing it is enough.
func TestRetentionOfTheInstance(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createInstance(keeping(2*day, day))
	h.probe()
	h.connect("acme", h.seed("greatday_nomfa"), scheduled(12*time.Hour))
	h.run(time.Minute)
	// The data is a day old, so the credentials may be gone already.
	if c := h.get("acme"); c.Status.NextRefreshTime != nil || !c.Status.DataExpiryTime.Time.Equal(c.Status.LastRefreshTime.Add(2*day)) {
		t.Errorf("status: %+v", c.Status)
	}
	h.run(day)
	h.expect("acme", "DataExpiring=True DataExpired")

	i := &v1alpha1.ClusterFlinksInstance{ObjectMeta: metav1.ObjectMeta{Name: h.instance()}}
	if err := h.live.Get(t.Context(), client.ObjectKeyFromObject(i), i); err != nil {
		t.Fatal(err)
	}
	keeping(90*day, 30*day)(i, nil)
	h.update(i)
	h.probe()
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "DataExpiring=", "Ready=True Refreshed")
	if h.get("acme").Status.NextRefreshTime == nil || len(h.liveAttempts()) != 0 {
		t.Errorf("status: %+v", h.get("acme").Status)
	}
	h.run(day)
	if len(h.liveAttempts()) == 0 {
		t.Error("no refresh")
	}
}
