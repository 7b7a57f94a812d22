package linkapi

import "context"

// Backend is what answers the gateway. All of it is safe for concurrent use, and may
// be called again after an error. The operator implements it; [Client] does so over
// HTTP.
type Backend interface {
	// View says what the page of a link shows. It changes nothing.
	View(ctx context.Context, token Identifier) (View, error)
	// Start asks for a live session where the state is Start, and says what the page
	// shows then. In every other state it changes nothing: two presses are one. The
	// session itself is started by the leader, some moments later.
	Start(ctx context.Context, token Identifier) (View, error)
	// Connect makes the URL of Flinks Connect for the page's frame, with an authorize
	// token of its own, in the states Connect and Resume. ErrNotNow in others.
	Connect(ctx context.Context, token Identifier) (Identifier, error)
	// Finish tells that the person came through Flinks Connect. loginID and requestID
	// are what the browser says, so they are checked; requestID may be zero. While
	// Flinks cannot confirm them yet the state is Working, and the caller repeats it.
	// A login is kept at most once. ErrInvalid if an identifier is not a GUID.
	Finish(ctx context.Context, token, loginID, requestID Identifier) (View, error)
	// WebhookKeys are those that a webhook of the instance may be signed with: one or
	// two. ErrNotFound if it has none.
	WebhookKeys(ctx context.Context, instance Instance) ([]Identifier, error)
	// Notify makes the operator look at the connection that has the login, if there is
	// one. It returns once that is on record, or nothing has to be. ErrInvalid if the
	// loginId is not a GUID.
	Notify(ctx context.Context, instance Instance, loginID Identifier) error
}
