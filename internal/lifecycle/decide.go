package lifecycle

import "time"

// Decide returns what to do now: at most one Flinks operation.
func Decide(now time.Time, in Inputs) Action { return in.at(now).decide() }

func (s *state) decide() Action {
	if !s.Connection.DeletionTimestamp.IsZero() {
		return s.decideDeletion()
	}
	if revocation, due := s.revocation(); due {
		return revocation
	}
	if s.gatewayLinkDue() {
		return DeliverLink{}
	}
	if s.mayStart() && s.Live.Reason == "" {
		if s.Live.Defers(s.now) {
			return Wait{} // for its turn
		}
		return Refresh{Attended: true}
	}
	request := s.pendingRequest()
	if request != "" {
		if refusal := s.refuse(); refusal != "" {
			return withRefusal(s.decideRoutine(), Refusal{request, refusal})
		}
		if s.Live.Defers(s.now) {
			return Wait{} // for its turn
		}
		return Refresh{Request: request}
	}
	return s.decideRoutine()
}

func withRefusal(a Action, r Refusal) Action {
	switch a := a.(type) {
	case Observe:
		a.Refusal = r
		return a
	case Collect:
		a.Refusal = r
		return a
	case Poll:
		a.Refusal = r
		return a
	case SetNightlyRefresh:
		a.Refusal = r
		return a
	default:
		// An unattended refresh that is due anyway comes with its own claim,
		// after the refusal is on record.
		return Wait{r}
	}
}

func (s *state) decideRoutine() Action {
	active, switches := s.switchDue()
	switch {
	case switches && s.Connection.Spec.Suspend:
		// The one call for a suspended object: nightly refresh would otherwise continue.
		return s.switchesNightly(active)
	case s.mayTakeOther():
		return s.paced(Observe{})
	case s.blocked() != "":
		return Wait{}
	}
	if s.sessionRequestDue() {
		return s.opensRequested()
	}
	if a, busy := s.followUp(); busy {
		return a
	}
	switch {
	case s.RebindAsked && s.mayRebind():
		return s.paced(Observe{})
	case s.refreshDue() && !s.Live.Defers(s.now):
		return s.refreshes()
	case s.observeDue():
		return s.observes()
	case switches:
		return s.switchesNightly(active)
	}
	return Wait{}
}

// followUp returns what to do about the newest live session, or about an observe that the
// gateway asks for, and whether there is anything.
func (s *state) followUp() (a Action, busy bool) {
	st := s.st
	switch {
	case isDispatched(s.now, st) && s.HasSession && s.IsAsync:
		return s.paced(Poll{}), true
	case isDispatched(s.now, st) && s.HasSession:
		return s.paced(Collect{}), true
	case isDispatched(s.now, st):
		return s.paced(Observe{}), true
	case sessionUnknown(st) && !due(s.now, st.Refresh.NotBefore):
		return Wait{}, true
	case isObserveRequested(s.st):
		return s.observes(), true
	case isCollecting(s.now, st) && s.HasSession:
		return s.paced(Collect{}), true
	case sessionUnknown(st), isCollecting(s.now, st), awaitsAnswer(s.now, st), awaitsReissue(s.now, st), hasFinished(s.now, st):
		return s.paced(Observe{}), true
	}
	return nil, false
}

func (s *state) observeDue() bool {
	next := s.st.NextObserveTime
	return next == nil || due(s.now, next) || s.isIneligible() || s.isGoneElsewhere()
}

// refreshDue reports whether an unattended refresh may start now. It does not trust the
// recorded plan alone: a status that a user edited or restored must not start a live
// session.
func (s *state) refreshDue() bool {
	st := s.st
	if !due(s.now, st.NextRefreshTime) || isOpen(st) || !s.isNoted(st.RefreshPolicy) || s.needsCredentials(s.now) {
		// A plan that was made under another policy does not count.
		return false
	}
	planned := s.planRefresh()
	return planned != nil && !s.now.Before(planned.Time) && s.policy().windows.Next(s.now).Equal(s.now)
}
