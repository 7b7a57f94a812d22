package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// corruptField takes one field out of a status, or gives it a value that its type
// allows. It says what it did.
func corruptField(t testing.TB, r *rand.Rand, now time.Time, st *v1alpha1.BankConnectionStatus) string {
	t.Helper()
	raw, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	fields := fieldsOf(tree, "")
	if len(fields) == 0 {
		return "nothing"
	}
	f := fields[r.IntN(len(fields))]
	did := f.change(r, now)
	if raw, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	var changed v1alpha1.BankConnectionStatus
	if err := json.Unmarshal(raw, &changed); err != nil {
		t.Fatalf("%s: %v", did, err)
	}
	*st = changed
	return did
}

// field is one key of one object in a tree.
type field struct {
	parent map[string]any
	key    string
	path   string
}

// fieldsOf lists fields in a fixed order.
func fieldsOf(tree map[string]any, path string) []field {
	var all []field
	keys := make([]string, 0, len(tree))
	for k := range tree {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		all = append(all, field{tree, k, path + "." + k})
		if sub, ok := tree[k].(map[string]any); ok {
			all = append(all, fieldsOf(sub, path+"."+k)...)
		}
	}
	return all
}

func (f field) change(r *rand.Rand, now time.Time) string {
	switch v := f.parent[f.key].(type) {
	case string:
		if r.IntN(2) == 0 {
			value := f.other(r, now, v)
			f.parent[f.key] = value
			return f.path + " = " + value
		}
	case float64:
		if r.IntN(2) == 0 {
			f.parent[f.key] = float64(r.IntN(5))
			return f.path + " changed"
		}
	}
	delete(f.parent, f.key)
	return f.path + " removed"
}

func (f field) other(r *rand.Rand, now time.Time, old string) string {
	states := []string{"Claimed", "Unknown", "AwaitingUser", "Collecting", "Succeeded", "Failed"}
	classes := []string{"user", "transient", "throttled", "instance", "gone", "config", "data", "unknown"}
	durations := []string{"-24h0m0s", "0s", "1h0m0s", "720h0m0s", "876000h0m0s"}
	away := []time.Duration{-10 * 365 * 24 * time.Hour, -24 * time.Hour, -time.Minute, time.Minute, 24 * time.Hour, 100 * 365 * 24 * time.Hour}
	switch {
	case strings.HasSuffix(strings.ToLower(f.key), "time"), f.key == "notBefore":
		return now.Add(away[r.IntN(len(away))]).UTC().Format(time.RFC3339)
	case strings.HasSuffix(strings.ToLower(f.key), "interval"), f.key == "maxDataAge":
		return durations[r.IntN(len(durations))]
	case f.key == "state":
		return states[r.IntN(len(states))]
	case f.key == "class":
		return classes[r.IntN(len(classes))]
	case f.key == "code", f.key == "flinksCode":
		all := flinks.Catalogue()
		return string(all[r.IntN(len(all))].Code)
	}
	return old + "x"
}

// statuses returns some that a connection goes through.
func statuses(t testing.TB) map[string]func() *fixture {
	return map[string]func() *fixture{
		"new":     func() *fixture { return newFixture(t) },
		"bound":   func() *fixture { return newBound(t) },
		"due":     func() *fixture { return newDue(t) },
		"claimed": func() *fixture { s := newDue(t); s.claim(); return s },
		"lost":    func() *fixture { s := newDue(t); s.refreshFails(noAnswer(flinks.OpRefresh)); return s },
		"asked":   func() *fixture { s := newDue(t); s.request("1"); s.refreshAsks(); return s },
		"let in":  func() *fixture { s := newDue(t); s.request("1"); s.refreshSucceeds(); return s },
		"refused": func() *fixture {
			s := newDue(t)
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeNewAccount, true))
			return s
		},
		"bankdown": func() *fixture {
			s := newDue(t)
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeRetryLater, true))
			return s
		},
		"unlinked": func() *fixture { return newUnlinked(t) },
		"wanted":   func() *fixture { return newWanted(t) },
		"pressed":  func() *fixture { s := newWanted(t); s.click(); return s },
		"resuming": func() *fixture { s := newWanted(t); s.click(); s.gatewayAsks(); return s },
		"finished": func() *fixture { s := newWanted(t); s.click(); s.gatewayAsks(); s.finish(); return s },
		"gone":     func() *fixture { s := newDue(t); s.observeFails(gone()); return s },
		"nightly":  func() *fixture { return newEnabled(t) },
		"no night": func() *fixture { return newFailed(t) },
		"not offered": func() *fixture {
			s := newNightly(t)
			s.switchFails(switchesOn, unavailable())
			return s
		},
		"pausing":  func() *fixture { s := newEnabled(t); suspend(s); return s },
		"deleting": func() *fixture { s := newDue(t); s.delete(); return s },
		"refusing": func() *fixture { s := newDue(t); suspend(s); s.request("1"); s.wait(); return s },
	}
}

// outcomes returns some that a call can have, as the answer to any action.
func outcomes(now time.Time) []lifecycle.Outcome {
	all := []lifecycle.Outcome{
		{},
		{Problem: v1alpha1.ReasonSecretNotFound},
		{Problem: v1alpha1.ReasonSessionOpen},
		{Authorization: &flinks.Authorization{State: flinks.Authorized}},
		{Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: now}},
		{Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: now, ScheduledRefresh: true}},
		{Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Link: lifecycle.SessionLink{URL: link}},
		{Accounts: &flinks.AccountsDetail{Pending: true}},
		{Accounts: &flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: now}},
	}
	for _, e := range flinks.Catalogue() {
		for _, op := range []flinks.Operation{flinks.OpObserve, flinks.OpRefresh, flinks.OpSetScheduledRefresh, flinks.OpDeleteCard} {
			all = append(all, lifecycle.Outcome{Err: errorOf(op, e)})
		}
	}
	return all
}

// TestAnyStatus: whatever a status contains, nothing panics or loops, and the recorded
// status is a fixed point.
func TestAnyStatus(t *testing.T) {
	start := statuses(t)
	names := make([]string, 0, len(start))
	for name := range start {
		names = append(names, name)
	}
	slices.Sort(names)
	actions := []lifecycle.Action{waits, observes, starts, collects, switchesOff, deletes}
	rapid.Check(t, func(rt *rapid.T) {
		s := start[rapid.SampledFrom(names).Draw(rt, "status")]()
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for range rapid.IntRange(0, 4).Draw(rt, "corruptions") {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { rt.Log(corruptField(t, r, s.now, st)) })
		}
		s.HasSession = rapid.Bool().Draw(rt, "session")
		s.pass(rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Minute, time.Hour, 1000 * time.Hour}).Draw(rt, "pass"))
		o := rapid.SampledFrom(outcomes(s.now)).Draw(rt, "outcome")
		o.Action = rapid.SampledFrom(actions).Draw(rt, "action")
		o.Identity = identity
		if o.Err == nil && o.Problem == "" && lifecycle.Is[lifecycle.Delete](o.Action) {
			return // Deleted; there is nothing left to record.
		}
		st := lifecycle.Record(s.now, s.Inputs, o)
		w := s.Inputs
		w.Connection = w.Connection.DeepCopy()
		w.Connection.Status = throughJSON(t, st)
		again := lifecycle.Record(s.now, w, lifecycle.Outcome{})
		if !equality.Semantic.DeepEqual(st, again) {
			rt.Errorf("recording nothing changes the status (-stored +again):\n%s", cmp.Diff(st, again))
		}
		lifecycle.Claim(s.now, s.Inputs, starts, "nonce")
		lifecycle.Claim(s.now, s.Inputs, pressed, "nonce")
		lifecycle.ViewLink(s.now, s.Inputs)
		if m := lifecycle.Remember(s.now, w, o); !m.NotUntil.IsZero() && !m.NotUntil.Equal(s.NotUntil) && m.NotUntil.Before(s.now) {
			rt.Errorf("the next call may be made at %v, before %v", m.NotUntil, s.now)
		}
		if d := lifecycle.RequeueAfter(s.now, w); d != 0 && d < time.Second {
			rt.Errorf("Next is %v", d)
		}
		if problem := misfit(&st); problem != "" {
			rt.Error(problem)
		}
	})
}

// misfit returns how a status breaks the limits of the API, if it does: one that the API
// server refuses is lost.
func misfit(st *v1alpha1.BankConnectionStatus) string {
	if n := len(st.Internal.UnattendedTimes); n > 3 {
		return fmt.Sprintf("%d unattendedTimes", n)
	}
	if n := len(st.Internal.AttendedTimes); n > 5 {
		return fmt.Sprintf("%d attendedTimes", n)
	}
	if st.Internal.SealedSession != "" && st.Refresh.State != v1alpha1.RefreshAwaitingUser {
		return fmt.Sprintf("a sealed session in state %s", st.Refresh.State)
	}
	if b := st.Binding; b != nil && len(b.HostFingerprints) > 8 {
		return fmt.Sprintf("%d hostFingerprints", len(b.HostFingerprints))
	}
	return misfitOfList(st)
}

// misfitOfList returns the same for what the lists hold.
func misfitOfList(st *v1alpha1.BankConnectionStatus) string {
	ids := map[string]bool{}
	for _, a := range st.Accounts {
		if ids[a.ID] {
			return fmt.Sprintf("account %s twice", a.ID)
		}
		ids[a.ID] = true
	}
	for _, c := range st.Conditions {
		if c.Reason == "" || c.Message == "" || c.LastTransitionTime.IsZero() {
			return fmt.Sprintf("condition %+v is not complete", c)
		}
	}
	return ""
}

// TestRepair: an impossible value delays a connection no longer than a possible one, and
// makes nothing due earlier.
func TestRepair(t *testing.T) {
	future := func(s *fixture) *metav1.Time { return ago(s, -100*365*24*time.Hour) }
	for name, edit := range map[string]func(s *fixture, st *v1alpha1.BankConnectionStatus){
		"lastRefreshTime":    func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.LastRefreshTime = future(s) },
		"lastObservedTime":   func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.LastObservedTime = future(s) },
		"nextObserveTime":    func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.NextObserveTime = future(s) },
		"nextRefreshTime":    func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.NextRefreshTime = future(s) },
		"no nextRefreshTime": func(_ *fixture, st *v1alpha1.BankConnectionStatus) { st.NextRefreshTime = nil },
		"binding":            func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.Binding.BoundTime = *future(s) },
		"no binding":         func(_ *fixture, st *v1alpha1.BankConnectionStatus) { st.Binding = nil },
		"notBefore":          func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.Refresh.NotBefore = future(s) },
		"startTime":          func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.Refresh.StartTime = future(s) },
		"lastResult":         func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.Refresh.LastResult.AnswerTime = *future(s) },
		"lastError":          func(s *fixture, st *v1alpha1.BankConnectionStatus) { st.LastError.StartTime = *future(s) },
		"unattendedTimes": func(s *fixture, st *v1alpha1.BankConnectionStatus) {
			st.Internal.UnattendedTimes = []metav1.Time{*future(s), *future(s), *future(s)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeRetryLater, true))
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { edit(s, st) })
			began := s.now
			for range 1000 {
				switch lifecycle.Decide(s.now, s.Inputs).(type) {
				case lifecycle.Refresh:
					if d := s.now.Sub(began); d < 13*time.Minute || d > 25*time.Hour {
						t.Errorf("the next refresh comes after %v", d)
					}
					return
				case lifecycle.Observe:
					s.observed(began.Add(-26 * time.Hour))
				default:
					s.wait()
				}
				s.now, _ = s.next()
			}
			t.Error("there is no other refresh")
		})
	}
}

// TestRepairedCooldown: a claim that lost its cool-down gets a full one, and then an observe.
func TestRepairedCooldown(t *testing.T) {
	s := newDue(t)
	s.claim()
	s.corrupt(loseHold)
	s.wait()
	s.quietFor(13 * time.Minute)
	s.pass(time.Second)
	s.decides(observes)
}

// TestRepairedObserve: a clock that was wrong once puts no observe off for years.
func TestRepairedObserve(t *testing.T) {
	s := newBound(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.LastObservedTime, st.NextObserveTime = ago(s, -1000*time.Hour), ago(s, -1024*time.Hour)
	})
	s.wait()
	s.decides(observes)
}

// TestRestoredPlan: a plan that was restored without the claim it belonged to starts
// nothing at once.
func TestRestoredPlan(t *testing.T) {
	s := newDue(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.Binding, st.Refresh, st.NextObserveTime = nil, nil, nil
	})
	s.decides(observes)
	s.observed(s.status().LastRefreshTime.Time)
	s.quietFor(13 * time.Minute)
}
