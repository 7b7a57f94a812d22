package lifecycle

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// TestReadData: what keeps an application from the data of a connection.
func TestReadData(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	at := func(d time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(d))) }
	const id = "C23D30CF-b6d9-4df0-9f8e-0c8e6c2a0001"
	for name, tc := range map[string]struct {
		change func(*Facts)
		want   DataObstacle
		cause  string
	}{
		"nothing":                     {func(*Facts) {}, "", ""},
		"it is being deleted":         {func(f *Facts) { f.Connection.DeletionTimestamp = at(0) }, DataBeingDeleted, ""},
		"it is suspended":             {func(f *Facts) { f.Connection.Spec.Suspend = true }, DataSuspended, ""},
		"another owns the login":      {func(f *Facts) { f.Duplicate = true }, DataOfOther, ""},
		"it is not bound":             {func(f *Facts) { f.Connection.Status.Binding = nil }, DataNotBound, ""},
		"there was never data":        {func(f *Facts) { f.Connection.Status.LastRefreshTime = nil }, DataMissing, ""},
		"Flinks may have dropped it":  {func(f *Facts) { f.Connection.Status.DataExpiryTime = at(0) }, DataMissing, ""},
		"it is kept for a second":     {func(f *Facts) { f.Connection.Status.DataExpiryTime = at(time.Second) }, "", ""},
		"the instance cannot be used": {func(f *Facts) { f.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, DataInstance, v1alpha1.ReasonInstanceNotReady},
		"no selection is known":       {func(f *Facts) { f.Connection.Spec.Reconnect = nil }, DataNotSelected, v1alpha1.ReasonSelectionUnknown},
		"the customer is wanted, and there is data": {func(f *Facts) {
			f.Connection.Status.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonMFARequired}
		}, "", ""},
		"the customer has to act, and there is no data": {func(f *Facts) {
			f.Connection.Status.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonConnectRequired}
			f.Connection.Status.Binding = nil
		}, DataWantsUser, v1alpha1.ReasonConnectRequired},
	} {
		c := &v1alpha1.BankConnection{}
		c.Spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: []string{id}}
		c.Status.Binding, c.Status.LastRefreshTime = &v1alpha1.Binding{LoginFingerprint: "x"}, at(-time.Hour)
		f := Facts{Connection: c}
		tc.change(&f)
		got := ReadData(now, f)
		if got.Obstacle != tc.want || got.Cause != tc.cause {
			t.Errorf("%s: %s %s, want %s %s", name, got.Obstacle, got.Cause, tc.want, tc.cause)
		}
		if tc.want == "" && !slices.Equal(got.Accounts, []string{"c23d30cf-b6d9-4df0-9f8e-0c8e6c2a0001"}) {
			t.Errorf("%s: accounts %v", name, got.Accounts)
		}
	}
}

// TestJudgeLook: the session of a replayed refusal opens older data.
func TestJudgeLook(t *testing.T) {
	t.Parallel()
	session, err := flinks.ParseRequestID([]byte("006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		err  flinks.Error
		want DataLook
	}{
		"a refusal with a session":    {flinks.Error{Class: flinks.ClassUser, InSession: true, RequestID: session}, DataReadable},
		"a refusal without a session": {flinks.Error{Class: flinks.ClassUser}, DataNeedsUser},
		"an unknown login":            {flinks.Error{Class: flinks.ClassGone}, DataLoginGone},
		"an outage":                   {flinks.Error{Class: flinks.ClassTransient}, DataNotNow},
	} {
		if got := JudgeLook(&tc.err); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
