// Package world is everything around the operator in one goroutine and on one clock: the API
// server of package apiserver, Flinks as package flinkssim simulates it, the processes of the
// operator with their caches and queues, and the people and programs that use it.
//
// Every call that a process makes, of the API server or of Flinks, and every read of its cache
// passes one gate and has a number there. Hooks at the gate disturb what happens: they let calls
// fail, stop processes, or put one reconcile aside while others go on. The same hooks on the same
// workload give the same run.
package world
