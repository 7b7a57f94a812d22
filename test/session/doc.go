// Package session tests the session API of whole managers: who may call it, that all
// replicas answer alike, and that who calls it may do nothing else.
package session
