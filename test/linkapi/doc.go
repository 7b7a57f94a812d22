// Package linkapi tests the link API of whole managers: which accounts may call it, that
// all replicas give the same answers, and that its caller has no other right.
package linkapi
