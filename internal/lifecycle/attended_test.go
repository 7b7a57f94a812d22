package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

var pressed = lifecycle.Refresh{Attended: true}

func requestedAt(t *metav1.Time) func(*v1alpha1.BankConnectionStatus) {
	return func(st *v1alpha1.BankConnectionStatus) {
		st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, RequestTime: *t}
	}
}

// TestAttendedRequest: one click starts one live session, and the claim for it removes the request.
func TestAttendedRequest(t *testing.T) {
	s := newWanted(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.Internal.UnattendedTimes = []metav1.Time{*ago(s, time.Hour)}
	})
	s.click()
	s.decides(pressed)
	if _, ok := lifecycle.RequestRefresh(s.now, s.Inputs); ok {
		t.Error("a second click is taken")
	}
	if _, ok := lifecycle.RequestObserve(s.now, s.Inputs); ok {
		t.Error("a webhook takes the place of a click")
	}
	if _, ok := lifecycle.FinishLink(s.now, s.Inputs); ok {
		t.Error("an end takes the place of a click")
	}
	need := lifecycle.DemandOf(s.now, s.Inputs, pressed)
	if diff := cmp.Diff(lifecycle.Demand{Calls: 2, Live: true, Login: true, Priority: lifecycle.Urgent, Institution: "FlinksCapital"}, need); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.claim()
	if got := s.status(); got.Internal.GatewayRequest != nil || got.LastHandledRequest != nil {
		t.Errorf("the click is still there: %+v", got)
	}
	want := &v1alpha1.RefreshStatus{
		Attempt: 1, State: v1alpha1.RefreshClaimed, StartTime: ago(s, 0), NotBefore: notBefore(s),
	}
	if diff := cmp.Diff(want, s.status().Refresh); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	internal := v1alpha1.InternalStatus{Nonce: "nonce", AttendedTimes: []metav1.Time{*ago(s, 0)}}
	if diff := cmp.Diff(internal, s.status().Internal); diff != "" {
		t.Errorf("internal (-want +got):\n%s", diff)
	}
	s.restart()
	s.quietFor(13 * time.Minute)
}

// TestAttendedRequestIsDropped without a call if it would start nothing, or is too old.
func TestAttendedRequestIsDropped(t *testing.T) {
	for name, row := range map[string]struct {
		from    func(testing.TB) *fixture
		arrange func(s *fixture)
	}{
		"a minute old":             {newWanted, func(s *fixture) { s.click(); s.pass(time.Minute) }},
		"restored":                 {newWanted, func(s *fixture) { s.corrupt(requestedAt(ago(s, 24*time.Hour))) }},
		"by a clock that is wrong": {newWanted, func(s *fixture) { s.corrupt(requestedAt(ago(s, -2*time.Minute))) }},
		"without a time":           {newWanted, func(s *fixture) { s.corrupt(requestedAt(&metav1.Time{})) }},
		"not asked to act":         {newLinked, func(s *fixture) { s.corrupt(requestedAt(ago(s, 0))) }},
		"not bound":                {newUnlinked, func(s *fixture) { s.corrupt(requestedAt(ago(s, 0))) }},
		"the bank asks":            {newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.corrupt(requestedAt(ago(s, 0))) }},
		"wrong password": {newWanted, func(s *fixture) {
			s.click()
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true))
			s.corrupt(requestedAt(ago(s, 0)))
		}},
		"suspended meanwhile":  {newWanted, func(s *fixture) { s.click(); suspend(s) }},
		"deleted meanwhile":    {newWanted, func(s *fixture) { s.click(); s.delete() }},
		"the delivery changed": {newWanted, func(s *fixture) { s.click(); s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil }) }},
		"the instance broke":   {newWanted, func(s *fixture) { s.click(); s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }},
		"a duplicate":          {newWanted, func(s *fixture) { s.click(); s.Duplicate = true }},
		"the limit":            {newWanted, func(s *fixture) { s.click(); s.attend(5*time.Hour, 4*time.Hour, 3*time.Hour, 2*time.Hour, time.Hour) }},
		"of another kind": {newWanted, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: "Delete", RequestTime: *ago(s, 0)}
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			row.arrange(s)
			if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
				t.Fatal("a live session starts")
			}
			s.wait()
			if g := s.status().Internal.GatewayRequest; g != nil {
				t.Errorf("the click is still there: %+v", g)
			}
		})
	}
}

// TestAttendedRequestIsCleared after a minute without any event.
func TestAttendedRequestIsCleared(t *testing.T) {
	s := newWanted(t)
	s.click()
	s.Live = lifecycle.Deferral{Until: s.now.Add(time.Hour)} // For its turn, which never comes.
	s.decides(lifecycle.Wait{})
	s.wait()
	for s.status().Internal.GatewayRequest != nil {
		next, ok := s.next()
		if !ok || next.Sub(s.now) > time.Minute {
			t.Fatal("the reconciles do not clear it")
		}
		s.now = next
		s.wait()
	}
	s.Live = lifecycle.Deferral{}
	s.neverRefreshes()
}

// TestAttendedRequestWaitsForItsTurn, and starts then.
func TestAttendedRequestWaitsForItsTurn(t *testing.T) {
	s := newWanted(t)
	s.click()
	s.Live = lifecycle.Deferral{Until: s.now.Add(10 * time.Second)}
	s.decides(lifecycle.Wait{})
	s.wait()
	s.now, _ = s.next()
	s.decides(pressed)
}

// TestAttendedRequestIsDeferred: while the instance is paused the page shows the reason, and the request
// starts nothing later.
func TestAttendedRequestIsDeferred(t *testing.T) {
	s := newWanted(t)
	s.click()
	var held lifecycle.Action
	held, s.Inputs = lifecycle.Reserve(s.now, s.Inputs, func(lifecycle.Demand) (lifecycle.Deferral, bool) {
		return lifecycle.Deferral{Until: s.now.Add(10 * time.Second), Reason: v1alpha1.ReasonThrottled}, false
	})
	if !lifecycle.Is[lifecycle.Wait](held) {
		t.Fatalf("%+v", held)
	}
	s.wait()
	want := &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, RequestTime: *ago(s, 0), Reason: v1alpha1.ReasonThrottled}
	if diff := cmp.Diff(want, s.status().Internal.GatewayRequest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.pass(20 * time.Second)
	s.Live, s.Calls = lifecycle.Deferral{}, lifecycle.Deferral{}
	s.neverRefreshes()
}

// TestAttendedRequestGoesFirst: a request by annotation that comes meanwhile finds a session open.
func TestAttendedRequestGoesFirst(t *testing.T) {
	s := newWanted(t)
	s.request("1")
	s.click()
	s.decides(pressed)
	s.gatewayAsks()
	s.wait()
	want := &v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonSessionOpen}
	if diff := cmp.Diff(want, s.status().LastHandledRequest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAttendedLimit: the customer starts at most five sessions in 24 hours, unless the
// bank lets Flinks in or was not contacted at all.
func TestAttendedLimit(t *testing.T) {
	s := newWanted(t)
	began := s.now
	for range 5 {
		s.click()
		s.gatewayAsks()
		s.pass(10 * time.Minute)
		unanswered(s)
	}
	v := lifecycle.ViewLink(s.now, s.Inputs)
	if v.State != lifecycle.LinkWait || v.Until.Before(began.Add(24*time.Hour)) {
		t.Fatalf("after five sessions the page says %+v", v)
	}
	s.now = v.Until
	s.click()
	s.refreshSucceeds()
	if times := s.status().Internal.AttendedTimes; len(times) != 0 {
		t.Errorf("%d sessions count after a success", len(times))
	}
	for _, failure := range []*flinks.Error{notSent(flinks.OpRefresh), concurrent()} {
		s := newWanted(t)
		s.click()
		s.refreshFails(failure)
		if times := s.status().Internal.AttendedTimes; len(times) != 0 {
			t.Errorf("%d sessions count after %s", len(times), failure.Code)
		}
	}
}

// TestRepairedAttempts: a wrong clock keeps no customer out for years.
func TestRepairedAttempts(t *testing.T) {
	s := newWanted(t)
	for range 5 {
		s.attend(-100 * 365 * 24 * time.Hour)
	}
	s.wait()
	if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkWait || v.Until.After(s.now.Add(24*time.Hour+time.Second)) {
		t.Errorf("the page says %+v", v)
	}
}

// TestNotification costs one observe, at once, whatever comes of it.
func TestNotification(t *testing.T) {
	for name, row := range map[string]struct {
		from    func(testing.TB) *fixture
		answer  func(s *fixture)
		urgency lifecycle.Priority
	}{
		"not asked to act":       {newLinked, olderData, lifecycle.Prompt},
		"another delivery":       {newBound, olderData, lifecycle.Prompt},
		"asked to act":           {newWanted, unanswered, lifecycle.Urgent},
		"the data is new":        {newWanted, func(s *fixture) { s.observed(s.now) }, lifecycle.Urgent},
		"Flinks is down":         {newWanted, func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) }, lifecycle.Urgent},
		"there is no Secret":     {newWanted, func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) }, lifecycle.Urgent},
		"the login is not there": {newUnlinked, func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) }, lifecycle.Urgent},
		"the login is another one": {newWanted, func(s *fixture) {
			s.record(lifecycle.Outcome{Action: observes, Superseded: &lifecycle.SupersededLogin{}})
		}, lifecycle.Urgent},
		"the bank asks":       {func(t testing.TB) *fixture { s := newWanted(t); s.click(); s.gatewayAsks(); return s }, olderData, lifecycle.Urgent},
		"the data is fetched": {func(t testing.TB) *fixture { s := newWanted(t); s.click(); s.refreshSucceeds(); return s }, olderData, lifecycle.Prompt},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			s.NotUntil = s.now.Add(time.Minute)
			s.notify()
			if _, ok := lifecycle.RequestObserve(s.now, s.Inputs); ok {
				t.Error("a second webhook is written down")
			}
			s.decides(observes)
			if got := s.Priority(s.now); got != row.urgency {
				t.Errorf("the urgency is %v", got)
			}
			row.answer(s)
			if s.status().Internal.GatewayRequest != nil {
				t.Error("the webhook is still there")
			}
		})
	}
}

// TestClickBeforeAnObserve: a click that is faster than the observe that the page asks for counts once
// the observe is answered, if the page still offers it then.
func TestClickBeforeAnObserve(t *testing.T) {
	for name, row := range map[string]struct {
		answer func(s *fixture)
		starts bool
	}{
		"the login still waits": {olderData, true},
		"there is no question":  {unanswered, true},
		"Flinks is down":        {func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) }, false},
		"its time is wrong": {func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				st.Internal.GatewayRequest.ClickTime = ago(s, -10*time.Minute)
			})
			olderData(s)
		}, false},
		"there is nothing to do":  {func(s *fixture) { s.observed(s.now) }, false},
		"it is answered too late": {func(s *fixture) { s.pass(time.Minute); olderData(s) }, false},
		"the links were revoked": {func(s *fixture) {
			s.Instance.Revocation.Annotation = s.now.Add(time.Second).Format(time.RFC3339)
			s.pass(2 * time.Second)
			olderData(s)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			s.notify()
			s.pass(time.Second)
			before := s.status().DeepCopy()
			s.click()
			if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkWorking {
				t.Errorf("the page shows %+v", v)
			}
			if _, ok := lifecycle.RequestRefresh(s.now, s.Inputs); ok {
				t.Error("a second click is taken")
			}
			if acts := lifecycle.Acts(before, s.status()); len(acts) != 1 || acts[0].Action != audit.RefreshRequested {
				t.Errorf("the audit record has %+v", acts)
			}
			s.decides(observes)
			before = s.status().DeepCopy()
			row.answer(s)
			if got := lifecycle.Is[lifecycle.Refresh](lifecycle.Decide(s.now, s.Inputs)); got != row.starts {
				t.Errorf("a live session starts: %v (request: %+v)", got, s.status().Internal.GatewayRequest)
			}
			if row.starts {
				s.decides(pressed)
				if acts := lifecycle.Acts(before, s.status()); len(acts) != 0 {
					t.Errorf("the audit record has the click twice: %+v", acts)
				}
			}
		})
	}
}

// TestNotificationWaits while a call of unknown outcome may be under way: what an observe says
// then is no answer to it. It waits for the limits of the instance, too.
func TestNotificationWaits(t *testing.T) {
	s := newWanted(t)
	s.click()
	s.claim()
	s.notify()
	s.quietFor(13*time.Minute - time.Second)
	s.passUntil(s.status().Refresh.NotBefore)
	s.decides(observes)

	s = newLinked(t)
	s.notify()
	s.Calls = lifecycle.Deferral{Until: s.now.Add(time.Minute)}
	s.decides(lifecycle.Wait{})
}

// TestNotificationIsIgnored for an object that nothing is called for.
func TestNotificationIsIgnored(t *testing.T) {
	for _, end := range []func(s *fixture){suspend, func(s *fixture) { s.delete() }} {
		s := newLinked(t)
		end(s)
		if _, ok := lifecycle.RequestObserve(s.now, s.Inputs); ok {
			t.Error("a webhook is written down")
		}
	}
}

// TestFinish: after the customer went through Flinks Connect, the operator observes until
// the result shows, and stops after half an hour.
func TestFinish(t *testing.T) {
	s := newWanted(t)
	s.click()
	s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true))
	finished := s.now
	s.finish()
	looks := 0
	for {
		if lifecycle.Is[lifecycle.Observe](lifecycle.Decide(s.now, s.Inputs)) {
			s.observeFails(replay(flinks.CodeInvalidPassword))
			looks++
		} else {
			s.wait()
		}
		if s.status().Reconnect.FinishTime == nil {
			break
		}
		next, ok := s.next()
		if !ok {
			t.Fatal("nothing is planned")
		}
		s.now = next
	}
	if d := s.now.Sub(finished); looks < 10 || looks > 60 || d > 30*time.Minute {
		t.Errorf("%d looks in %v", looks, d)
	}
	s.decides(lifecycle.Wait{})
}

// TestFinishAgain has the effect of a webhook: the page repeats it until the result shows.
func TestFinishAgain(t *testing.T) {
	s := newWanted(t)
	s.click()
	s.gatewayAsks()
	s.finish()
	first := s.status().Reconnect.FinishTime
	if _, ok := lifecycle.FinishLink(s.now, s.Inputs); ok {
		t.Error("it is written down twice")
	}
	olderData(s)
	s.pass(5 * time.Second)
	s.finish()
	if g := s.status().Internal.GatewayRequest; g == nil || !s.status().Reconnect.FinishTime.Equal(first) {
		t.Errorf("request %+v, finished at %v", g, s.status().Reconnect.FinishTime)
	}
	s.pass(20 * time.Minute)
	s.wait()
	s.finish()
	if s.status().Reconnect.FinishTime.Equal(first) {
		t.Error("the customer came through once more, and that is not written down")
	}
}
