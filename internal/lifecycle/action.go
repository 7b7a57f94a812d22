package lifecycle

// Action is what to do now: one of the types below. Observe, refresh, collect and delete
// are the four operations of the documentation.
//
//sumtype:decl
type Action interface{ action() }

// Is reports whether an action is of the type A.
func Is[A Action](a Action) bool {
	_, is := a.(A)
	return is
}

type (
	// Wait does nothing now.
	Wait struct{ Refusal }
	// Observe reads the state of the login. No bank is contacted.
	Observe struct {
		// HandOff reports whether the session that the answer brings is to be delivered.
		HandOff bool
		Refusal
	}
	// Refresh opens a live session. It cannot be repeated, and needs a claim. It is
	// unattended if both fields are zero.
	Refresh struct {
		// Attended reports whether the customer started it on the gateway's page.
		Attended bool
		// Request is the refresh-requested-at value that asked for it.
		Request string
	}
	// Collect asks for the data that a refresh brought.
	Collect struct{ Refusal }
	// Poll asks how a live session ends that AuthorizeAsync began.
	Poll struct{ Refusal }
	// SetNightlyRefresh switches Flinks' own nightly refresh of the login.
	SetNightlyRefresh struct {
		// Active reports whether it is switched on.
		Active bool
		Refusal
	}
	// ClaimDeletion writes the claim that precedes a Delete.
	ClaimDeletion struct{}
	// UnclaimDeletion removes the claim, because another connection keeps the login.
	UnclaimDeletion struct{}
	// Delete removes the login from Flinks. It needs a claim.
	Delete struct{}
	// Confirm reads the state of the login after Flinks answered a Delete with a 404 that
	// does not name the login. No bank is contacted.
	Confirm struct{}
	// RemoveFinalizer removes the finalizer without touching the login.
	RemoveFinalizer struct {
		// Reason is why the login stays at Flinks; it is also the reason of the event.
		Reason string
	}
	// RemoveSecretFinalizer removes the finalizer from the Secret, and then the last one
	// from the object.
	RemoveSecretFinalizer struct{}
	// DeliverLink writes a link to the gateway into a Secret.
	DeliverLink struct{}
	// RevokeSecret deletes a Secret that the operator delivered.
	RevokeSecret struct{ Secret DeliveredSecret }
)

func (Wait) action()                  {}
func (Observe) action()               {}
func (Refresh) action()               {}
func (Collect) action()               {}
func (Poll) action()                  {}
func (SetNightlyRefresh) action()     {}
func (ClaimDeletion) action()         {}
func (UnclaimDeletion) action()       {}
func (Delete) action()                {}
func (Confirm) action()               {}
func (RemoveFinalizer) action()       {}
func (RemoveSecretFinalizer) action() {}
func (DeliverLink) action()           {}
func (RevokeSecret) action()          {}
