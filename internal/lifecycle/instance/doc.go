// Package instance decides about Flinks instances and refresh policies, as package lifecycle
// does about connections: it is pure, and time is an argument.
package instance
