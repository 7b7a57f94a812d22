// Package linkapi tests the link API of whole managers: who may call it, that all
// replicas answer alike, and that who calls it may do nothing else.
package linkapi
