// Package docs holds the tests that keep the documents true: that every field,
// condition, reason, code, metric and flag has an entry, and that what is named
// exists.
package docs
