package gateway

import "time"

// Timeouts of calls to the operator.
const (
	callTimeout = 10 * time.Second
	// flinksCallTimeout is for calls in which the operator waits for Flinks.
	flinksCallTimeout = 75 * time.Second
)

// Timeouts of the servers. They leave time for the longest call to the operator.
const (
	readTimeout  = 15 * time.Second
	writeTimeout = flinksCallTimeout + 15*time.Second
	idleTimeout  = time.Minute
	// drainTime is how long load balancers take to notice that the gateway stops.
	drainTime = 5 * time.Second
	// stopTimeout is how long the requests in progress may take after that.
	stopTimeout = flinksCallTimeout + 10*time.Second
)
