// Package controller is the shell around package lifecycle: it reads the world,
// makes the one call that was decided on and records what came of it. Each Kind
// has a package of its own below.
package controller
