// Package controller is the shell around package lifecycle: it reads facts, makes the one
// call that was decided on and records the outcome. Each Kind has a package of its own below,
// and so has the service that the gateway calls.
package controller
