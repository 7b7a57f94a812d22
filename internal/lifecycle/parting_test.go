package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// duplicate returns another connection that is bound to the login of a fixture: before it, or
// after it.
func duplicate(s *fixture, bound time.Duration, change ...func(*v1alpha1.BankConnection)) *v1alpha1.BankConnection {
	c := s.Connection.DeepCopy()
	c.UID, c.Name, c.DeletionTimestamp = "duplicate", "duplicate", nil
	c.Status.DeletionClaim, c.Spec.DeletionPolicy = nil, v1alpha1.DeletionPolicyDelete
	c.Status.Binding = &v1alpha1.Binding{LoginFingerprint: identity.Fingerprint, BoundTime: metav1.NewTime(s.status().Binding.BoundTime.Add(bound))}
	for _, f := range change {
		f(c)
	}
	return c
}

func going(c *v1alpha1.BankConnection) {
	c.DeletionTimestamp = &metav1.Time{Time: time.Unix(0, *startFlag).Truncate(time.Second)}
}

func claimed(c *v1alpha1.BankConnection) {
	c.Status.DeletionClaim = &v1alpha1.DeletionClaim{ClaimTime: *c.DeletionTimestamp}
}

func retained(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }

func unbound(c *v1alpha1.BankConnection) { c.Status.Binding = nil }

// TestPartingWithASharedLogin: each row is an object that is being deleted, and
// another one that shares its login.
func TestPartingWithASharedLogin(t *testing.T) {
	shared, kept := releases(v1alpha1.ReasonSharedLogin), releases(v1alpha1.ReasonLoginRetained)
	const before, after = -time.Minute, time.Minute
	blocked := v1alpha1.ReasonSharedDeletion
	for name, row := range map[string]struct {
		claim   bool
		retain  bool
		bound   time.Duration
		change  []func(*v1alpha1.BankConnection)
		want    lifecycle.Action
		blocked string
	}{
		"the other stays":                       {bound: after, want: shared},
		"the other stays, and owned it":         {bound: before, want: shared},
		"the other stays, after the claim":      {claim: true, bound: after, want: unclaims},
		"the other is not bound yet":            {change: do(unbound), want: shared},
		"the other, unbound, goes":              {change: do(unbound, going), want: claims},
		"the other, unbound and retained, goes": {change: do(unbound, going, retained), want: shared},
		"the other goes, retained":              {bound: after, change: do(going, retained), want: shared},
		"the other goes, retained and claimed":  {claim: true, bound: after, change: do(going, retained), want: unclaims},
		"the other goes, abandoned":             {bound: after, change: do(going, abandoned), want: claims},
		"the other goes":                        {bound: after, change: do(going), want: claims},
		"the other goes, after the claim":       {claim: true, bound: after, change: do(going), want: waits, blocked: blocked},
		"the owner goes":                        {bound: before, change: do(going), want: waits, blocked: blocked},
		"the owner goes, and claimed":           {bound: before, change: do(going, claimed), want: shared},
		"both claimed":                          {claim: true, bound: before, change: do(going, claimed), want: unclaims},
		"the owner goes, abandoned":             {bound: before, change: do(going, claimed, abandoned), want: claims},
		"the owner went":                        {bound: before, change: do(going, claimed, letGo), want: claims},
		"retained, the other stays":             {retain: true, bound: after, want: kept},
		"retained, the other goes":              {retain: true, bound: after, change: do(going, claimed), want: waits, blocked: blocked},
		"retained, the other too":               {retain: true, bound: before, change: do(going, retained), want: kept},
		"another login":                         {bound: before, change: do(otherLogin), want: claims},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.delete()
			if !row.claim {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.DeletionClaim = nil })
			}
			if row.retain {
				s.edit(retain)
			}
			other := duplicate(s, row.bound, row.change...)
			s.Sharers = lifecycle.SharersOf(s.Connection, identity.Fingerprint, []*v1alpha1.BankConnection{other})
			s.decides(row.want)
			if lifecycle.Is[lifecycle.Wait](row.want) {
				s.wait()
				if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != row.blocked {
					t.Errorf("blocked by %q", got)
				}
				s.looksAgainWithin(10 * time.Second)
			}
		})
	}
}

func do(f ...func(*v1alpha1.BankConnection)) []func(*v1alpha1.BankConnection) { return f }

func abandoned(c *v1alpha1.BankConnection) {
	c.Annotations = map[string]string{v1alpha1.AbandonLoginAnnotation: "true"}
}

func letGo(c *v1alpha1.BankConnection) { c.Finalizers = []string{v1alpha1.ReleaseSecretFinalizer} }

func otherLogin(c *v1alpha1.BankConnection) {
	c.Status.Binding.LoginFingerprint = "ffffffffffffffffffffffffffffffff"
}

func (s *fixture) looksAgainWithin(d time.Duration) {
	s.t.Helper()
	if next, ok := s.next(); !ok || next.After(s.now.Add(d)) {
		s.t.Errorf("looks again at %v, which is %v (%v)", next, next.Sub(s.now), ok)
	}
}

// TestALoginIsSharedThroughASecretOnlyWhileThatHoldsIt is about two objects that name one
// Secret, of which one was never bound.
func TestALoginIsSharedThroughASecretOnlyWhileThatHoldsIt(t *testing.T) {
	s := newBound(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.LoginIDSecretRef.Name = "login" })
	for name, row := range map[string]struct {
		held   string
		change []func(*v1alpha1.BankConnection)
		want   bool
	}{
		"it does":              {held: identity.Fingerprint, want: true},
		"the default key":      {held: identity.Fingerprint, change: do(func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Key = "loginId" }), want: true},
		"it holds another":     {held: "ffffffffffffffffffffffffffffffff"},
		"it holds none":        {held: ""},
		"another key":          {held: identity.Fingerprint, change: do(func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Key = "other" })},
		"another Secret":       {held: identity.Fingerprint, change: do(func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = "other" })},
		"another namespace":    {held: identity.Fingerprint, change: do(func(c *v1alpha1.BankConnection) { c.Namespace = "other" })},
		"another instance":     {held: identity.Fingerprint, change: do(func(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = "other" })},
		"it goes, and is done": {held: identity.Fingerprint, change: do(going, func(c *v1alpha1.BankConnection) { c.Finalizers = nil })},
	} {
		t.Run(name, func(t *testing.T) {
			other := duplicate(s, 0, append(do(unbound), row.change...)...)
			if got := lifecycle.SharersOf(s.Connection, row.held, []*v1alpha1.BankConnection{other}); (len(got) == 1) != row.want {
				t.Errorf("shared: %v", len(got) == 1)
			}
			if got := lifecycle.SharersOf(other, row.held, []*v1alpha1.BankConnection{s.Connection}); (len(got) == 1) != row.want && name != "it goes, and is done" {
				t.Errorf("shared, seen from the other side: %v", len(got) == 1)
			}
		})
	}
}

// TestALoginIsNotLeftWhileItsSessionMayBeOpen: the one that takes the login over could not
// know of the session, and would open a second one. It ends by itself.
func TestALoginIsNotLeftWhileItsSessionMayBeOpen(t *testing.T) {
	leave := map[string]func(s *fixture){
		"retained":  func(s *fixture) { s.edit(retain) },
		"abandoned": func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") },
		"shared":    func(s *fixture) { s.Sharers = []*v1alpha1.BankConnection{duplicate(s, time.Minute)} },
	}
	for name, row := range map[string]struct {
		open func(s *fixture)
		most time.Duration
	}{
		"the call may be under way":     {func(s *fixture) { s.claim() }, 36 * time.Minute},
		"the answer was lost":           {func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)) }, 36 * time.Minute},
		"the customer may be answering": {func(s *fixture) { s.refreshAsks() }, 31 * time.Minute},
		"the data is being fetched":     {func(s *fixture) { s.refreshSucceeds() }, 31 * time.Minute},
	} {
		for reason, leaves := range leave {
			t.Run(name+", "+reason, func(t *testing.T) {
				s := newDue(t)
				row.open(s)
				s.delete()
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.DeletionClaim = nil })
				leaves(s)
				s.decides(waits)
				s.wait()
				if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonSessionOpen {
					t.Errorf("blocked by %q", got)
				}
				began := s.now
				for lifecycle.Is[lifecycle.Wait](lifecycle.Decide(s.now, s.Inputs)) {
					next, ok := s.next()
					if !ok || next.Sub(began) > row.most {
						t.Fatalf("still there after %v", s.now.Sub(began))
					}
					s.now = next
					s.wait()
				}
				if a := lifecycle.Decide(s.now, s.Inputs); !lifecycle.Is[lifecycle.RemoveFinalizer](a) {
					t.Errorf("then: %+v", a)
				}
			})
		}
	}
}

// TestAnOpenSessionDoesNotHoldUpADeletion, for it ends with the login.
func TestAnOpenSessionDoesNotHoldUpADeletion(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	s.delete()
	s.decides(deletes)
}

// TestAClaimIsWrittenBeforeAnythingElse: neither the deletion limit nor the limits of the
// instance delay it, so that the connections that share the login can go.
func TestAClaimIsWrittenBeforeAnythingElse(t *testing.T) {
	s := newBound(t)
	c := s.Connection.DeepCopy()
	going(c)
	s.Connection = c
	s.Instance.Deletions = wave
	s.NotUntil = s.now.Add(time.Hour)
	s.holdCalls("")
	s.decides(claims)
	s.record(lifecycle.Outcome{Action: claims})
	want := &v1alpha1.DeletionClaim{ClaimTime: metav1.NewTime(s.now.Truncate(time.Second))}
	if diff := cmp.Diff(want, s.status().DeletionClaim); diff != "" {
		t.Errorf("claim (-want +got):\n%s", diff)
	}
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonDeletionsPaused {
		t.Errorf("blocked by %q", got)
	}
	s.decides(waits)
}

// TestAClaimThatCameBackFromABackupIsDropped: it is of no object that goes.
func TestAClaimThatCameBackFromABackupIsDropped(t *testing.T) {
	s := newBound(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.DeletionClaim = &v1alpha1.DeletionClaim{ClaimTime: st.Binding.BoundTime}
	})
	other := newFixture(t).Connection
	if problem := lifecycle.BindingProblem(other, identity.Fingerprint, []*v1alpha1.BankConnection{s.Connection}); problem != "" {
		t.Errorf("others must not be bound: %s", problem)
	}
	s.wait()
	if s.status().DeletionClaim != nil {
		t.Error("the claim is still there")
	}
}

func TestNoBindingToALoginThatIsBeingDeleted(t *testing.T) {
	s := newBound(t)
	for name, row := range map[string]struct {
		change []func(*v1alpha1.BankConnection)
		want   string
	}{
		"it stays":             {nil, ""},
		"it goes":              {do(going), ""},
		"it goes and claimed":  {do(going, claimed), v1alpha1.ReasonLoginBeingDeleted},
		"it went":              {do(going, claimed, letGo), ""},
		"it has another login": {do(going, claimed, otherLogin), ""},
	} {
		t.Run(name, func(t *testing.T) {
			duplicates := []*v1alpha1.BankConnection{duplicate(s, 0, row.change...)}
			if got := lifecycle.BindingProblem(newFixture(t).Connection, identity.Fingerprint, duplicates); got != row.want {
				t.Errorf("not bound because of %q", got)
			}
			if got := lifecycle.BindingProblem(s.Connection, identity.Fingerprint, duplicates); got != "" {
				t.Errorf("%s, but it is bound already", got)
			}
		})
	}
}

func TestNewOwnerSaysSo(t *testing.T) {
	s := newBound(t)
	s.Duplicate = true
	s.wait()
	before := *s.status()
	s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
	s.wait()
	if got := lifecycle.Events(&before, s.status()); len(got) > 0 {
		t.Errorf("nothing happened to the login: %+v", got)
	}
	s.Duplicate, s.Instance.Problem = false, ""
	s.wait()
	want := []string{"Normal Ready Refreshed", "Normal Own OwnershipMoved"}
	if diff := cmp.Diff(want, summaries(t, lifecycle.Events(&before, s.status()))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestARefreshThatCameSecondSaysSoUntilOwnershipMoves: the cache did not know the owner
// when the refresh was claimed.
func TestARefreshThatCameSecondSaysSoUntilOwnershipMoves(t *testing.T) {
	s := newDue(t)
	s.claim()
	st := lifecycle.Record(s.now, s.Inputs, lifecycle.Outcome{Action: starts, Problem: v1alpha1.ReasonDuplicateLogin})
	s.Duplicate = true // The cache learns of it.
	s.store(st)
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonDuplicateLogin {
		t.Errorf("Ready is %s", got)
	}
	s.Duplicate = false
	s.wait()
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonRefreshed {
		t.Errorf("Ready is %s although no other connection has the login", got)
	}
}
