package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const otherCustomer = "00000000-0000-4000-8000-000000000002"

// of makes the instance that of a customer.
func (s *fixture) of(customerID string) {
	s.Instance.Name, s.Instance.CustomerID = identity.Instance, customerID
}

// observeOf returns an observe of a customer's login.
func observeOf(customerID string) lifecycle.Outcome {
	id := identity
	id.CustomerID = customerID
	return lifecycle.Outcome{Action: observes, Identity: id}
}

// TestAnotherIdentity: a bound connection is judged at once when its instance is that of
// another customer, or another at Flinks, and as soon when it is put back. There is no call.
func TestAnotherIdentity(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"another customer": func(s *fixture) { s.of(otherCustomer) },
		"another name":     func(s *fixture) { s.Instance.Name = "other" },
		"and not ready":    func(s *fixture) { s.of(otherCustomer); s.Instance.Problem = v1alpha1.ReasonInstanceNotReady },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScheduled(t)
			s.of(identity.CustomerID)
			s.wait()
			was := s.condition(v1alpha1.ConditionReady)
			change(s)
			s.request("1")
			s.decides(lifecycle.Wait{Refusal: lifecycle.Refusal{Request: "1", Reason: v1alpha1.ReasonLoginChanged}})
			s.wait()
			if got := s.condition(v1alpha1.ConditionReady); got.Status != "False" || got.Reason != v1alpha1.ReasonLoginChanged {
				t.Errorf("Ready is %s %s", got.Status, got.Reason)
			}
			if e := s.status().LastError; e != nil {
				t.Errorf("lastError is %+v", e)
			}
			s.pass(100 * time.Hour)
			s.decides(waits)
			s.now = s.now.Add(-100 * time.Hour)
			s.of(identity.CustomerID)
			s.Instance.Problem = ""
			s.decides(waits)
			s.wait()
			if got := s.condition(v1alpha1.ConditionReady); got.Status != was.Status || got.Reason != was.Reason {
				t.Errorf("Ready is %s %s after it was put back", got.Status, got.Reason)
			}
		})
	}
}

// TestSameIdentity: GUIDs are compared without case, and an instance that is not there
// says nothing about its customer.
func TestSameIdentity(t *testing.T) {
	s := newBound(t)
	s.of("43387CA6-0391-4C82-857D-70D95F087ECB")
	s.wait()
	if got := s.condition(v1alpha1.ConditionReady); got.Status != "True" {
		t.Errorf("Ready is %s %s", got.Status, got.Reason)
	}
	s.Instance = lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
	s.wait()
	if got := s.condition(v1alpha1.ConditionReady); got.Reason != v1alpha1.ReasonInstanceNotFound {
		t.Errorf("Ready is %s %s", got.Status, got.Reason)
	}
}

// TestRebindToAnotherCustomer: an observe carries the allowed rebind out without a call,
// and not while the instance cannot be used.
func TestRebindToAnotherCustomer(t *testing.T) {
	s := newBound(t)
	s.of(otherCustomer)
	s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
	rebind(s)
	s.decides(waits)
	s.Instance.Problem = ""
	s.decides(observes)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	s.decides(waits)
	if next, ok := s.next(); !ok || next.Sub(s.now) > time.Minute {
		t.Errorf("the next look is in %v", next.Sub(s.now))
	}
	s.pass(time.Minute)
	s.decides(observes)
}

// TestUnknownElsewhere: that a customer does not know a login says nothing about another.
// A connection that was never bound is tried at once when its customerId is mended.
func TestUnknownElsewhere(t *testing.T) {
	s := newFixture(t)
	s.of(otherCustomer)
	o := observeOf(otherCustomer)
	o.Err = gone()
	s.record(o)
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonLoginGone {
		t.Fatalf("Ready is %s", got)
	}
	if s.status().LastError.Identity == "" {
		t.Fatal("the status does not say who does not know the login")
	}
	s.decides(waits)
	s.of(identity.CustomerID)
	s.decides(observes)

	// While Flinks is down, the same goes as for any other login.
	o = observeOf(identity.CustomerID)
	o.Err = noAnswer(flinks.OpObserve)
	down := *s
	down.record(o)
	if e := down.status().LastError; e.Code != string(flinks.CodeNoAnswer) || e.Identity != "" {
		t.Errorf("lastError is %+v", e)
	}
	down.decides(waits)

	// The other customer knows as little: it is not asked again and again.
	o.Err = gone()
	unknown := *s
	unknown.record(o)
	unknown.decides(waits)
	if got := unknown.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonLoginGone {
		t.Errorf("Ready is %s", got)
	}

	s.observed(s.now.Add(-time.Hour))
	if got := s.condition(v1alpha1.ConditionReady); got.Status != "True" || s.status().LastError != nil {
		t.Errorf("Ready is %s %s, lastError %+v", got.Status, got.Reason, s.status().LastError)
	}
}
