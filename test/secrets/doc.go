// Package secrets tests what whole managers, under the rights that are shipped, do to
// Secrets: hold those that a deletion needs, and hand out others.
package secrets
