// Package lifecycle decides what to do next about a BankConnection, when, and
// what its status then says. It is pure: no I/O, no clock, no client. Time and
// everything known of the world come in as values.
//
// One reconcile is
//
//	Decide(now, world)           what to do: at most one Flinks operation
//	Admit(now, world, ask)       the same, within the limits of the instance
//	Claim(now, world, action)    the status to write before a refresh
//	Record(now, world, outcome)  the complete status to write afterwards
//	Next(now, world)             when to look again
//
// The rule behind all of it: a refresh can make a bank text a code to a person
// and is not repeatable, so nothing but a due time or a request starts one,
// nothing but its own claim allows it, and a lost answer is waited out and then
// read back by an observe, which contacts no bank.
package lifecycle
