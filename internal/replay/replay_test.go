package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const (
	operator = "system:serviceaccount:flinks-system:flinks-operator-manager"
	loginID  = "5e115eac-45fb-41b4-8b4e-08d8b3fa0f35"
	observed = `{"HttpStatusCode":200,"Institution":"FlinksCapital","RequestId":"006fd2f3-055b-4ef6-a9fc-c1261cd76ec6",
		"Login":{"Username":"Greatday","IsScheduledRefresh":false,"LastRefresh":"2026-01-02T02:00:00.0000000","Type":"Personal","Id":"` + loginID + `"}}`
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run is the first observe of a connection: one call, one status write.
type run struct {
	connection v1alpha1.BankConnection
	written    v1alpha1.BankConnectionStatus
	exchanges  []Exchange
}

func newRun(t *testing.T) *run {
	t.Helper()
	r := &run{connection: v1alpha1.BankConnection{
		TypeMeta: metav1.TypeMeta{Kind: "BankConnection", APIVersion: v1alpha1.GroupVersion.String()},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "acme", UID: "f3b5", ResourceVersion: "11", Generation: 1,
			CreationTimestamp: metav1.NewTime(start), Finalizers: []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer},
		},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindFlinksInstance, Name: "toolbox"},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: "acme-login"},
		},
	}}
	r.observe(t)
	return r
}

// observe records the exchange, and computes the status as the operator does.
func (r *run) observe(t *testing.T) {
	t.Helper()
	recorder := &Recorder{Clock: clocktesting.NewFakePassiveClock(start)}
	h := recorder.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, observed) }))
	body := strings.NewReader(`{"LoginId":"` + loginID + `","MostRecentCached":true}`)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v3/x/BankingServices/Authorize", body))
	r.exchanges = recorder.Exchanges()
	answer := decode(t.Context(), &r.exchanges[0])
	if answer == nil || answer.authorization == nil {
		t.Fatalf("the exchange was read as %+v", answer)
	}
	inputs := lifecycle.Inputs{Facts: lifecycle.Facts{Connection: &r.connection}}
	action := lifecycle.Decide(start, inputs)
	r.written = lifecycle.Record(start, inputs, lifecycle.Outcome{
		Action: action, Authorization: answer.authorization, Answered: start, Identity: identity(t),
		Protection: &lifecycle.SecretProtection{SecretName: "acme-login"},
	})
}

func identity(t *testing.T) lifecycle.Identity {
	t.Helper()
	login, err := flinks.ParseLoginID([]byte(loginID))
	if err != nil {
		t.Fatal(err)
	}
	return lifecycle.Identity{Instance: "toolbox", CustomerID: guid, Fingerprint: login.Fingerprint("toolbox", guid), Host: hostOf(toolbox())}
}

func toolbox() *v1alpha1.ClusterFlinksInstanceSpec {
	return &v1alpha1.ClusterFlinksInstanceSpec{InstanceIdentity: v1alpha1.InstanceIdentity{Instance: "toolbox", CustomerID: guid}}
}

// audit returns the log of the run: the instance, the connection, and its status.
func (r *run) audit(t *testing.T) string {
	t.Helper()
	instance := map[string]any{
		"kind":     "FlinksInstance",
		"metadata": map[string]any{"namespace": "shop", "name": "toolbox", "resourceVersion": "5"},
		"spec":     toolbox(),
		"status":   map[string]any{"conditions": []map[string]any{{"type": "Ready", "status": "True"}}},
	}
	stored := *r.connection.DeepCopy()
	stored.Status, stored.ResourceVersion = r.written, "12"
	requested := stored
	requested.ResourceVersion = "11"
	return line(t, "create", "flinksinstances", "toolbox", "", "admin", nil, instance) +
		line(t, "create", "bankconnections", "acme", "", "admin", nil, r.connection) +
		line(t, "update", "bankconnections", "acme", "status", operator, requested, stored)
}

func line(t *testing.T, verb, resource, name, subresource, user string, request, response any) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"verb": verb, "user": map[string]any{"username": user},
		"objectRef": map[string]any{
			"resource": resource, "namespace": "shop", "name": name, "subresource": subresource,
			"apiGroup": v1alpha1.GroupVersion.Group,
		},
		"responseStatus": map[string]any{"code": 200}, "requestReceivedTimestamp": metav1.NewMicroTime(start),
		"requestObject": request, "responseObject": response,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw) + "\n"
}

func (r *run) check(t *testing.T) *Report {
	t.Helper()
	report, err := Check(t.Context(), Run{Audit: strings.NewReader(r.audit(t)), Operator: operator, Exchanges: r.exchanges})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestRunFollowsFromItsLogs(t *testing.T) {
	report := newRun(t).check(t)
	if len(report.Unexplained) != 0 || report.Writes != 1 || report.Calls != 1 {
		t.Errorf("got %s", report)
	}
}

func TestDifferencesAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*run)
		field  string
	}{
		"another time of the data": {func(r *run) { r.written.LastRefreshTime = &metav1.Time{Time: start} }, "lastRefreshTime"},
		"another fingerprint":      {func(r *run) { r.written.Binding.LoginFingerprint = "0000" }, ""},
		"an edited plan":           {func(r *run) { r.written.NextRefreshTime = &metav1.Time{Time: start.Add(time.Hour)} }, "nextRefreshTime"},
		"no call":                  {func(r *run) { r.exchanges = nil }, ""},
		"a live call": {func(r *run) {
			r.exchanges[0].Request = []byte(strings.Replace(string(r.exchanges[0].Request), "true", "false", 1))
		}, ""},
		"a refusal": {func(r *run) {
			r.exchanges[0].Status, r.exchanges[0].Body = 401, []byte(`{"HttpStatusCode":401,"FlinksCode":"INVALID_LOGIN","Message":"no"}`)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun(t)
			test.change(r)
			report := r.check(t)
			if len(report.Unexplained) != 1 {
				t.Fatalf("got %s", report)
			}
			if test.field != "" && !slices.Contains(report.Unexplained[0].Fields, test.field) {
				t.Errorf("got fields %v, want %s", report.Unexplained[0].Fields, test.field)
			}
		})
	}
}

func TestReportPrintsNoIdentifier(t *testing.T) {
	r := newRun(t)
	r.exchanges = nil
	if text := fmt.Sprint(r.check(t)); strings.Contains(text, loginID) {
		t.Errorf("the report holds the loginId: %s", text)
	}
}
