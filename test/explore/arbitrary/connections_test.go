package arbitrary_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/arbitrary"
)

func equal[T any](a, b T) bool { return equality.Semantic.DeepEqual(a, b) }

// What one connection may cost within a minute, as in the model of the lifecycle.
const maxReconciles, maxCalls = 40, 20

// steps are the reconciles of one input.
const steps = 60

// FuzzConnections decides about any connection that the API lets in, whatever its status says,
// with any policy, instance and answer of Flinks. Nothing panics. Every status that is written is
// one that the API server accepts and stores as it is, and recording nothing changes it no more.
// Nothing is called for a suspended object or instance but what ends it. The connection settles: it
// is not reconciled again and again within a minute.
func FuzzConnections(f *testing.F) {
	connections := basesOf(f, apiserver.BankConnection, "bankconnection", "bankconnection-status")
	policies := basesOf(f, apiserver.RefreshPolicy, "refreshpolicy", "refreshpolicy-status")
	instances := basesOf(f, apiserver.ClusterFlinksInstance, "clusterflinksinstance", "instance-status")
	addSeeds(f, 24)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := arbitrary.NewSource(raw[:min(len(raw), 512)])
		w := &walk{t: t, s: s, now: noon.Add(arbitrary.OneOf(s, 0, 777*time.Millisecond, time.Hour, 24*time.Hour, 365*24*time.Hour))}
		w.in.Connection = connection(t, s, connections, w.now)
		policy, i := &v1alpha1.RefreshPolicy{}, &v1alpha1.ClusterFlinksInstance{}
		policies.read(t, s, w.now, policy)
		instances.read(t, s, w.now, i)
		w.surround(policy, i)
		for range steps {
			if !w.step() {
				return
			}
		}
	})
}

// addSeeds adds the bases as they are, and a number of inputs that change them.
func addSeeds(f *testing.F, n int) {
	random := rand.NewChaCha8([32]byte{})
	for i := range n {
		raw := make([]byte, 300)
		_, _ = random.Read(raw) // It never fails.
		f.Add(raw)
		if i < 4 {
			f.Add([]byte{0, byte(i)})
		}
	}
}

// surround gives the connection a policy and an instance.
func (w *walk) surround(p *v1alpha1.RefreshPolicy, i *v1alpha1.ClusterFlinksInstance) {
	w.in.Policy = arbitrary.OneOf(w.s, &p.Spec, nil)
	w.in.Instance = lifecycle.Instance{
		Name: i.Spec.Instance, CustomerID: i.Spec.CustomerID, Host: host, Policy: i.Spec.RefreshPolicy, Retention: i.Spec.Retention,
		Problem: arbitrary.OneOf(w.s, "", "", "", v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceSuspended, v1alpha1.ReasonInstanceNotFound),
	}
	w.in.Instance.Deletions.Limit = limitOf(i)
	w.in.Gateway = arbitrary.OneOf(w.s, nil, gatewayOf(i))
	w.in.Duplicate = w.s.Chance(5)
}

// host and customerID are those of the status in testdata.
const (
	host       = "fedcba9876543210fedcba9876543210"
	customerID = "43387ca6-0391-4c82-857d-70d95f087ecb"
)

func limitOf(i *v1alpha1.ClusterFlinksInstance) *v1alpha1.DeletionLimit {
	if i.Spec.Limits == nil {
		return nil
	}
	return i.Spec.Limits.Deletions
}

// gatewayOf returns what makes links to the gateway of an instance; nil if it has none.
func gatewayOf(i *v1alpha1.ClusterFlinksInstance) *lifecycle.Gateway {
	if i.Spec.Gateway == nil {
		return nil
	}
	g := &lifecycle.Gateway{SigningKey: "0a1b2c3d", KnowsKey: func(id string) bool { return id == "0a1b2c3d" }}
	if l := i.Spec.Gateway.LinkLifetime; l != nil {
		g.Lifetime = l.Duration
	}
	g.Link = func(c lifecycle.LinkClaims) string {
		return fmt.Sprintf("%s/c/%d", i.Spec.Gateway.URL, c.Issued.Unix())
	}
	return g
}

// walk is one connection from reconcile to reconcile.
type walk struct {
	t   *testing.T
	s   *arbitrary.Source
	now time.Time
	in  lifecycle.Inputs
	// recent and calls are the times of the reconciles, and of those that call Flinks.
	recent, calls []time.Time
}

// step reconciles once and lets the time pass until the next; false if there will be none.
func (w *walk) step() bool {
	a := lifecycle.Decide(w.now, w.in)
	w.count(a)
	w.checkStops(a)
	switch a := a.(type) {
	case lifecycle.RemoveFinalizer, lifecycle.RemoveSecretFinalizer:
		return false
	case lifecycle.Refresh:
		w.store(lifecycle.Claim(w.now, w.in, a, "fedcba9876543210fedcba9876543210"))
		w.now = w.now.Add(10 * time.Second)
	default: // What they do is known when it is done.
	}
	o := w.outcome(a)
	w.t.Logf("%v: %#v: %v %q", w.now, a, o.Err, o.Problem)
	if lifecycle.ConfirmsDeletion(w.in.Connection, o) {
		return false
	}
	w.store(lifecycle.Record(w.now, w.in, o))
	w.in.HasSession = (w.in.HasSession || o.Authorization != nil || o.Err != nil && lifecycle.IsDispatched(o.Err)) &&
		lifecycle.WantsSession(&w.in.Connection.Status, o)
	w.in.IsAsync = w.in.HasSession && w.s.Chance(2)
	w.in.Memory = lifecycle.Remember(w.now, w.in, o)
	w.in.RebindAsked = false
	wait := lifecycle.RequeueAfter(w.now, w.in)
	if wait < 0 {
		w.t.Fatalf("reconciled again after %v", wait)
	}
	w.now = w.now.Add(wait)
	return wait > 0 && w.now.Year() < 2200
}

// count: no connection runs in circles.
func (w *walk) count(a lifecycle.Action) {
	w.recent = append(within(w.now, w.recent), w.now)
	w.calls = within(w.now, w.calls)
	if isCall(a) {
		w.calls = append(w.calls, w.now)
	}
	if len(w.recent) > maxReconciles || len(w.calls) > maxCalls {
		w.t.Fatalf("%d reconciles with %d calls in a minute, now for %#v", len(w.recent), len(w.calls), a)
	}
}

// within returns the times that are less than a minute old.
func within(now time.Time, all []time.Time) []time.Time {
	for len(all) > 0 && now.Sub(all[0]) >= time.Minute {
		all = all[1:]
	}
	return all
}

func isCall(a lifecycle.Action) bool {
	switch a.(type) {
	case lifecycle.Observe, lifecycle.Refresh, lifecycle.Poll, lifecycle.Collect, lifecycle.SetNightlyRefresh, lifecycle.Delete, lifecycle.Confirm:
		return true
	default:
		return false
	}
}

// checkStops: what is suspended is left alone.
func (w *walk) checkStops(a lifecycle.Action) {
	c := w.in.Connection
	switch {
	case !isCall(a):
	case w.in.Instance.IsSuspended():
		w.t.Fatalf("%#v at a suspended instance", a)
	case c.DeletionTimestamp.IsZero() && (c.Spec.Suspend && !lifecycle.Is[lifecycle.SetNightlyRefresh](a) || w.in.Instance.Problem != ""):
		w.t.Fatalf("%#v of an object that is suspended, or at an instance that is %q", a, w.in.Instance.Problem)
	}
}

// store writes a status, as the API server would.
func (w *walk) store(st v1alpha1.BankConnectionStatus) {
	w.t.Helper()
	c := w.in.Connection.DeepCopy()
	c.Status = st
	if wrong := apiserver.JudgeStatus(w.t.Context(), apiserver.BankConnection, c, w.in.Connection); len(wrong) > 0 {
		w.t.Fatalf("the API server refuses the status: %v", wrong.ToAggregate())
	}
	stored := &v1alpha1.BankConnection{}
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, stored)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if !equal(stored.Status, st) {
		w.t.Fatalf("the API server stores another status (-sent +stored):\n%s", cmp.Diff(st, stored.Status))
	}
	events := lifecycle.Events(&w.in.Connection.Status, &stored.Status)
	for _, e := range events {
		if e.Reason == "" || e.Action == "" || len(e.Note) > 1024 {
			w.t.Fatalf("the event %+v", e)
		}
	}
	w.in.Connection = stored
	if again := lifecycle.Record(w.now, w.in, lifecycle.Outcome{}); !equal(again, stored.Status) {
		w.t.Fatalf("recording nothing changes the status (-stored +again):\n%s", cmp.Diff(stored.Status, again))
	}
}

// outcome returns what comes of an action. Once the source is used up, all is well.
func (w *walk) outcome(a lifecycle.Action) lifecycle.Outcome {
	o := lifecycle.Outcome{Action: a, Identity: w.identity()}
	if !isCall(a) {
		return w.success(a, o)
	}
	if b := w.in.Connection.Status.Binding; b != nil && b.LoginFingerprint != o.Identity.Fingerprint {
		if lifecycle.Is[lifecycle.Observe](a) && lifecycle.MayRebind(w.now, w.in) {
			return lifecycle.Outcome{Action: a, Superseded: &lifecycle.SupersededLogin{SwitchedOff: w.s.Chance(2)}}
		}
		o.Problem = v1alpha1.ReasonLoginChanged
		return o
	}
	switch w.s.N(4) {
	case 1:
		o.Err = w.failure(a)
	case 2:
		o.Problem = arbitrary.OneOf(w.s, v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretInvalid, v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonDuplicateLogin)
		w.in.Duplicate = w.in.Duplicate || o.Problem == v1alpha1.ReasonDuplicateLogin
	default:
		return w.success(a, o)
	}
	return o
}

// identity returns that of the login that the Secret holds, at the instance as it is named now.
func (w *walk) identity() lifecycle.Identity {
	i := lifecycle.Identity{Instance: w.in.Instance.Name, CustomerID: w.in.Instance.CustomerID, Fingerprint: "0123456789abcdef0123456789abcdef", Host: host}
	if i.Instance != "toolbox" {
		i.Fingerprint = "11112222333344445555666677778888"
	}
	if i.CustomerID != customerID {
		i.Fingerprint = "99990000aaaabbbbccccddddeeeeffff"
	}
	return i
}

// failure returns any error of the catalogue.
func (w *walk) failure(a lifecycle.Action) *flinks.Error {
	all := flinks.Catalogue()
	entry := all[w.s.N(len(all))]
	e := &flinks.Error{
		Op: operationOf(a), Code: entry.Code, Class: entry.Class, InSession: entry.Meaning == flinks.MeaningInSession,
		HTTPStatus: arbitrary.OneOf(w.s, 401, 0, 200, 400, 404, 429, 500),
		Delivery:   arbitrary.OneOf(w.s, flinks.Answered, flinks.Ambiguous, flinks.NotSent),
		RetryAfter: arbitrary.OneOf(w.s, 0, 0, time.Second, 24*time.Hour),
	}
	if e.Class == flinks.ClassSuccess {
		e.Class = flinks.ClassUnknown
	}
	return e
}

func operationOf(a lifecycle.Action) flinks.Operation {
	switch a.(type) {
	case lifecycle.Refresh:
		return flinks.OpRefresh
	case lifecycle.Poll:
		return flinks.OpPollRefresh
	case lifecycle.Collect:
		return flinks.OpGetAccountsDetail
	case lifecycle.SetNightlyRefresh:
		return flinks.OpSetScheduledRefresh
	case lifecycle.Delete:
		return flinks.OpDeleteCard
	default:
		return flinks.OpObserve
	}
}

// success returns an answer to a call, or that a Secret was written.
func (w *walk) success(a lifecycle.Action, o lifecycle.Outcome) lifecycle.Outcome {
	c := w.in.Connection
	switch a := a.(type) {
	case lifecycle.Observe, lifecycle.Confirm, lifecycle.Refresh, lifecycle.Poll:
		o.Authorization = &flinks.Authorization{
			State: flinks.Authorized, Institution: arbitrary.OneOf(w.s, "FlinksCapital", ""), ScheduledRefresh: w.s.Chance(2),
			LastRefresh: arbitrary.OneOf(w.s, w.now.Add(-time.Minute), time.Time{}, w.now.Add(time.Hour), w.now.Add(-90*24*time.Hour)),
		}
		if (lifecycle.Is[lifecycle.Refresh](a) || lifecycle.Is[lifecycle.Poll](a)) && w.s.Chance(2) {
			o.Authorization.State, o.Authorization.Challenges = flinks.ChallengePending, []flinks.ChallengeType{flinks.ChallengeTextOrCall, flinks.ChallengeOther}
			o = w.asked(o)
		}
		if _, wanted := lifecycle.HandOffOf(w.now, c, o); wanted {
			o.Delivery = w.delivery(lifecycle.DeliveredSecretName(c, lifecycle.SessionSecret))
		}
		if lifecycle.NeedsProtection(c, o) {
			o.Protection = &lifecycle.SecretProtection{SecretName: c.Spec.LoginIDSecretRef.Name, Forbidden: w.s.Chance(4), Inherited: w.s.Chance(4)}
		}
	case lifecycle.Collect:
		o.Accounts = &flinks.AccountsDetail{
			Pending:  w.s.Chance(2),
			Accounts: []flinks.Account{{ID: customerID, Type: "Chequing", Currency: "CAD"}}, LastRefresh: w.now.Add(-time.Minute),
		}
	case lifecycle.DeliverLink:
		o.Delivery = w.delivery(lifecycle.DeliveredSecretName(c, lifecycle.LinkSecret))
	case lifecycle.RevokeSecret:
		o.Delivery = w.delivery(lifecycle.DeliveredSecretName(c, a.Secret))
	default: // An action without an answer.
	}
	return o
}

// asked adds the link to the bank's question.
func (w *walk) asked(o lifecycle.Outcome) lifecycle.Outcome {
	o.Link.Problem = w.in.LinkProblem()
	switch {
	case w.in.ByGateway():
		o.Link = lifecycle.SessionLink{SealedSession: "c2VhbGVk"}
	case o.Link.Problem != "":
	case w.s.Chance(4):
		o.Link.Problem = v1alpha1.ReasonTokenNotIssued
	case w.in.LinkInSecret():
		o.Delivery = w.delivery(lifecycle.DeliveredSecretName(w.in.Connection, lifecycle.LinkSecret))
	default:
		o.Link.URL = "https://toolbox-iframe.private.fin.ag/v2/?authorizeToken=1&requestId=1"
	}
	return o
}

// delivery returns that a Secret was written or deleted, or why it was not.
func (w *walk) delivery(name string) lifecycle.Delivery {
	if w.s.Chance(4) {
		return lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteForbidden}
	}
	return lifecycle.Delivery{SecretName: name}
}
