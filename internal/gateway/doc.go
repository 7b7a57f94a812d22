// Package gateway is what the public sees of the operator: the page that a person's
// link opens, and the receiver of Flinks' webhooks. It holds no key and decides
// nothing: whatever it needs to know or wants done, it asks the operator's link
// API for (internal/linkapi).
//
// Opening a page has no side effect, for scanners and previews open links. What a
// person does on it is a POST by the page's own script.
package gateway
