package lifecycle

// stages work out what follows from the rest of the status, and from the time. Each one
// reads what those before it left, and changes nothing that they read.
var stages = []func(*state){
	(*state).endWhatIsOver,
	(*state).keepDelivered,
	(*state).keepPlan,
	(*state).keepConditions,
}

// derive brings everything in the status that follows from the rest of it up to date.
func (s *state) derive() {
	for _, stage := range stages {
		stage(s)
	}
	s.st.ObservedGeneration = s.Connection.Generation
}

// endWhatIsOver takes away what the time, or another object, has ended.
func (s *state) endWhatIsOver() {
	s.st.DeletionClaim, s.st.Deletion = nil, nil // A backup may bring them back.
	s.endDuplicate()
	s.endCollecting()
	s.hideGatewayLink()
	s.expireLink()
	s.endWaitForLogin()
	s.noteExpiry()
	s.noteWanted()
}

// keepDelivered says what others are given while it is wanted: the link to the gateway, and
// the session of the newest success.
func (s *state) keepDelivered() {
	s.keepGatewayLink()
	s.announceSession()
	s.awaitHandOff()
}

// keepPlan says when to observe and when to refresh: sooner if a session is to be handed
// out, and not while a person is wanted. A plan can end that.
func (s *state) keepPlan() {
	s.plan()
	s.keepAttendedRequest()
}

// keepConditions sums all of the status up.
func (s *state) keepConditions() {
	s.setConditions()
	s.keepUndelivered()
}
