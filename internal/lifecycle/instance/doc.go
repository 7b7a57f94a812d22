// Package instance decides about Flinks instances and refresh policies, as package
// lifecycle does about connections. It is pure: no I/O, no clock, no client.
package instance
