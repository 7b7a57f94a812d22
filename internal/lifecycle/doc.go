// Package lifecycle decides what to do next about a BankConnection, when to do it, and
// what its status then says. It is pure: no I/O, no clock, no client. The caller passes in
// the time and everything that is known of the cluster and of Flinks.
//
// One reconcile is
//
//	Decide(now, inputs)             what to do: at most one Flinks operation
//	Reserve(now, inputs, ask)       the same, within the limits of the instance
//	Claim(now, inputs, action)      the status to write before a refresh
//	Record(now, inputs, outcome)    the complete status to write afterwards
//	Remember(now, inputs, outcome)  what to hold in memory
//	RequeueAfter(now, inputs)       when to reconcile again
//
// A refresh can make a bank text a code to a customer and cannot be repeated. Therefore
// only a due time or a request starts one, only its own claim allows it, and after a lost
// answer the operator waits and then reads the result with an observe, which contacts no
// bank.
package lifecycle
