package lifecycle

import (
	"time"
)

// VisitState is what a person who opens their link finds, in the words of the
// session API.
type VisitState string

// The states that follow from a status.
const (
	VisitConnect     VisitState = "Connect"
	VisitStart       VisitState = "Start"
	VisitResume      VisitState = "Resume"
	VisitWorking     VisitState = "Working"
	VisitDone        VisitState = "Done"
	VisitWait        VisitState = "Wait"
	VisitUnavailable VisitState = "Unavailable"
	VisitBlocked     VisitState = "Blocked"
)

// Visit is what a person who opens their link finds.
type Visit struct {
	State VisitState
	// Reason why the person is wanted, or cannot be helped; may be empty.
	Reason string
	// Until is when to try again; zero if that is not known.
	Until time.Time
}
