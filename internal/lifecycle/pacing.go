package lifecycle

// paced holds an action back after one that brought nothing. An observe that was asked
// for, or is the first of another customer, is news: it waits for the limits of the
// instance only.
func (s *state) paced(k Kind) Action {
	early := s.now.Before(s.NotUntil) && (k != Observe || !isObserveRequested(s.st) && !s.isGoneElsewhere())
	if early || s.Calls.Defers(s.now) {
		return Action{Kind: Wait}
	}
	return Action{Kind: k}
}

// observes is an observe that may bring a session to hand out.
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
