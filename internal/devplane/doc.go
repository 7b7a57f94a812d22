// Package devplane runs all of flinks-operator on one machine: a Kubernetes
// control plane, a simulator of Flinks, the operator with the RBAC that it
// ships with, and the gateway.
//
//	Start     brings it up, and Plane.Stop takes it down again
//	Run       stays up for kubectl, until it is interrupted
//
// Run can have the operator as a program of its own, which is built and started again when
// its sources change: see reload.go. What runs in this process, such as the gateway and the
// simulator, stays as it was built.
//
// Everything listens on the loopback address alone. What is left behind is the
// logs of the operator and the gateway.
package devplane
