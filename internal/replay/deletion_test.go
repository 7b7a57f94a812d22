package replay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// newGoing returns a run of a bound connection that is being deleted.
func newGoing(t *testing.T, change func(*v1alpha1.BankConnection)) *run {
	t.Helper()
	r := newRun(t)
	now := metav1.NewTime(start)
	r.connection.DeletionTimestamp, r.connection.Status = &now, r.written
	r.connection.Status.DeletionClaim = &v1alpha1.DeletionClaim{ClaimTime: now}
	r.exchanges = nil
	change(&r.connection)
	return r
}

// does computes what the operator does and writes for the given inputs; the answer of a
// call may be a part of them.
func (r *run) does(t *testing.T, inputs lifecycle.Inputs, request *http.Request, status int, body string) {
	t.Helper()
	inputs.Connection, inputs.Instance.Host = &r.connection, hostOf(toolbox())
	o := lifecycle.Outcome{Action: lifecycle.Decide(start, inputs), Identity: identity(t)}
	if request != nil {
		recorder := &Recorder{Clock: clocktesting.NewFakePassiveClock(start)}
		recorder.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})).ServeHTTP(httptest.NewRecorder(), request)
		r.exchanges = recorder.Exchanges()
		answer := decode(t.Context(), &r.exchanges[0])
		o.Err, o.Authorization, o.Answered = answer.err, answer.authorization, start
	}
	r.written = lifecycle.Record(start, inputs, o)
}

// TestDeletionFollowsFromItsLogs: the results of a DeleteCard, of an administrator's
// confirmation, and of a Confirm.
func TestDeletionFollowsFromItsLogs(t *testing.T) {
	const base = "/v3/x/BankingServices/"
	deleteCard := httptest.NewRequest(http.MethodDelete, base+"DeleteCard/"+loginID, http.NoBody)
	observe := httptest.NewRequest(http.MethodPost, base+"Authorize", strings.NewReader(`{"LoginId":"`+loginID+`","MostRecentCached":true}`))
	none, many := int32(0), lifecycle.PendingDeletions{Waiting: 9, Logins: 9}
	wave := lifecycle.Deletions{InNamespace: many, AtInstance: many, Namespaces: 1, Limit: &v1alpha1.DeletionLimit{Count: &none, Percent: &none}}
	confirmed, until := wave, metav1.NewTime(start.Add(time.Hour))
	confirmed.Confirmation = lifecycle.Confirmation{
		Annotation: until.Format(time.RFC3339), Noted: &v1alpha1.DeletionConfirmation{Until: until, FirstSeenTime: metav1.NewTime(start)},
	}
	for name, test := range map[string]struct {
		deletions lifecycle.Deletions
		request   *http.Request
		status    int
		body      string
		before    v1alpha1.DeletionAnswer
		want      *v1alpha1.Deletion
	}{
		"not found":            {request: deleteCard, status: 404, want: &v1alpha1.Deletion{Answer: v1alpha1.DeletionNotFound}},
		"confirmed, not found": {confirmed, deleteCard.Clone(t.Context()), 404, "", "", &v1alpha1.Deletion{Confirmed: true, Answer: v1alpha1.DeletionNotFound}},
		"there, after all":     {request: observe, status: 200, body: observed, before: v1alpha1.DeletionNotFound, want: &v1alpha1.Deletion{}},
		"paused":               {deletions: wave},
	} {
		t.Run(name, func(t *testing.T) {
			r := newGoing(t, func(c *v1alpha1.BankConnection) {
				if test.before != "" {
					c.Status.Deletion = &v1alpha1.Deletion{AttemptTime: metav1.NewTime(start), Answer: test.before}
				}
			})
			r.does(t, lifecycle.Inputs{Facts: lifecycle.Facts{Instance: lifecycle.Instance{Deletions: test.deletions}}}, test.request, test.status, test.body)
			got := r.written.Deletion
			if (got == nil) != (test.want == nil) || got != nil && (got.Answer != test.want.Answer || got.Confirmed != test.want.Confirmed) {
				t.Fatalf("status.deletion is %+v", got)
			}
			report := r.check(t)
			if len(report.Unexplained) != 0 || report.Writes != 1 || (report.Calls == 1) != (test.request != nil) {
				t.Errorf("got %s", report)
			}
		})
	}
}
