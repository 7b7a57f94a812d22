package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// policySpec is the policy that holds, and where it comes from: the connection, the
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

// isPolicyKnown is false while the object that says the policy is gone.
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

// lastKnown is what goes on while the policy is not known: data are read and judged
// as before, and Flinks' own refresh is left as it is. A live session under a policy
// that nobody holds is one that was not due, so no refresh starts by itself.
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

// within keeps a duration of the status, which anything may have written, to bounds.
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

// isNoted is true if refreshes follow what is on record. How often the data are read
// and how old they may be is no part of that: a schedule whose time has come must not
// lose it to an edit of these. Nor are windows, which only put off what is due.
func (s *state) isNoted(recorded *v1alpha1.EffectivePolicy) bool {
	if recorded == nil || !s.isPolicyKnown() {
		return false
	}
	effective := s.effectivePolicy()
	if recorded.ObserveInterval == nil {
		// An older operator's, which recorded no interval: the schedule goes on.
		effective.Interval = recorded.Interval
	}
	return recorded.Source == effective.Source && recorded.Type == effective.Type &&
		recorded.Schedule == effective.Schedule && recorded.TimeZone == effective.TimeZone &&
		equality.Semantic.DeepEqual(recorded.Interval, effective.Interval)
}

// notePolicy records which policy holds, and since when. A schedule begins with
// the first time after that, so that an edit starts no live session by itself.
func (s *state) notePolicy() {
	if !s.isPolicyKnown() {
		return
	}
	effective := s.effectivePolicy()
	effective.Time = *Past(s.now)
	if s.isNoted(s.st.RefreshPolicy) {
		effective.Time = s.st.RefreshPolicy.Time
	}
	s.st.RefreshPolicy = effective
}

// policySince is the time from which a schedule counts.
func policySince(st *v1alpha1.BankConnectionStatus) time.Time {
	if st.RefreshPolicy == nil {
		return st.Binding.Time.Time
	}
	return Later(st.Binding.Time.Time, st.RefreshPolicy.Time.Time)
}

// policyType is the type of the policy that holds. It is empty while that is not
// the one on record, as for a policy that cannot be read now.
func (s *state) policyType() v1alpha1.RefreshPolicyType {
	spec, _ := s.policySpec()
	if recorded := s.st.RefreshPolicy; recorded == nil || recorded.Type != spec.Type {
		return ""
	}
	return spec.Type
}

// leftNightly is true if the policy is certain not to be Nightly.
func (s *state) leftNightly() bool {
	t := s.policyType()
	return t != "" && t != v1alpha1.RefreshNightly
}

// whenAllowed puts a plan off to when a person may be disturbed.
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
