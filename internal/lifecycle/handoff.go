package lifecycle

import (
	"cmp"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// announceSession records that a session is to be delivered: there is newer data than the
// last one opens, or an application requests one.
func (s *state) announceSession() {
	if !deliversSession(s.Connection) || s.handsNothingOut() != "" {
		return
	}
	if !s.opensOlderData() && (s.handOffDue() || !isSessionRequested(s.st)) {
		return
	}
	name := givenSecretName(s.Connection, SessionSecret)
	if s.st.Session != nil {
		name = cmp.Or(s.st.Session.SecretName, name) // which is deleted first if it is another one.
	}
	s.st.Session = &v1alpha1.SessionStatus{DataTime: s.st.LastRefreshTime.DeepCopy(), SecretName: name}
}

// opensOlderData reports whether there is data that the session which was last delivered
// does not open.
func (s *state) opensOlderData() bool {
	st := s.st
	if refreshState(st) != v1alpha1.RefreshSucceeded || st.LastRefreshTime == nil {
		return false
	}
	if st.Session == nil || st.Binding != nil && st.Session.IssueTime.Before(&st.Binding.BoundTime) {
		return true // That one was of another login.
	}
	return cmp.Or(st.Session.DataTime, st.Session.IssueTime).Before(st.LastRefreshTime)
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

// handsNothingOut returns the reason why applications may have no account of the login; empty
// if they may have some.
func (s *state) handsNothingOut() string {
	_, _, problem := HandOut(s.drafted())
	return problem
}

// handOffDue reports whether the next observe brings the session that is to be delivered.
// No observe asks for it before the status records the delivery, or while the data of a
// live session is awaited.
func (s *state) handOffDue() bool {
	session := s.st.Session
	awaited := deliversSession(s.Connection) && session != nil && session.IssueTime == nil && !isUnderWay(s.st)
	return awaited && s.handsNothingOut() == ""
}

// recordHandOff records that a session was delivered. A session is delivered once for each
// success and request, and again only while the API server fails: another observe would
// not change what the API server forbids.
func (s *state) recordHandOff(o Outcome) {
	observe, _ := o.Action.(Observe)
	if !observe.HandOff || s.st.Session == nil || (o.Authorization == nil && (o.Err == nil || !isReplay(o.Err))) {
		return
	}
	s.recordDelivery(o.Delivery)
	if retriesHandOff(s.now, s.st, o.Delivery) {
		return
	}
	session := s.st.Session
	session.IssueTime, session.ExpirationTime = Past(s.now), nil
	if o.Delivery.SecretName != "" {
		session.ExpirationTime = WorksUntil(o.at(s.now))
		session.DataTime = s.st.LastRefreshTime.DeepCopy()
	}
}

// retriesHandOff reports whether the operator retries to deliver a session. After half an
// hour an application does better to request newer data.
func retriesHandOff(now time.Time, st *v1alpha1.BankConnectionStatus, d Delivery) bool {
	r := st.Refresh
	return d.Problem == v1alpha1.ReasonSecretWriteFailed && r != nil && r.LastResult != nil &&
		now.Before(r.LastResult.AnswerTime.Add(processingTime))
}

// HandOff is a session for applications, and what they need to know to use it.
type HandOff struct {
	RequestID   flinks.RequestID
	Institution string
	// ExpirationTime is until when an application can begin to use the RequestId.
	ExpirationTime time.Time
	// Instance is its name at Flinks.
	Instance string
	// DataTime is the time of the data that the session opens; zero if it is not known.
	DataTime time.Time
	// AccountIDs are the accounts that the application may ask for; all that are known if
	// the customer shares all of them.
	AccountIDs []string
}

// HandOffOf returns the session that an observe brought; false if it is to be delivered to
// no application. The session of a replayed failure opens the data from before.
func HandOffOf(now time.Time, c *v1alpha1.BankConnection, o Outcome) (h HandOff, wanted bool) {
	observe, _ := o.Action.(Observe)
	filter, all, problem := HandOut(c)
	h = HandOff{ExpirationTime: WorksUntil(o.at(now)).Time, Instance: o.Identity.Instance, AccountIDs: filter}
	for i := range c.Status.Accounts {
		if all {
			h.AccountIDs = append(h.AccountIDs, c.Status.Accounts[i].ID)
		}
	}
	if t := c.Status.LastRefreshTime; t != nil {
		h.DataTime = t.Time
	}
	switch a := o.Authorization; {
	case a != nil:
		h.RequestID, h.Institution = a.RequestID, a.Institution
		h.DataTime = Later(h.DataTime, Past(a.LastRefresh).Time)
	case o.Err != nil && o.Err.InSession:
		h.RequestID, h.Institution = o.Err.RequestID, o.Err.Institution
	}
	h.Institution = cmp.Or(h.Institution, c.Status.Institution)
	return h, observe.HandOff && problem == "" && isReadable(o)
}

// isReadable reports whether the answer to an observe has a session that opens data.
func isReadable(o Outcome) bool {
	if o.Authorization != nil {
		return o.Authorization.State == flinks.Authorized
	}
	return o.Err != nil && o.Err.InSession && isReplay(o.Err)
}

// setAccountsWithheld says why applications get nothing of a login that is bound.
func (s *state) setAccountsWithheld() {
	problem := ""
	if s.st.Binding != nil {
		problem = s.handsNothingOut()
	}
	s.setWhileTrue(v1alpha1.ConditionAccountsWithheld, problem != "", problem)
}
