package budget

import "time"

// Priority says how urgent a call is.
type Priority int

// The priorities, from the lowest. A fifth of every limit is reserved for those
// above Routine, and a part of that for Urgent.
const (
	// Reading is for what applications read. It has half of the calls under way that Routine may
	// have.
	Reading Priority = iota
	// Routine is for what is due by time alone.
	Routine
	// Prompt is for what is not scheduled and not interactive: new objects, deletions, and
	// the end of what was begun.
	Prompt
	// Urgent is for what a person asked for.
	Urgent
	priorities
)

// Limits of one instance.
type Limits struct {
	// Rate is the number of calls per second; Burst, at least 2, that of calls at once
	// after a time without calls.
	Rate, Burst int
	// LiveSessions is the number of live sessions at once.
	LiveSessions int
	// Version changes when the instance does, and ends a pause for being unreachable: the
	// address may be another one.
	Version int64
}

// Caller is an object that calls are made for.
type Caller struct{ Namespace, Name string }

// Request is what a caller asks permission for.
type Request struct {
	// Caller is told when it is its turn. One without a name is not queued, and goes before
	// the queue of its priority.
	Caller
	Priority Priority
	// Calls is the number of calls that may be made, at most 2. Those that are not made are
	// given back.
	Calls int
	// Live says that one of them opens a live session.
	Live bool
	// Bank is that of a live session; empty if it is not known.
	Bank string
}

// waitKey identifies a waiter: a caller may wait for a live session and for other calls at once.
type waitKey struct {
	Caller
	live bool
}

func (a Request) waitKey() waitKey { return waitKey{a.Caller, a.Live} }

// Reason says why a request is denied.
type Reason string

const (
	// Busy: it is not the caller's turn.
	Busy Reason = "Busy"
	// Throttled: Flinks said that it is called too often.
	Throttled Reason = "Throttled"
	// Unreachable: Flinks did not answer, several times in a row.
	Unreachable Reason = "Unreachable"
	// BankDown: Flinks cannot reach the bank, or has switched it off.
	BankDown Reason = "BankDown"
)

// Denial says why a request is denied, and when to ask again.
type Denial struct {
	Reason Reason
	// Until is when to ask again; always after the time of the request. Turns tells a caller
	// with a name earlier if the reason is Busy.
	Until time.Time
	// Spread is the time over which callers that are denied together should ask again.
	Spread time.Duration
}
