package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// policySpec returns the effective policy and its source: the connection, the
// RefreshPolicy that it names, or else its instance.
func (s *state) policySpec() (*v1alpha1.RefreshPolicySpec, v1alpha1.PolicySource) {
	spec := s.Connection.Spec
	switch {
	case !s.isPolicyKnown():
		return lastKnown(s.st.RefreshPolicy), v1alpha1.PolicyDefault
	case spec.RefreshPolicyRef != nil:
		return s.Policy, v1alpha1.PolicyFromRefreshPolicy
	case spec.RefreshPolicy != nil:
		return spec.RefreshPolicy, v1alpha1.PolicyFromConnection
	case s.Instance.Policy != nil:
		return s.Instance.Policy, v1alpha1.PolicyFromInstance
	}
	return &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}, v1alpha1.PolicyDefault
}

// isPolicyKnown reports whether the object that holds the policy exists.
func (s *state) isPolicyKnown() bool {
	spec := s.Connection.Spec
	switch {
	case spec.RefreshPolicyRef != nil:
		return !s.isPolicyMissing()
	case spec.RefreshPolicy != nil:
		return true
	}
	return s.Instance.Problem != v1alpha1.ReasonInstanceNotFound
}

func (s *state) isPolicyMissing() bool {
	return s.Connection.Spec.RefreshPolicyRef != nil && s.Policy == nil
}

// lastKnown returns the policy that applies while the effective one is not known: data is
// read and judged as before, and Flinks' own refresh stays as it is. No refresh starts
// without a request, because no policy says that one is due.
func lastKnown(recorded *v1alpha1.EffectivePolicy) *v1alpha1.RefreshPolicySpec {
	spec := &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
	if recorded == nil {
		return spec
	}
	if recorded.Type == v1alpha1.RefreshNightly {
		spec.Type = v1alpha1.RefreshNightly
	}
	spec.ObserveInterval = within(recorded.ObserveInterval, minObserveInterval, maxObserveInterval)
	spec.MaxDataAge = within(recorded.MaxDataAge, minInterval, maxInterval)
	return spec
}

// within limits a duration of the status, which any program may have edited.
func within(d *metav1.Duration, least, most time.Duration) *metav1.Duration {
	if d == nil {
		return nil
	}
	return &metav1.Duration{Duration: clamp(d.Duration, least, most)}
}

func (s *state) policy() policy {
	spec, _ := s.policySpec()
	return policyOf(spec)
}

func (s *state) effectivePolicy() *v1alpha1.EffectivePolicy {
	spec, source := s.policySpec()
	p := policyOf(spec)
	effective := &v1alpha1.EffectivePolicy{
		Source: source, Type: spec.Type, Schedule: spec.Schedule, TimeZone: spec.TimeZone,
		ObserveInterval: &metav1.Duration{Duration: p.observeInterval},
		MaxDataAge:      &metav1.Duration{Duration: p.maxDataAge},
	}
	if p.scheduled && spec.Interval != nil {
		effective.Interval = &metav1.Duration{Duration: p.interval}
	}
	return effective
}

// isNoted reports whether the recorded policy plans refreshes as the effective one does.
// How often the data is read and how old it may be do not count: editing these must not
// cancel a schedule whose time has come. Nor do windows, which only postpone what is due.
func (s *state) isNoted(recorded *v1alpha1.EffectivePolicy) bool {
	if recorded == nil || !s.isPolicyKnown() {
		return false
	}
	effective := s.effectivePolicy()
	if recorded.ObserveInterval == nil {
		// An older operator recorded no interval: the schedule continues.
		effective.Interval = recorded.Interval
	}
	return recorded.Source == effective.Source && recorded.Type == effective.Type &&
		recorded.Schedule == effective.Schedule && recorded.TimeZone == effective.TimeZone &&
		equality.Semantic.DeepEqual(recorded.Interval, effective.Interval)
}

// notePolicy records the effective policy, and since when it applies. A schedule begins
// with the first time after that, so that an edit alone starts no live session.
func (s *state) notePolicy() {
	if !s.isPolicyKnown() {
		return
	}
	effective := s.effectivePolicy()
	effective.EffectiveTime = *Past(s.now)
	if s.isNoted(s.st.RefreshPolicy) {
		effective.EffectiveTime = s.st.RefreshPolicy.EffectiveTime
	}
	s.st.RefreshPolicy = effective
}

// policySince returns the time from which a schedule counts.
func policySince(st *v1alpha1.BankConnectionStatus) time.Time {
	if st.RefreshPolicy == nil {
		return st.Binding.BoundTime.Time
	}
	return Later(st.Binding.BoundTime.Time, st.RefreshPolicy.EffectiveTime.Time)
}

// policyType returns the type of the effective policy; empty while the recorded type
// differs, as for a policy that cannot be read now.
func (s *state) policyType() v1alpha1.RefreshPolicyType {
	spec, _ := s.policySpec()
	if recorded := s.st.RefreshPolicy; recorded == nil || recorded.Type != spec.Type {
		return ""
	}
	return spec.Type
}

// leftNightly reports whether the policy is certain not to be Nightly.
func (s *state) leftNightly() bool {
	t := s.policyType()
	return t != "" && t != v1alpha1.RefreshNightly
}

// whenAllowed moves a plan to a time at which scheduled refreshes may contact the
// customer.
func (s *state) whenAllowed(t *metav1.Time) *metav1.Time {
	if t == nil {
		return nil
	}
	soonest := Later(s.now, t.Time)
	if open := s.policy().inWindow(s.Connection.UID, soonest); open.After(soonest) {
		return future(open)
	}
	return t
}
