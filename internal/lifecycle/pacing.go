package lifecycle

// paced defers an action after one that brought nothing. An observe that the gateway asks
// for, or the first one for another customerId, waits only for the limits of the instance.
func (s *state) paced(a Action) Action {
	early := s.now.Before(s.NotUntil) && (!Is[Observe](a) || !isObserveRequested(s.st) && !s.isGoneElsewhere())
	if early || s.Calls.Defers(s.now) {
		return Wait{}
	}
	return a
}

// observes returns an observe that may bring a session to deliver.
func (s *state) observes() Action { return s.paced(Observe{HandOff: s.handOffDue()}) }

func (s *state) switchesNightly(active bool) Action {
	return s.paced(SetNightlyRefresh{Active: active})
}
