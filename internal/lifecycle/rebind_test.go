package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func rebind(s *fixture) { s.annotate(v1alpha1.RebindAnnotation, s.status().Binding.LoginFingerprint) }

// TestMayRebind: only by the name of the login, and never while a session of it may be
// open.
func TestMayRebind(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    bool
	}{
		"not annotated":       {func(*fixture) {}, false},
		"of another login":    {func(s *fixture) { s.annotate(v1alpha1.RebindAnnotation, "fedcba9876543210fedcba9876543210") }, false},
		"of this one":         {rebind, true},
		"not bound":           {func(s *fixture) { rebind(s); wipe(s) }, false},
		"empty":               {func(s *fixture) { s.annotate(v1alpha1.RebindAnnotation, "") }, false},
		"claimed":             {func(s *fixture) { rebind(s); s.request("1"); s.claim() }, false},
		"claimed long ago":    {func(s *fixture) { rebind(s); s.request("1"); s.claim(); s.pass(36 * time.Minute) }, true},
		"lost":                {func(s *fixture) { rebind(s); s.request("1"); s.refreshFails(noAnswer(flinks.OpRefresh)) }, false},
		"asked":               {func(s *fixture) { rebind(s); s.request("1"); s.refreshAsks() }, false},
		"asked long ago":      {func(s *fixture) { rebind(s); s.request("1"); s.refreshAsks(); s.pass(31 * time.Minute) }, true},
		"let in, no data yet": {func(s *fixture) { rebind(s); s.request("1"); s.refreshSucceeds() }, false},
		"refused":             {func(s *fixture) { rebind(s); s.request("1"); s.refreshFails(replay(flinks.CodeInvalidPassword)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			row.arrange(s)
			if got := lifecycle.MayRebind(s.now, s.Inputs); got != row.want {
				t.Errorf("may rebind: %v", got)
			}
		})
	}
}

// TestRebindAsked: the Secret is read at once when the annotation is set, and not
// because it is there.
func TestRebindAsked(t *testing.T) {
	s := newBound(t)
	rebind(s)
	s.decides(waits)
	s.RebindAsked = true
	s.decides(observes)
	s.NotUntil = s.now.Add(1)
	s.decides(waits)
	s.NotUntil = time.Time{}
	suspend(s)
	s.RebindAsked = true
	s.decides(waits)
}

var supersedes = lifecycle.Outcome{Action: observes, Superseded: &lifecycle.SupersededLogin{}}

// TestSupersede: nothing that was known of the old login is left but that it is still
// at Flinks, and the next thing is to look at the new one.
func TestSupersede(t *testing.T) {
	s := newScheduled(t)
	s.request("1")
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	before := s.status().DeepCopy()
	s.record(supersedes)
	got := s.status().DeepCopy()
	want := &v1alpha1.BankConnectionStatus{
		ObservedGeneration: s.Connection.Generation,
		RefreshPolicy:      before.RefreshPolicy,
		LastHandledRequest: before.LastHandledRequest,
		SupersededLogins: []v1alpha1.SupersededLogin{
			{LoginFingerprint: identity.Fingerprint, SupersededTime: metav1.Time{Time: s.now.Truncate(time.Second)}},
		},
		Conditions: got.Conditions,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(conditions("Unknown NotObserved", "Unknown NotObserved", "Unknown NotObserved"), s.shown().Conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	told := summaries(t, lifecycle.Events(before, got))
	if diff := cmp.Diff([]string{"Normal Ready NotObserved", "Warning Rebind LoginSuperseded"}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	s.decides(observes)
	s.observed(s.now.Add(-48 * time.Hour))
	if s.status().SupersededLogins != nil {
		t.Error("a login that is bound again is still said to be given up")
	}
	// The new binding is held apart from what may have been before it.
	s.quietFor(13 * time.Minute)
}

// TestSupersedeSettlesRequests: no request is left open for a login that was given up.
func TestSupersedeSettlesRequests(t *testing.T) {
	s := newBound(t)
	s.request("1")
	s.refreshFails(noAnswer(flinks.OpRefresh))
	s.pass(20 * time.Minute)
	s.record(supersedes)
	if got := s.status().LastHandledRequest; got.Result != v1alpha1.RequestFailed {
		t.Errorf("the request is %+v", got)
	}
}

// TestSupersededLogins: the ten newest are kept, each once, and never the bound one.
func TestSupersededLogins(t *testing.T) {
	s := newFixture(t)
	for i := range 15 {
		id := identity
		id.Fingerprint = fmt.Sprintf("%032d", i%13)
		s.pass(time.Hour)
		s.record(lifecycle.Outcome{Action: observes, Identity: id, Authorization: &flinks.Authorization{State: flinks.Authorized}})
		for _, l := range s.status().SupersededLogins {
			if l.LoginFingerprint == id.Fingerprint {
				t.Errorf("%d is bound and given up", i)
			}
		}
		s.record(supersedes)
	}
	got := s.status().SupersededLogins
	if len(got) != 10 || got[9].LoginFingerprint != fmt.Sprintf("%032d", 1) || got[8].LoginFingerprint != fmt.Sprintf("%032d", 0) {
		t.Errorf("%+v", got)
	}
}

// TestNothingToSupersede leaves the status alone.
func TestNothingToSupersede(t *testing.T) {
	s := newFixture(t)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	before := s.status().DeepCopy()
	s.record(supersedes)
	if diff := cmp.Diff(before, s.status()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestBindingOfAnotherName: a status that was edited names another instance than the login
// that Flinks confirms, which an observe puts right instead of being made for it without end.
func TestBindingOfAnotherName(t *testing.T) {
	for name, edit := range map[string]func(*v1alpha1.Binding){
		"another instance":   func(b *v1alpha1.Binding) { b.Instance = "other" },
		"another customerId": func(b *v1alpha1.Binding) { b.CustomerID = "00000000-0000-4000-8000-000000000000" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.Instance.Name, s.Instance.CustomerID = identity.Instance, identity.CustomerID
			rebind(s)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { edit(st.Binding) })
			s.decides(observes)
			s.observed(s.status().LastRefreshTime.Time)
			s.decides(waits)
			if b := s.status().Binding; b.Instance != identity.Instance || b.CustomerID != identity.CustomerID {
				t.Errorf("the binding is %+v", b)
			}
		})
	}
}
