package lifecycle

// stages compute what follows from the rest of the status, and from the time. Each stage
// reads what the one before it left, so their order matters.
var stages = []func(*state){
	(*state).removeEnded,
	(*state).keepDelivered,
	(*state).keepPlan,
	(*state).keepConditions,
}

// derive updates everything in the status that follows from the rest of it.
func (s *state) derive() {
	for _, stage := range stages {
		stage(s)
	}
	s.st.ObservedGeneration = s.Connection.Generation
}

// removeEnded removes what the time, or another object, has ended.
func (s *state) removeEnded() {
	s.st.DeletionClaim, s.st.Deletion = nil, nil // A restored backup may contain them.
	s.endDuplicate()
	s.endCollecting()
	s.expireQuestion()
	s.repairIssueTime()
	s.endLoginRequirement()
	s.endConnect()
	s.endSealedSession()
	s.noteExpiry()
	s.noteUserActionStart()
}

// keepDelivered updates what the operator delivers to others: the accounts that they may have, the
// link to the gateway, and the session of the newest success.
func (s *state) keepDelivered() {
	s.takeReport()
	s.keepSelection()
	s.keepGatewayLink()
	s.dropUnfitLink()
	s.keepSessionRequest()
	s.announceSession()
	s.awaitHandOff()
}

// keepPlan plans the next observe and refresh: sooner if a session is to be delivered, and
// no refresh while the customer has to act. Nightly refresh that works again ends that, and
// takes the link away with it.
func (s *state) keepPlan() {
	s.plan()
	s.keepAttendedRequest()
	s.endLinkUse()
	s.keepJourney()
	s.keepAttempts()
}

// keepConditions computes the conditions from all of the status.
func (s *state) keepConditions() {
	s.setConditions()
	s.keepUndelivered()
	s.keepLinkProblem()
}
