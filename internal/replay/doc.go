// Package replay compares a run of the operator with the decisions that it should have
// made. It reads the audit log of the API server and the exchanges with Flinks, and
// computes each status that the operator wrote, and each call that it made, again with
// package lifecycle:
//
//	Record(previous status, recorded answer, now)   equals the status that was written
//	Decide(now, rebuilt inputs)                     yields the call that was made
//
// The logs do not hold everything that a decision depends on, such as the memory of a
// process. Replay enumerates such facts: it tries every value that they can have, and the
// Report counts how often that was needed.
package replay
