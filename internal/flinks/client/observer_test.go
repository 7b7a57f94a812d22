package client_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// report is what an observer was told.
type report struct {
	Op    flinks.Operation
	Ended bool
	Code  flinks.Code // of a failure
}

// journal keeps what observers were told, in order.
type journal struct {
	mu  sync.Mutex
	all []report
}

func (j *journal) add(r report) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, r)
}

func (j *journal) observe(op flinks.Operation) func(*flinks.Error) {
	j.add(report{Op: op})
	return func(failure *flinks.Error) {
		r := report{Op: op, Ended: true}
		if failure != nil {
			r.Code = failure.Code
		}
		j.add(r)
	}
}

// TestObserver: an observer is told of each operation once, ahead of it and when its answer is
// read, with the error that the caller gets.
func TestObserver(t *testing.T) {
	for _, o := range operations {
		t.Run(string(o.op), func(t *testing.T) {
			var told journal
			good, bad := serve(t, reply(http.StatusOK, goodAnswers[o.op])), serve(t, reply(http.StatusOK, `<html>`))
			c := client(t, flinksclient.Options{}).WithObserver(told.observe)
			if err := o.run(t, c, endpoint(t, good.URL)); err != nil {
				t.Fatal(err)
			}
			if err := o.run(t, c, endpoint(t, bad.URL)); err == nil {
				t.Fatal("no error")
			}
			_ = o.run(t, c, flinks.Endpoint{})
			want := []report{
				{Op: o.op}, {Op: o.op, Ended: true},
				{Op: o.op}, {Op: o.op, Ended: true, Code: flinks.CodeUnreadable},
				{Op: o.op}, {Op: o.op, Ended: true, Code: flinks.CodeInvalidCall},
			}
			if diff := cmp.Diff(want, told.all); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestObserverOfRefusedCalls: a call that the client does not send is reported as well.
func TestObserverOfRefusedCalls(t *testing.T) {
	var told journal
	c, ep := client(t, flinksclient.Options{}).WithObserver(told.observe), endpoint(t, "http://127.0.0.1:1")
	ctx, none := t.Context(), flinks.Credentials{}
	errs := []error{
		second(c.GenerateAuthorizeToken(ctx, ep, none)),
		second(c.Observe(ctx, ep, flinks.AuthorizeToken{}, login(t))),
		second(c.Refresh(ctx, ep, token(t), flinks.LoginID{})),
		second(c.GetAccountsDetail(ctx, ep, none, flinks.RequestID{})),
		second(c.GetAccountsDetailAsync(ctx, ep, none, flinks.RequestID{})),
		c.DeleteCard(ctx, ep, none, flinks.LoginID{}),
		c.SetScheduledRefresh(ctx, ep, none, flinks.LoginID{}, true),
		second(c.GetNightlyRefreshStatus(ctx, ep, none)),
		c.ProbeAPIKey(ctx, ep, none),
	}
	var want []report
	for _, err := range errs {
		e := asError(t, err)
		want = append(want, report{Op: e.Op}, report{Op: e.Op, Ended: true, Code: e.Code})
	}
	if diff := cmp.Diff(want, told.all); diff != "" {
		t.Error(diff)
	}
}

// TestWithObserverLeavesTheClientAsItIs: clients that are made of one another at the same time
// report to their own observers, and to those of the client that they are made of.
func TestWithObserverLeavesTheClientAsItIs(t *testing.T) {
	s := serve(t, reply(http.StatusOK, liveOK))
	var shared journal
	base := client(t, flinksclient.Options{}).WithObserver(shared.observe)
	own := make([]journal, 8)
	var calls sync.WaitGroup
	for i := range own {
		calls.Go(func() {
			if _, err := base.WithObserver(own[i].observe).Observe(t.Context(), endpoint(t, s.URL), token(t), login(t)); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if len(shared.all) != 2*len(own) {
		t.Errorf("the shared observer was told %d times, want %d", len(shared.all), 2*len(own))
	}
	for i := range own {
		if len(own[i].all) != 2 {
			t.Errorf("observer %d was told %v", i, own[i].all)
		}
	}
}
