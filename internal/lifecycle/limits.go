package lifecycle

import "time"

// Limits are what the limits of the instance said to the calls of a connection. What was
// not asked for is not deferred.
type Limits struct {
	// Calls defers every call, and Live a live one.
	Calls, Live Deferral
}

// Deferral is what the limits of an instance say to a call that is due. It is known in
// memory only: a call that is deferred stays due, and nothing is written.
type Deferral struct {
	// Until is when to ask again; zero if the call is not deferred.
	Until time.Time
	// Reason is why no connection of the instance calls until then; empty if the call
	// waits for its turn.
	Reason string
	// Unproven reports whether nothing is called until the instance is proven.
	Unproven bool
}

// unprovenLook is how often a connection looks whether an edited instance was tried. It is
// woken when it was.
const unprovenLook = time.Minute

// UntilProven defers all calls to an instance whose spec names what was not tried yet; see
// [IsProven].
func UntilProven(now time.Time) Deferral {
	return Deferral{Until: now.Add(unprovenLook), Unproven: true}
}

// Defers reports whether a call has to wait.
func (d Deferral) Defers(now time.Time) bool { return now.Before(d.Until) }
