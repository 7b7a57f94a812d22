package lifecycle

import (
	"cmp"
	"hash/fnv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

const (
	// The minimum that the API accepts. A value that got past its validation must not
	// cause a flood of calls, or of texts to a customer.
	minInterval        = time.Hour
	minObserveInterval = 5 * time.Minute
	// The maximum that the API accepts.
	maxInterval        = 365 * 24 * time.Hour
	maxObserveInterval = 30 * 24 * time.Hour

	defaultObserveInterval = 24 * time.Hour
	// Flinks keeps the data of a login for 90 days.
	defaultMaxDataAge = 90 * 24 * time.Hour

	// maxNightlyObserve keeps a login eligible for nightly refresh, with room for jitter
	// and retries.
	maxNightlyObserve = 6 * 24 * time.Hour
	nightlyMaxDataAge = 72 * time.Hour

	// spread is ten times the jitter of a schedule: connections that are due at the same
	// time of day must not call in the same second.
	spread = time.Hour
	// scheduleRest is the shortest time between the newest data and the next fire of a
	// schedule. It is below minInterval, because jitter would otherwise make an hourly
	// schedule skip hours.
	scheduleRest = minInterval / 2
)

// policy is a refresh policy with its defaults filled in.
type policy struct {
	// scheduled reports whether the policy starts refreshes.
	scheduled bool
	// nightly reports whether refreshes are left to Flinks.
	nightly bool
	// interval is the age of data at which a refresh is due; unused if there is a cron
	// schedule.
	interval time.Duration
	// cron is nil if refreshes are due by interval.
	cron    *schedule.Schedule
	windows schedule.Windows
	// invalid reports whether the policy can never work.
	invalid bool

	observeInterval time.Duration
	maxDataAge      time.Duration
}

// CanWork reports whether a refresh policy can ever start a refresh.
func CanWork(spec *v1alpha1.RefreshPolicySpec) bool { return !policyOf(spec).invalid }

func policyOf(spec *v1alpha1.RefreshPolicySpec) policy {
	p := policy{
		scheduled:       spec.Type == v1alpha1.RefreshScheduled,
		interval:        max(durationOr(spec.Interval, 0), minInterval),
		observeInterval: max(durationOr(spec.ObserveInterval, defaultObserveInterval), minObserveInterval),
		maxDataAge:      max(durationOr(spec.MaxDataAge, defaultMaxDataAge), minInterval),
	}
	if p.nightly = spec.Type == v1alpha1.RefreshNightly; p.nightly {
		p.observeInterval = min(p.observeInterval, maxNightlyObserve)
		p.maxDataAge = durationOr(spec.MaxDataAge, nightlyMaxDataAge)
	}
	if p.scheduled {
		p.invalid = !p.parse(spec)
	}
	return p
}

// parse reads schedule and windows, and reports whether they can work.
func (p *policy) parse(spec *v1alpha1.RefreshPolicySpec) bool {
	for _, window := range spec.AllowedWindows {
		parsed, err := schedule.ParseWindow(days(window), window.Start, window.End, cmp.Or(window.TimeZone, spec.TimeZone))
		if err != nil {
			return false
		}
		p.windows = append(p.windows, parsed)
	}
	if spec.Schedule == "" {
		return spec.Interval != nil
	}
	cron, err := schedule.Parse(spec.Schedule, spec.TimeZone)
	p.cron = &cron
	return err == nil && !cron.MoreOftenThan(minInterval)
}

func days(w v1alpha1.RefreshWindow) []string {
	var days []string
	for _, d := range w.Days {
		days = append(days, string(d))
	}
	return days
}

// next returns when a refresh is due after data of the given time.
func (p policy) next(uid types.UID, data time.Time) time.Time {
	if p.cron == nil {
		return data.Add(p.interval + jitter(uid, p.interval))
	}
	return p.cron.Next(data.Add(scheduleRest)).Add(jitter(uid, spread))
}

// inWindow moves a time to the next window in which scheduled refreshes may contact the
// customer.
func (p policy) inWindow(uid types.UID, t time.Time) time.Time {
	open := p.windows.Next(t)
	if open.Equal(t) {
		return t
	}
	if spread := open.Add(jitter(uid, spread)); p.windows.Next(spread).Equal(spread) {
		return spread
	}
	return open // The window is shorter than that.
}

func durationOr(d *metav1.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return d.Duration
}

// jitter returns up to a tenth of d, and the same value for an object's whole life: a
// value drawn each time could put an event off for ever.
func jitter(uid types.UID, d time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(uid))
	return time.Duration(float64(d) / 10 * float64(h.Sum64()%10_000) / 10_000)
}
