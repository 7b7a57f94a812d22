// Package replay holds a run of the operator against the decisions it should have
// made. It takes the audit log of the API server and the exchanges with Flinks, and
// computes each status that the operator wrote, and each call that it made, once more
// with package lifecycle:
//
//	Record(previous status, recorded answer, now)   equals the status that was written
//	Decide(now, rebuilt world)                      yields the call that was made
//
// The logs do not say everything that a decision depends on, such as what a process
// only remembered. Such facts are enumerated: every value that they can have is tried,
// and the Report counts how often that was needed.
package replay
