package lifecycle

// paced defers an action after one that brought nothing. An observe that the gateway asks
// for, or the first one for another customerId, waits only for the limits of the instance.
func (s *state) paced(k Kind) Action {
	early := s.now.Before(s.NotUntil) && (k != Observe || !isObserveRequested(s.st) && !s.isGoneElsewhere())
	if early || s.Calls.Defers(s.now) {
		return Action{Kind: Wait}
	}
	return Action{Kind: k}
}

// observes returns an observe that may bring a session to deliver.
func (s *state) observes() Action {
	a := s.paced(Observe)
	a.HandOff = a.Kind == Observe && s.handOffDue()
	return a
}

func (s *state) schedules(active bool) Action {
	a := s.paced(SetNightlyRefresh)
	a.Active = active && a.Kind == SetNightlyRefresh
	return a
}
