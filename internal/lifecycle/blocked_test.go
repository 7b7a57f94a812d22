package lifecycle_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestBlockedHasATimer: whatever keeps a connection from calling, it is looked at within
// ten minutes. A watch that misses one event must not strand it.
func TestBlockedHasATimer(t *testing.T) {
	for _, problem := range []string{
		v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonAPIKeyRefused, v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonNamespaceNotAllowed,
		v1alpha1.ReasonInstanceSuspended,
	} {
		for name, s := range map[string]*fixture{"new": newFixture(t), "bound": newBound(t), "scheduled": newScheduled(t), "asked": newAsked(t)} {
			s.Instance.Problem = problem
			s.wait()
			if next, ok := s.next(); !ok || next.Sub(s.now) > 10*time.Minute {
				t.Errorf("%s, %s: the next look is in %v", name, problem, next.Sub(s.now))
			}
		}
	}
	s := newBound(t)
	s.Duplicate = true
	s.wait()
	if next, ok := s.next(); !ok || next.Sub(s.now) > 10*time.Minute {
		t.Errorf("a duplicate: the next look is in %v", next.Sub(s.now))
	}
}

// TestUntilProven: an instance that was edited and not tried yet keeps every call back,
// and changes no status.
func TestUntilProven(t *testing.T) {
	for name, s := range map[string]*fixture{"new": newFixture(t), "due": newDue(t), "deleted": newBound(t)} {
		if name == "deleted" {
			s.delete()
		}
		s.wait()
		before := s.status().DeepCopy()
		a, w := lifecycle.Reserve(s.now, s.Inputs, func(lifecycle.Demand) (lifecycle.Deferral, bool) {
			return lifecycle.UntilProven(s.now), false
		})
		if a != waits {
			t.Errorf("%s: %+v", name, a)
		}
		s.Inputs = w
		s.record(lifecycle.Outcome{Action: a})
		if !equality.Semantic.DeepEqual(before, s.status()) {
			t.Errorf("%s: the status changed from %+v to %+v", name, before, s.status())
		}
		if next, ok := s.next(); !ok || next.Sub(s.now) > time.Minute {
			t.Errorf("%s: the next look is in %v", name, next.Sub(s.now))
		}
	}
}

// TestMendedKeysLeaveNothing: what a call was told of the keys is over once the instance
// says that they are mended, without another call.
func TestMendedKeysLeaveNothing(t *testing.T) {
	refused := refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false)
	for name, call := range map[string]func(*fixture){
		"observe": func(s *fixture) { s.observeFails(refused) },
		"refresh": func(s *fixture) { s.request("1"); s.refreshFails(refused) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			call(s)
			if e := s.status().LastError; e == nil || e.Class != string(flinks.ClassInstance) {
				t.Fatalf("lastError is %+v", e)
			}
			s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
			s.wait()
			if s.status().LastError == nil {
				t.Error("forgotten before the keys are mended")
			}
			s.pass(time.Hour)
			s.Instance.Problem = ""
			s.wait()
			if got := s.condition(v1alpha1.ConditionReady); got.Status != "True" || s.status().LastError != nil {
				t.Errorf("Ready is %s %s, lastError %+v", got.Status, got.Reason, s.status().LastError)
			}
		})
	}
}

// TestTokenRefusedToARefresh: where the instance finds nothing wrong with its keys, an
// observe finds out about the trouble, and not a day later.
func TestTokenRefusedToARefresh(t *testing.T) {
	s := newBound(t)
	s.request("1")
	s.refreshFails(refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false))
	s.decides(observes)
	olderData(s)
	if e := s.status().LastError; e != nil {
		t.Errorf("lastError is %+v", e)
	}
}

// TestDataWithoutKey: a request whose data cannot be had says so at once, whichever
// connection found out that the key is refused. The data is still fetched when the key is corrected.
func TestDataWithoutKey(t *testing.T) {
	for name, finds := range map[string]func(*fixture){
		"its own call": func(s *fixture) { s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeUnauthorized, false)) },
		"another's":    func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonAPIKeyRefused; s.wait() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.request("1")
			s.refreshSucceeds()
			finds(s)
			want := v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestFailed, Reason: v1alpha1.ReasonAPIKeyRefused}
			if got := *s.status().LastHandledRequest; got != want {
				t.Errorf("the request is %+v", got)
			}
			s.Instance.Problem = ""
			s.pass(time.Minute)
			if a := lifecycle.Decide(s.now, s.Inputs); a != collects && a != observes { // for another session
				t.Errorf("with the right key: %+v", a)
			}
		})
	}
	s := newBound(t)
	s.request("1")
	s.refreshSucceeds()
	s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
	s.pass(time.Hour)
	s.wait()
	want := v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestFailed, Reason: v1alpha1.ReasonInstanceNotReady}
	if got := *s.status().LastHandledRequest; got != want {
		t.Errorf("after an hour without keys the request is %+v", got)
	}
}
