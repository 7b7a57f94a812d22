package bankconnection

import (
	"context"
	"sync"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// recordTime is how long the record of a live call may take after its answer.
const recordTime = 30 * time.Second

// Inflight are the live calls that are out, each with what is done about its answer.
// They outlive the context of the manager: nothing takes a live call back, so its answer
// is recorded by the process that made it. The zero value is usable.
type Inflight struct {
	// Start runs a call beside its caller; in a goroutine if it is nil. It may return
	// only after the call, where nothing runs beside anything.
	Start func(func())

	calls sync.WaitGroup
}

// Do makes a live call and records its answer, in a context that ends only by time. It
// returns when that is done, or earlier if ctx ends: it reports which.
func (f *Inflight) Do(ctx context.Context, call func(context.Context)) (done bool) {
	ended := make(chan struct{})
	f.start(func() {
		defer close(ended)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lifecycle.LiveCallTimeout+recordTime)
		defer cancel()
		call(ctx)
	})
	select {
	case <-ended:
		return true // whatever became of ctx meanwhile.
	default:
	}
	select {
	case <-ended:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *Inflight) start(call func()) {
	if f.Start != nil {
		f.Start(call)
		return
	}
	f.calls.Go(call)
}

// Wait returns when no live call is out any more. That takes no longer than the longest
// call and its record.
func (f *Inflight) Wait() { f.calls.Wait() }
