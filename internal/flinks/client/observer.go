package client

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Observer is called ahead of each call of a client, and the function that it returns with the
// outcome: nil for success. That includes the calls that the client refuses to send.
type Observer func(op flinks.Operation) (ended func(failure *flinks.Error))

// WithObserver returns a client that also reports its calls to an observer. It shares the
// connections of c.
func (c *Client) WithObserver(o Observer) *Client {
	observed := *c
	observed.observers = append(slices.Clip(c.observers), o)
	return &observed
}

// observe reports a call to all observers, and returns what reports its outcome.
func (c *Client) observe(op flinks.Operation) (ended func(*flinks.Error)) {
	var all []func(*flinks.Error)
	for _, begin := range c.observers {
		all = append(all, begin(op))
	}
	return func(failure *flinks.Error) {
		for _, end := range all {
			end(failure)
		}
	}
}
