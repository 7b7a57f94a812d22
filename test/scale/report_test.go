package scale

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
)

// Result is what a fleet of one size cost.
type Result struct {
	Size int `json:"size"`
	// Limit and Import are connections a second: of a bare client, and of the operator.
	Limit  float64 `json:"limitPerSecond"`
	Import float64 `json:"importPerSecond"`
	// Requests of the API server, by method, Reconciles, and seconds of the processor, for each new
	// connection.
	Requests   map[string]float64 `json:"requestsPerConnection"`
	Reconciles float64            `json:"reconcilesPerConnection"`
	CPU        float64            `json:"cpuSecondsPerConnection"`
	// Heap in bytes for each connection that has converged, and the Resident memory of the process.
	Heap     float64 `json:"heapBytesPerConnection"`
	Resident float64 `json:"residentBytes"`
	// Restart in seconds, until each connection was looked at again, with what was written and called.
	Restart       float64 `json:"restartSeconds"`
	RestartWrites int     `json:"restartWrites"`
	RestartCalls  int     `json:"restartCalls"`
	// NewMedian and NewMax are seconds until a new connection is ready, after the restart.
	NewMedian float64 `json:"newConnectionMedianSeconds"`
	NewMax    float64 `json:"newConnectionMaxSeconds"`
}

// report prints the results, and fails on counts that are too large.
func report(t *testing.T, results []Result) {
	t.Helper()
	for _, r := range results {
		say("%d connections:", r.Size)
		say("  import             %.1f/s = %.2f of the bare client's %.1f/s", r.Import, r.Import/r.Limit, r.Limit)
		say("  for each           %.2f requests (GET %.2f, POST %.2f, PUT %.2f, PATCH %.2f), %.2f reconciles, %.1f ms of the processor",
			total(r.Requests), r.Requests[http.MethodGet], r.Requests[http.MethodPost], r.Requests[http.MethodPut],
			r.Requests[http.MethodPatch], r.Reconciles, 1000*r.CPU)
		say("  memory             %.0f bytes of heap for each, %.0f MiB resident", r.Heap, r.Resident/(1<<20))
		say("  restart            %.1f s, %d writes, %d calls", r.Restart, r.RestartWrites, r.RestartCalls)
		say("  a new connection   median %.0f ms, at the most %.0f ms", 1000*r.NewMedian, 1000*r.NewMax)
		r.check(t)
	}
	if *outFlag == "" {
		return
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err == nil {
		err = os.WriteFile(*outFlag, append(text, '\n'), 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

func (r *Result) check(t *testing.T) {
	t.Helper()
	if got := total(r.Requests); got < minRequests || got > maxRequests {
		t.Errorf("%.2f requests of the API server for a new connection, not %v to %v: %v", got, minRequests, maxRequests, r.Requests)
	}
	if r.Heap <= 0 || r.Heap > maxHeap {
		t.Errorf("%.0f bytes of heap for each connection, and %d are allowed", r.Heap, maxHeap)
	}
	if r.RestartWrites != 0 || r.RestartCalls != 0 {
		t.Errorf("the restart cost %d writes and %d calls", r.RestartWrites, r.RestartCalls)
	}
}
