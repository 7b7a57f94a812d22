// Package scale measures what connections cost: requests to the API server, processor time and memory of
// the manager, and how long people wait. The manager is the built program in a process of its own, and
// what it does is compared with what a bare client does on the same machine in the same run, so that the
// figures that matter are counts and ratios.
package scale
