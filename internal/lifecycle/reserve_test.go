package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// holdCalls and holdLive are what the limits may say, until an hour from now.
func (s *fixture) holdCalls(reason string) {
	s.Calls = lifecycle.Deferral{Until: s.now.Add(time.Hour), Reason: reason}
}

func (s *fixture) holdLive(reason string) {
	s.Live = lifecycle.Deferral{Until: s.now.Add(time.Hour), Reason: reason}
}

// TestDecideDeferred starts each situation from a connection whose refresh is due.
func TestDecideDeferred(t *testing.T) {
	refused := func(reason string) lifecycle.Refusal {
		return lifecycle.Refusal{Request: "1", Reason: reason}
	}
	const throttled, down = v1alpha1.ReasonThrottled, v1alpha1.ReasonFlinksUnavailable
	runDecisions(t, map[string]decision{
		"refresh, not its turn":       {func(s *fixture) { s.holdLive("") }, waits},
		"refresh, bank down":          {func(s *fixture) { s.holdLive(down) }, waits},
		"refresh, hold over":          {func(s *fixture) { s.holdLive(down); s.pass(time.Hour) }, starts},
		"refresh held, observe due":   {func(s *fixture) { observeDue(s); s.holdLive(down) }, observes},
		"refresh and observe held":    {func(s *fixture) { observeDue(s); s.holdLive(down); s.holdCalls("") }, waits},
		"only quick calls held":       {func(s *fixture) { observeDue(s); s.looks(); s.holdCalls("") }, starts},
		"observe for it held":         {func(s *fixture) { observeDue(s); s.holdCalls("") }, waits},
		"new object, not its turn":    {func(s *fixture) { *s = *newFixture(s.t); s.holdCalls("") }, waits},
		"collect, not its turn":       {func(s *fixture) { s.refreshSucceeds(); s.holdCalls("") }, waits},
		"lost answer, not its turn":   {func(s *fixture) { s.claim(); s.pass(time.Hour); s.holdCalls("") }, waits},
		"deletion, not its turn":      {func(s *fixture) { s.delete(); s.holdCalls("") }, waits},
		"release needs no turn":       {func(s *fixture) { s.edit(retain); s.delete(); s.holdCalls(throttled) }, releases(v1alpha1.ReasonLoginRetained)},
		"request, not its turn":       {func(s *fixture) { s.request("1"); s.holdLive("") }, waits},
		"request, throttled":          {func(s *fixture) { s.request("1"); s.holdLive(throttled) }, lifecycle.Wait{Refusal: refused(throttled)}},
		"request, bank down":          {func(s *fixture) { observeDue(s); s.request("1"); s.holdLive(down) }, lifecycle.Observe{Refusal: refused(down)}},
		"request, all throttled":      {func(s *fixture) { observeDue(s); s.request("1"); s.holdLive(throttled); s.holdCalls(throttled) }, lifecycle.Wait{Refusal: refused(throttled)}},
		"request, hold over":          {func(s *fixture) { s.request("1"); s.holdLive(down); s.pass(time.Hour) }, lifecycle.Refresh{Request: "1"}},
		"request, blocked, throttled": {func(s *fixture) { s.request("1"); s.Duplicate = true; s.holdLive(throttled) }, lifecycle.Wait{Refusal: refused(v1alpha1.ReasonDuplicateLogin)}},
	})
}

// TestDeferralsEnd: a deferred connection is reconciled when the deferral is over, and nothing
// is written because of it.
func TestDeferralsEnd(t *testing.T) {
	for name, arrange := range map[string]func(s *fixture){
		"refresh":  func(s *fixture) { s.holdLive(v1alpha1.ReasonThrottled) },
		"observe":  func(s *fixture) { s.edit(manual); s.wait(); s.passUntil(s.status().NextObserveTime); s.holdCalls("") },
		"new":      func(s *fixture) { *s = *newFixture(s.t); s.wait(); s.holdCalls("") },
		"request":  func(s *fixture) { s.request("1"); s.holdLive("") },
		"deletion": func(s *fixture) { s.delete(); s.wait(); s.holdCalls("") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			arrange(s)
			before := s.Connection.DeepCopy()
			s.wait()
			if diff := cmp.Diff(before, s.Connection); diff != "" {
				t.Errorf("a hold is written:\n%s", diff)
			}
			next, ok := s.next()
			if want := s.now.Add(time.Hour); !ok || !next.Equal(want) {
				t.Errorf("looked at again at %v, not at %v", next, want)
			}
		})
	}
}

// TestTroubleOfOthersIsNotOurs: while an instance is paused a connection stays as
// ready as its data is fresh, and its plan stays the same.
func TestTroubleOfOthersIsNotOurs(t *testing.T) {
	s := newDue(t)
	s.holdLive(v1alpha1.ReasonThrottled)
	s.holdCalls(v1alpha1.ReasonThrottled)
	s.pass(50 * time.Minute)
	s.wait()
	if ready := s.condition(v1alpha1.ConditionReady); ready.Status != "True" {
		t.Errorf("Ready is %s %s", ready.Status, ready.Reason)
	}
	if s.status().LastError != nil || s.userAction() != "" {
		t.Error("the error of another connection is recorded")
	}
}

// TestDeferredRequest is refused with the reason, and not carried out later.
func TestDeferredRequest(t *testing.T) {
	s := newScheduled(t)
	s.request("1")
	s.holdLive(v1alpha1.ReasonThrottled)
	s.wait()
	s.hasAnswer("1", v1alpha1.RequestRefused, v1alpha1.ReasonThrottled)
	s.pass(2 * time.Hour)
	s.decides(waits)
}

// TestDeferredDeletion says why the object is still there.
func TestDeferredDeletion(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.holdCalls("")
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != "" {
		t.Errorf("blocked by %s though it only waits for its turn", got)
	}
	s.holdCalls(v1alpha1.ReasonThrottled)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonThrottled {
		t.Errorf("blocked by %q", got)
	}
}

// observeDue passes the time until an observe is due too, with an instance that keeps
// credentials that long.
func observeDue(s *fixture) {
	s.Instance.Retention = keeps(90*day, 90*day)
	s.passUntil(s.status().NextObserveTime)
}

// TestAdmit asks for what is to be done, again if that is denied, and never for
// nothing.
func TestAdmit(t *testing.T) {
	live := lifecycle.Demand{Calls: 2, Live: true, Login: true, Institution: "FlinksCapital"}
	quick := lifecycle.Demand{Calls: 2, Login: true, Institution: "FlinksCapital"}
	for name, row := range map[string]struct {
		deny []bool
		want lifecycle.Action
		asks []lifecycle.Demand
	}{
		"granted":          {[]bool{false}, starts, []lifecycle.Demand{live}},
		"refresh denied":   {[]bool{true, false}, observes, []lifecycle.Demand{live, quick}},
		"both are denied":  {[]bool{true, true}, waits, []lifecycle.Demand{live, quick}},
		"nothing is asked": {nil, waits, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			if row.deny != nil {
				observeDue(s)
				s.looks()
			} else {
				s.edit(manual)
				s.wait()
			}
			var asked []lifecycle.Demand
			got, w := lifecycle.Reserve(s.now, s.Inputs, func(n lifecycle.Demand) (lifecycle.Deferral, bool) {
				asked = append(asked, n)
				return lifecycle.Deferral{Until: s.now.Add(time.Minute)}, !row.deny[len(asked)-1]
			})
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.asks, asked); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
			if again := lifecycle.Decide(s.now, w); again != got {
				t.Errorf("in the inputs that it leaves behind, %+v is decided", again)
			}
		})
	}
}

func TestUrgency(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    lifecycle.Priority
	}{
		"due":                    {func(*fixture) {}, lifecycle.Routine},
		"observed":               {func(s *fixture) { s.edit(manual) }, lifecycle.Routine},
		"new":                    {func(s *fixture) { *s = *newFixture(s.t) }, lifecycle.Prompt},
		"deleted":                {func(s *fixture) { s.request("1"); s.delete() }, lifecycle.Prompt},
		"collected":              {func(s *fixture) { s.refreshSucceeds() }, lifecycle.Prompt},
		"lost":                   {func(s *fixture) { s.claim() }, lifecycle.Prompt},
		"requested":              {func(s *fixture) { s.request("1") }, lifecycle.Urgent},
		"requested and held":     {func(s *fixture) { s.request("1"); s.holdLive("") }, lifecycle.Urgent},
		"requested and refused":  {func(s *fixture) { s.request("1"); suspend(s) }, lifecycle.Routine},
		"requested before bound": {func(s *fixture) { *s = *newFixture(s.t); s.request("1") }, lifecycle.Prompt},
		"requested, collected":   {func(s *fixture) { s.request("1"); s.refreshSucceeds() }, lifecycle.Urgent},
		"requested, asked":       {func(s *fixture) { s.request("1"); s.refreshAsks() }, lifecycle.Urgent},
		"requested, done": {func(s *fixture) {
			s.request("1")
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{LastRefresh: s.now})
		}, lifecycle.Routine},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			row.arrange(s)
			if got := s.Priority(s.now); got != row.want {
				t.Errorf("%d, not %d", got, row.want)
			}
		})
	}
}

// TestSpread: those who are held together come back over the span, and each of them
// always at the same place in it.
func TestSpread(t *testing.T) {
	now := newFixture(t).now
	seen := map[time.Duration]bool{}
	for i := range 100 {
		uid := types.UID(rune('a' + i))
		got := lifecycle.Spread(uid, now, time.Minute).Sub(now)
		if got < 0 || got >= time.Minute || got != lifecycle.Spread(uid, now, time.Minute).Sub(now) {
			t.Errorf("%v", got)
		}
		seen[got.Truncate(time.Second)] = true
	}
	if len(seen) < 30 {
		t.Errorf("only %d different seconds", len(seen))
	}
}
