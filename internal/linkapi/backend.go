package linkapi

import "context"

// MaxAccounts is how many accounts one report may name.
const MaxAccounts = 100

// Backend answers the gateway. The operator implements it, and [Client] does over HTTP.
// Its methods are safe for concurrent use, and a call that returned an error may be
// repeated.
type Backend interface {
	// View returns what the page of a link shows. It changes nothing.
	View(ctx context.Context, visit Visit) (View, error)
	// Logo returns the image of the view's Brand. The error is ErrNotFound if there is none.
	Logo(ctx context.Context, visit Visit) ([]byte, error)
	// Open reports that a browser shows the page of a link, and returns what it shows. A page
	// may report it as often as it likes: only the first time changes anything.
	Open(ctx context.Context, visit Visit) (View, error)
	// Start requests a live session if the state is Start, and returns what the page shows
	// then. In any other state it changes nothing, so two clicks lead to one session. The
	// leader opens the session some moments later.
	Start(ctx context.Context, visit Visit) (View, error)
	// Prove reports the ticket with which the application sent the customer back, and returns
	// what the page shows then: still ProofRequired if the ticket is not one for this visit. A
	// ticket that counted before counts again in the same browser only.
	Prove(ctx context.Context, visit Visit, ticket Identifier) (View, error)
	// Connect returns a URL of Flinks Connect for the page's frame, with an authorize token
	// of its own, if the state is Connect or Resume. In any other state the error is
	// ErrNotNow.
	Connect(ctx context.Context, visit Visit) (Identifier, error)
	// Finish reports that the customer completed Flinks Connect. The operator verifies
	// loginID and requestID, which the browser sent; requestID may be zero. While Flinks
	// cannot confirm them yet, the state is Working, and the gateway repeats the call. The
	// operator stores a login at most once. accountIDs are the accounts that the customer
	// selected, if Flinks Connect said so. The error is ErrInvalid if an identifier is not a
	// GUID, or there are more than MaxAccounts.
	Finish(ctx context.Context, visit Visit, loginID, requestID Identifier, accountIDs ...Identifier) (View, error)
	// WebhookKeys returns the keys that may sign the webhooks of an instance: one or two.
	// The error is ErrNotFound if it has none, or is not configured for a gateway.
	WebhookKeys(ctx context.Context, instance Instance) ([]Identifier, error)
	// Notify makes the operator observe the connection of the instance that has the login, if
	// there is one. It returns when the request is stored, or when there is nothing to do. The
	// error is ErrInvalid if the loginId is not a GUID, and ErrNotFound as in WebhookKeys.
	Notify(ctx context.Context, instance Instance, loginID Identifier) error
}
