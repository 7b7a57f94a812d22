package bankconnection

import (
	"context"
	"testing"
)

// TestInflightOutlivesItsContext: the caller of a live call may leave, the call and its
// record go on, and they are waited for.
func TestInflightOutlivesItsContext(t *testing.T) {
	var f Inflight
	ctx, stop := context.WithCancel(t.Context())
	out, answered, recorded := make(chan struct{}), make(chan struct{}), false
	left := make(chan bool)
	go func() {
		left <- f.Do(ctx, func(ctx context.Context) {
			close(out)
			<-answered
			recorded = ctx.Err() == nil
		})
	}()
	<-out
	stop()
	if <-left {
		t.Error("a worker waited for a call although its process is told to stop")
	}
	close(answered)
	f.Wait()
	if !recorded {
		t.Error("the call ended with the process that made it")
	}
	if !f.Do(t.Context(), func(context.Context) {}) {
		t.Error("a call that ended is said to be out")
	}
}
