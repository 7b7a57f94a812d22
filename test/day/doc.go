// Package day plays whole days of a large fleet on a virtual clock, with the decisions
// and the limits of the operator and nothing else: no API server, no HTTP. What it
// leaves out, package reconcile and package manager test.
package day
