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

var (
	waits    = lifecycle.Wait{}
	observes = lifecycle.Observe{}
	collects = lifecycle.Collect{}
	starts   = lifecycle.Refresh{}
	deletes  = lifecycle.Delete{}
	confirms = lifecycle.Confirm{}
	claims   = lifecycle.ClaimDeletion{}
	unclaims = lifecycle.UnclaimDeletion{}
)

// releases returns a RemoveFinalizer that leaves the login at Flinks.
func releases(reason string) lifecycle.RemoveFinalizer {
	return lifecycle.RemoveFinalizer{Reason: reason}
}

type decision struct {
	arrange func(s *fixture)
	want    lifecycle.Action
}

func runDecisions(t *testing.T, table map[string]decision) {
	t.Helper()
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			row.arrange(s)
			before := s.Connection.DeepCopy()
			s.decides(row.want)
			if diff := cmp.Diff(before, s.Connection); diff != "" {
				t.Errorf("Decide changed the object:\n%s", diff)
			}
		})
	}
}

// TestDecide starts each situation from a connection whose refresh is due.
func TestDecide(t *testing.T) {
	runDecisions(t, map[string]decision{
		"refresh due":                             {func(*fixture) {}, starts},
		"refresh due in a nanosecond":             {func(s *fixture) { s.pass(-1) }, waits},
		"new object":                              {func(s *fixture) { *s = *newFixture(s.t) }, observes},
		"new object, paced":                       {func(s *fixture) { *s = *newFixture(s.t); s.NotUntil = s.now.Add(1) }, waits},
		"new object, scheduled":                   {func(s *fixture) { *s = *newScheduled(s.t); wipe(s) }, observes},
		"status lost while due":                   {wipe, observes},
		"suspended":                               {suspend, waits},
		"just resumed":                            {func(s *fixture) { suspend(s); resume(s) }, waits},
		"resumed, hold over":                      {func(s *fixture) { suspend(s); resume(s); s.pass(14 * time.Minute) }, observes},
		"resumed, looked":                         {func(s *fixture) { suspend(s); resume(s); s.pass(14 * time.Minute); s.looks() }, starts},
		"instance not ready":                      {func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, waits},
		"duplicate":                               {func(s *fixture) { s.Duplicate = true }, waits},
		"duplicate, not bound":                    {func(s *fixture) { *s = *newFixture(s.t); s.Duplicate = true }, observes},
		"claim found":                             {func(s *fixture) { s.claim() }, waits},
		"claim found, hold almost over":           {func(s *fixture) { s.claim(); s.passUntil(notBefore(s)); s.pass(-1) }, waits},
		"claim found, hold over":                  {func(s *fixture) { s.claim(); s.passUntil(notBefore(s)) }, observes},
		"claim found, hold over, paced":           {func(s *fixture) { s.claim(); s.passUntil(notBefore(s)); s.NotUntil = s.now.Add(1) }, waits},
		"claim found without its hold":            {func(s *fixture) { s.claim(); s.corrupt(loseHold); s.pass(24 * time.Hour) }, waits},
		"answer lost":                             {func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)) }, waits},
		"answer lost, hold over":                  {func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)); s.passUntil(notBefore(s)) }, observes},
		"another's session":                       {func(s *fixture) { s.refreshFails(concurrent()); s.pass(10 * time.Minute) }, waits},
		"another's session, hold over":            {func(s *fixture) { s.refreshFails(concurrent()); s.passUntil(notBefore(s)) }, observes},
		"sent to the background":                  {func(s *fixture) { s.refreshFails(background()); s.pass(10 * time.Minute) }, collects},
		"sent to the background, paced":           {func(s *fixture) { s.refreshFails(background()); s.pass(9 * time.Second) }, waits},
		"sent to the background, after a restart": {func(s *fixture) { s.refreshFails(background()); s.restart() }, observes},
		"customer asked":                          {func(s *fixture) { s.refreshAsks() }, waits},
		"customer asked, poll due":                {func(s *fixture) { s.refreshAsks(); s.pass(5 * time.Second) }, observes},
		"customer asked, after a restart":         {func(s *fixture) { s.refreshAsks(); s.restart() }, observes},
		"customer asked, half an hour ago":        {func(s *fixture) { s.refreshAsks(); s.pass(30 * time.Minute) }, waits},
		"customer asked, a year ago":              {func(s *fixture) { s.refreshAsks(); s.pass(365 * 24 * time.Hour) }, observes},
		"let in, session at hand":                 {func(s *fixture) { s.refreshSucceeds() }, collects},
		"let in, session lost":                    {func(s *fixture) { s.refreshSucceeds(); s.restart() }, observes},
		"let in, collect paced":                   {func(s *fixture) { s.refreshSucceeds(); s.NotUntil = s.now.Add(1) }, waits},
		"let in, no data for half an hour": {func(s *fixture) {
			s.refreshSucceeds()
			s.pass(30 * time.Minute)
		}, waits},
		"credentials rejected": {func(s *fixture) {
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true))
			s.pass(29 * 24 * time.Hour)
		}, waits},
		"login gone":                   {func(s *fixture) { s.observeFails(gone()); s.pass(time.Hour - time.Second) }, waits},
		"login gone, looked for again": {func(s *fixture) { s.observeFails(gone()); s.pass(time.Hour + time.Second) }, observes},
		"Secret missing":               {func(s *fixture) { s.claim(); s.problem(lifecycle.Refresh{}, v1alpha1.ReasonSecretNotFound) }, waits},
		"Secret missing, again": {func(s *fixture) {
			s.claim()
			s.problem(lifecycle.Refresh{}, v1alpha1.ReasonSecretNotFound)
			s.pass(time.Second)
		}, observes},
		"observe due":                 {func(s *fixture) { s.edit(manual); s.passUntil(s.status().NextObserveTime) }, observes},
		"observe due in a nanosecond": {func(s *fixture) { s.edit(manual); s.passUntil(s.status().NextObserveTime); s.pass(-1) }, waits},
		"observe due, paced":          {func(s *fixture) { s.edit(manual); s.passUntil(s.status().NextObserveTime); s.NotUntil = s.now.Add(1) }, waits},
		"policy became Manual":        {func(s *fixture) { s.edit(manual) }, waits},
		"due by an edited status only": {func(s *fixture) {
			*s = *newScheduled(s.t)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.NextRefreshTime = ago(s, time.Hour) })
		}, waits},
		"claim edited away": {func(s *fixture) {
			s.claim()
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Refresh = nil })
			s.wait()
		}, waits},
		"claim edited away, after a hold": {func(s *fixture) {
			s.claim()
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Refresh = nil })
			s.wait()
			s.pass(14 * time.Minute)
		}, starts},
	})
}

// TestDecideRequests starts each situation from a connection whose refresh is due,
// too: a request is answered before that, and never doubled by it.
func TestDecideRequests(t *testing.T) {
	asks := func(arrange func(s *fixture)) func(s *fixture) {
		return func(s *fixture) { arrange(s); s.request("request 1") }
	}
	granted := lifecycle.Refresh{Request: "request 1"}
	refused := func(reason string) lifecycle.Refusal {
		return lifecycle.Refusal{Request: "request 1", Reason: reason}
	}
	runDecisions(t, map[string]decision{
		"granted":                 {asks(func(*fixture) {}), granted},
		"granted, manual":         {asks(func(s *fixture) { s.edit(manual) }), granted},
		"granted while paced":     {asks(func(s *fixture) { s.NotUntil = s.now.Add(time.Hour) }), granted},
		"granted: customer there": {asks(func(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) }), granted},
		"granted: link expired":   {asks(func(s *fixture) { s.refreshAsks(); s.pass(31 * time.Minute) }), granted},
		"customer still answers":  {asks(func(s *fixture) { s.refreshAsks(); s.pass(10 * time.Minute) }), lifecycle.Observe{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"granted: bank refused":   {asks(func(s *fixture) { s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeDisabledLogin, true)) }), granted},
		"not bound":               {asks(func(s *fixture) { *s = *newFixture(s.t) }), lifecycle.Observe{Refusal: refused(v1alpha1.ReasonNotBound)}},
		"status lost":             {asks(wipe), lifecycle.Observe{Refusal: refused(v1alpha1.ReasonNotBound)}},
		"suspended":               {asks(suspend), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSuspended)}},
		"instance missing":        {asks(func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotFound }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonInstanceNotFound)}},
		"duplicate":               {asks(func(s *fixture) { s.Duplicate = true }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonDuplicateLogin)}},
		"login gone":              {asks(func(s *fixture) { s.observeFails(gone()) }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonLoginGone)}},
		"claim open":              {asks(func(s *fixture) { s.claim() }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"claim to be looked up":   {asks(func(s *fixture) { s.claim(); s.pass(time.Hour) }), lifecycle.Observe{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"claim without hold":      {asks(func(s *fixture) { s.claim(); s.corrupt(loseHold) }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"answer lost":             {asks(func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)) }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"customer asked":          {asks(func(s *fixture) { s.refreshAsks() }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"customer asked, no hold": {asks(func(s *fixture) { s.refreshAsks(); s.corrupt(loseHold) }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"being collected":         {asks(func(s *fixture) { s.refreshSucceeds() }), lifecycle.Collect{Refusal: refused(v1alpha1.ReasonSessionOpen)}},
		"collecting is over":      {asks(func(s *fixture) { s.refreshSucceeds(); s.pass(30 * time.Minute) }), granted},
		"Flinks wants a pause":    {asks(func(s *fixture) { s.refreshFails(throttled(time.Hour)) }), lifecycle.Wait{Refusal: refused(v1alpha1.ReasonFlinksUnavailable)}},
		"the pause is over":       {asks(func(s *fixture) { s.refreshFails(throttled(time.Hour)); s.pass(time.Hour + time.Second) }), granted},
		"deleting":                {asks(func(s *fixture) { s.delete() }), deletes},
		"answered already": {func(s *fixture) {
			asks(func(*fixture) {})(s)
			s.refreshFails(notSent(flinks.OpRefresh))
		}, waits},
		"refused already": {func(s *fixture) {
			suspend(s)
			asks(func(*fixture) {})(s)
			s.wait()
			resume(s)
		}, waits},
		"taken back": {func(s *fixture) {
			asks(func(*fixture) {})(s)
			s.request("")
		}, starts},
	})
}

func TestDecideDeletion(t *testing.T) {
	runDecisions(t, map[string]decision{
		"bound":                       {func(s *fixture) { s.delete() }, deletes},
		"bound, paced":                {func(s *fixture) { s.delete(); s.NotUntil = s.now.Add(1) }, waits},
		"suspended":                   {func(s *fixture) { suspend(s); s.delete() }, deletes},
		"instance missing":            {func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotFound; s.delete() }, deletes},
		"duplicate":                   {func(s *fixture) { s.Duplicate = true; s.delete() }, deletes},
		"claim open":                  {func(s *fixture) { s.claim(); s.delete() }, deletes},
		"customer asked":              {func(s *fixture) { s.refreshAsks(); s.delete() }, deletes},
		"retained":                    {func(s *fixture) { s.edit(retain); s.delete() }, releases(v1alpha1.ReasonLoginRetained)},
		"retained while blocked":      {func(s *fixture) { s.delete(); s.edit(retain); s.NotUntil = s.now.Add(1) }, releases(v1alpha1.ReasonLoginRetained)},
		"never bound":                 {func(s *fixture) { *s = *newFixture(s.t); s.delete() }, releases(v1alpha1.ReasonLoginNeverBound)},
		"status lost":                 {func(s *fixture) { wipe(s); s.delete() }, releases(v1alpha1.ReasonLoginNeverBound)},
		"another's finalizer is left": {func(s *fixture) { s.delete(); s.Connection.Finalizers = []string{"example.com/other"} }, waits},
	})
}

func notBefore(s *fixture) *metav1.Time { return s.status().Refresh.NotBefore }

func ago(s *fixture, d time.Duration) *metav1.Time {
	return &metav1.Time{Time: s.now.Add(-d).Truncate(time.Second)}
}

func wipe(s *fixture) {
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		*st = v1alpha1.BankConnectionStatus{ObservedGeneration: -1}
	})
	s.restart()
}

func loseHold(st *v1alpha1.BankConnectionStatus) { st.Refresh.NotBefore = nil }

func manual(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = nil }

func retain(spec *v1alpha1.BankConnectionSpec) { spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }

func gone() *flinks.Error { return refusal(flinks.OpObserve, flinks.CodeInvalidLogin, false) }

func concurrent() *flinks.Error {
	return refusal(flinks.OpRefresh, flinks.CodeConcurrentSession, true)
}

func background() *flinks.Error {
	err := refusal(flinks.OpRefresh, flinks.CodeOperationDispatched, true)
	err.HTTPStatus = 202
	return err
}

func throttled(d time.Duration) *flinks.Error {
	err := refusal(flinks.OpRefresh, flinks.CodeTooManyRequests, false)
	err.RetryAfter = d
	return err
}
