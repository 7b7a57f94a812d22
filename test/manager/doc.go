// Package manager holds the tests that run whole managers under the RBAC that is
// shipped, and drive them with kubectl as users do.
package manager
