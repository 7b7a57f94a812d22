package dataclient

import (
	"context"
	"time"
)

// Pause is how a client waits.
var Pause = pause

// SetPause replaces how a client waits.
func SetPause(c *Client, f func(context.Context, time.Duration)) { c.pause = f }

// SetLimits replaces the limits of what is read of an answer, in bytes.
func SetLimits(c *Client, data, account int) { c.limits = limits{data, account} }
