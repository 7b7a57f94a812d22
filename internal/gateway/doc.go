// Package gateway is the part of the operator that faces the public: it serves the pages
// that links open, and receives the webhooks of Flinks. It holds no key to Flinks and
// decides nothing. It asks the operator's link API (internal/linkapi) for what it shows,
// and tells it what customers and webhooks request.
//
// Opening a page has no side effect, because mail scanners and previews open links. A
// click on the page is a POST by the page's own script.
package gateway
