package lifecycle

import (
	"cmp"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// announceSession records that the session of the newest success is to be delivered: the
// data is there, and a session of its own opens it.
func (s *state) announceSession() {
	if !deliversSession(s.Connection) || refreshState(s.st) != v1alpha1.RefreshSucceeded {
		return
	}
	if s.st.Session == nil || s.st.Session.Attempt != s.st.Refresh.Attempt {
		name := givenSecretName(s.Connection, SessionSecret)
		if s.st.Session != nil {
			name = cmp.Or(s.st.Session.SecretName, name) // which is deleted first if it is another one.
		}
		s.st.Session = &v1alpha1.SessionStatus{Attempt: s.st.Refresh.Attempt, SecretName: name}
	}
}

// awaitHandOff lets a request succeed only after its session was delivered, if one is
// wanted: a program that waits for the request reads the Secret next.
func (s *state) awaitHandOff() {
	h, was := s.st.LastHandledRequest, s.was.LastHandledRequest
	if h == nil || refreshState(s.st) != v1alpha1.RefreshSucceeded {
		return
	}
	awaited := s.handOffDue()
	switch {
	case awaited && h.Result == v1alpha1.RequestSucceeded && was != nil && was.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestInProgress
	case !awaited && h.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestSucceeded
	}
}

// handOffDue reports whether the next observe brings the session that is to be delivered.
// No observe asks for it before the status records the delivery.
func (s *state) handOffDue() bool {
	st := s.st
	return deliversSession(s.Connection) && refreshState(st) == v1alpha1.RefreshSucceeded && st.Session != nil &&
		st.Session.Attempt == st.Refresh.Attempt && st.Session.IssueTime == nil
}

// recordHandOff records that a session was delivered. A session is delivered once for each
// success, and again only while the API server fails: another observe would not change
// what the API server forbids.
func (s *state) recordHandOff(o Outcome) {
	observe, _ := o.Action.(Observe)
	if !observe.HandOff || s.st.Session == nil || (o.Authorization == nil && (o.Err == nil || !isReplay(o.Err))) {
		return
	}
	s.recordDelivery(o.Delivery)
	if retriesHandOff(s.now, s.st, o.Delivery) {
		return
	}
	s.st.Session.IssueTime, s.st.Session.ExpirationTime = Past(s.now), nil
	if o.Delivery.SecretName != "" {
		s.st.Session.ExpirationTime = WorksUntil(o.at(s.now))
	}
}

// retriesHandOff reports whether the operator retries to deliver a session. After half an
// hour an application does better to request newer data.
func retriesHandOff(now time.Time, st *v1alpha1.BankConnectionStatus, d Delivery) bool {
	r := st.Refresh
	return d.Problem == v1alpha1.ReasonSecretWriteFailed && r != nil && r.LastResult != nil &&
		now.Before(r.LastResult.AnswerTime.Add(processingTime))
}
