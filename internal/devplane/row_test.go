package devplane

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// waiting is a connection whose person is asked something.
func waiting() *v1alpha1.BankConnection {
	refreshed := metav1.NewTime(time.Date(2026, 3, 4, 10, 20, 30, 0, time.UTC))
	return &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "acme-savings"},
		Status: v1alpha1.BankConnectionStatus{
			Institution:     "FlinksCapital",
			LastRefreshTime: &refreshed,
			Refresh:         &v1alpha1.RefreshStatus{Phase: v1alpha1.RefreshAwaitingUser},
			Reconnect:       &v1alpha1.ReconnectStatus{URL: "https://connect.example.com/v2/?requestId=0"},
			Conditions: []metav1.Condition{
				{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonUserActionRequired},
				{Type: v1alpha1.ConditionAuthorized, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonMFARequired},
				{Type: v1alpha1.ConditionDataFresh, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonDataFresh},
				{Type: v1alpha1.ConditionUserActionRequired, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonMFARequired},
			},
		},
	}
}

func TestRowsAreAligned(t *testing.T) {
	got := strings.Join([]string{
		heading.String(), rowOf(waiting()).String(), rowOf(&v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{Name: "new"}}).String(),
	}, "\n")
	want := `NAME               READY    REASON              INSTITUTION    LAST REFRESH  SESSION       ALSO TRUE
acme-savings       True     UserActionRequired  FlinksCapital  10:20:30Z     AwaitingUser  UserActionRequired=MFARequired
new                -        -                   -              -             -             -`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestReady(t *testing.T) {
	c := waiting()
	if isReady(c) || isReady(nil) {
		t.Error("a connection that wants a person, or none at all, passes for ready")
	}
	c.Status.Conditions, c.Status.Reconnect = c.Status.Conditions[:3], nil
	if !isReady(c) {
		t.Error("a connection that works and wants nobody does not pass for ready")
	}
}
