package lifecycle

import (
	"hash/fnv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// The least that the API accepts. A value that got past its validation must
	// not become a storm of calls, or of texts to a person.
	minInterval        = time.Hour
	minObserveInterval = 5 * time.Minute

	defaultObserveInterval = 24 * time.Hour
	// Flinks keeps the data of a login for 90 days.
	defaultMaxDataAge = 90 * 24 * time.Hour
)

// policy is a refresh policy with its defaults filled in.
type policy struct {
	scheduled       bool
	interval        time.Duration
	observeInterval time.Duration
	maxDataAge      time.Duration
}

func (w World) policy() policy {
	spec := w.Connection.Spec.RefreshPolicy
	if spec == nil {
		spec = w.Instance.Policy
	}
	if spec == nil {
		spec = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
	}
	return policy{
		scheduled:       spec.Type == v1alpha1.RefreshScheduled && spec.Interval != nil,
		interval:        max(durationOr(spec.Interval, 0), minInterval),
		observeInterval: max(durationOr(spec.ObserveInterval, defaultObserveInterval), minObserveInterval),
		maxDataAge:      durationOr(spec.MaxDataAge, defaultMaxDataAge),
	}
}

func durationOr(d *metav1.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return d.Duration
}

// jitter is up to a tenth of d, and the same for an object's whole life: one
// that is drawn anew each time can put an event off for ever.
func jitter(uid types.UID, d time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(uid))
	return time.Duration(float64(d) / 10 * float64(h.Sum64()%10_000) / 10_000)
}
