// Package reconcile holds the tests that run single reconciles against a real API
// server and the simulator, on a clock of their own. They assert end states and
// the simulator's journal.
package reconcile
