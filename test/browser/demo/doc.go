// Package demo shows the operator's whole main job, step by step, and checks each step: accounts
// are linked, refreshed, reconnected and deleted, with a real API server, the operator under the
// RBAC that is shipped, the gateway's page in Chromium, and the simulator of Flinks.
//
// It is a test that tells what it does. `make demo` runs it.
package demo
