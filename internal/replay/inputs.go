package replay

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// guess holds what the logs do not say. The zero guess adds nothing to them.
type guess struct {
	// late is how long before the request that wrote a status the operator read the clock.
	late time.Duration
	// problem is why the operator did not, or could not, use the instance.
	problem string
	// outcome is why no call was made, such as SecretNotFound.
	outcome string
	// instance and policy are how many versions the operator's cache of these was behind.
	// A cache that is behind by more than there are versions holds none.
	instance, policy int
	// unserved reports whether the operator did not serve the link API, and so made no
	// links.
	unserved bool
	// duplicate reverses what the log says about another connection with the same login.
	duplicate bool
	// session reports whether the process held a RequestId.
	session bool
	// held reverses whether the login Secret was checked, and carries the finalizer.
	held bool
	// live and calls are why the limits of the instance deferred a call.
	live, calls string
	// look reports whether a rebind, or Flinks' nightly refresh, made an observe due.
	look bool
	// superseded reports whether the Secret holds another login, which replaces the bound
	// one.
	superseded bool
}

// names returns the facts that a guess adds to the logs.
func (g guess) names() []string {
	var names []string
	add := func(name string, guessed bool) {
		if guessed {
			names = append(names, name)
		}
	}
	add("clock reading", g.late != 0)
	add("use of the instance", g.problem != "")
	add("content of the Secret", g.outcome != "" || g.superseded)
	add("order of watch events", g.duplicate || g.instance != 0 || g.policy != 0)
	add("link API", g.unserved)
	add("RequestId at hand", g.session)
	add("hold on the Secret", g.held)
	add("limits", g.live != "" || g.calls != "")
	add("reason to look", g.look)
	return names
}

// instants are the clock readings to try: status times have whole seconds, so most writes
// need only the first.
var instants = []time.Duration{0, 2 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, time.Second}

// problems holds the reasons that come from the content of a Secret, or from the rights to
// it.
var problems = []string{
	v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretForbidden, v1alpha1.ReasonSecretKeyNotFound,
	v1alpha1.ReasonSecretInvalid, v1alpha1.ReasonLoginChanged, v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonDuplicateLogin,
	v1alpha1.ReasonSessionOpen,
}

// absent is more versions than any object has.
const absent = 1 << 30

// maxGuessed is how many facts may be missing at once. With enough of them any status
// would follow from the logs.
const maxGuessed = 3

// guesses returns all guesses, those that add least to the logs first.
func guesses() []guess {
	all := []guess{{}}
	vary := func(change ...func(*guess)) {
		for _, g := range slices.Clone(all) {
			for _, f := range change {
				g := g
				f(&g)
				all = append(all, g)
			}
		}
	}
	vary(func(g *guess) { g.held = true })
	vary(func(g *guess) { g.session = true })
	vary(func(g *guess) { g.unserved = true })
	vary(func(g *guess) { g.look = true })
	vary(
		func(g *guess) { g.live = v1alpha1.ReasonFlinksUnavailable },
		func(g *guess) { g.calls = v1alpha1.ReasonFlinksUnavailable },
		func(g *guess) { g.live = v1alpha1.ReasonThrottled },
		func(g *guess) { g.calls = v1alpha1.ReasonThrottled },
	)
	var outcomes []func(*guess)
	for _, reason := range problems {
		outcomes = append(outcomes, func(g *guess) { g.outcome = reason })
	}
	vary(append(outcomes, func(g *guess) { g.superseded = true })...)
	vary(
		func(g *guess) { g.duplicate = true },
		func(g *guess) { g.instance = 1 }, func(g *guess) { g.instance = 2 }, func(g *guess) { g.instance = absent },
		func(g *guess) { g.policy = 1 }, func(g *guess) { g.policy = absent },
		func(g *guess) { g.instance, g.policy = absent, absent },
	)
	vary(
		func(g *guess) { g.problem = v1alpha1.ReasonInstanceNotReady },
		func(g *guess) { g.problem = v1alpha1.ReasonAPIKeyRefused },
		func(g *guess) { g.problem = v1alpha1.ReasonNamespaceNotAllowed },
	)
	all = slices.DeleteFunc(all, func(g guess) bool { return len(g.names()) > maxGuessed })
	slices.SortStableFunc(all, func(a, b guess) int { return len(a.names()) - len(b.names()) })
	return all
}

// inputs rebuilds what the operator knew when it had read an object.
func (h *history) inputs(now time.Time, read, after *v1alpha1.BankConnection, number uint64, g guess) lifecycle.Inputs {
	w := lifecycle.Inputs{Facts: lifecycle.Facts{Connection: read}, Memory: lifecycle.Memory{HasSession: g.session, RebindAsked: g.look, Ineligible: g.look}}
	w.Duplicate = h.isDuplicate(now, read, number) != g.duplicate
	soon := now.Add(time.Minute)
	if g.live != "" {
		w.Live = lifecycle.Deferral{Until: soon, Reason: g.live}
	}
	if g.calls != "" {
		w.Calls = lifecycle.Deferral{Until: soon, Reason: g.calls}
	}
	if ref := read.Spec.RefreshPolicyRef; ref != nil {
		w.Policy, _ = behind(h.policies[types.NamespacedName{Namespace: read.Namespace, Name: ref.Name}], number, g.policy)
	}
	h.addInstance(&w, after, number, g.instance)
	w.Instance.Deletions = deletionsOf(now, &after.Status)
	if g.unserved {
		w.Gateway = nil
	}
	if g.problem != "" {
		w.Instance.Problem = g.problem
	}
	return w
}

// deletionsOf returns the deletions of the instance. The logs hold neither their number
// nor the confirmation, except for what the status of a connection says.
func deletionsOf(now time.Time, after *v1alpha1.BankConnectionStatus) lifecycle.Deletions {
	paused := hasCondition(after, v1alpha1.ConditionDeletionBlocked) == v1alpha1.ReasonDeletionsPaused
	confirmed := after.Deletion != nil && after.Deletion.Confirmed
	if !paused && !confirmed {
		return lifecycle.Deletions{}
	}
	one, none := lifecycle.PendingDeletions{Waiting: 1, Logins: 1}, int32(0)
	d := lifecycle.Deletions{InNamespace: one, AtInstance: one, Namespaces: 1, Limit: &v1alpha1.DeletionLimit{Count: &none, Percent: &none}}
	if confirmed {
		until := metav1.NewTime(now.Add(time.Hour).UTC().Truncate(time.Second))
		d.Confirmation = lifecycle.Confirmation{
			Annotation: until.Format(time.RFC3339), Noted: &v1alpha1.DeletionConfirmation{Until: until, FirstSeenTime: metav1.NewTime(now)},
		}
	}
	return d
}

// addInstance adds the instance of a connection. Its links are those that were written:
// the signing key is not in the logs.
func (h *history) addInstance(w *lifecycle.Inputs, after *v1alpha1.BankConnection, number uint64, versions int) {
	ref := w.Connection.Spec.InstanceRef
	namespace := ""
	if ref.Kind == v1alpha1.KindFlinksInstance {
		namespace = w.Connection.Namespace
	}
	i, ok := behind(h.instances[instanceKey(string(ref.Kind), namespace, ref.Name)], number, versions)
	if !ok {
		w.Instance.Problem = v1alpha1.ReasonInstanceNotFound
		return
	}
	w.Instance.Policy, w.Instance.Retention = i.Spec.RefreshPolicy, i.Spec.Retention
	w.Instance.Name, w.Instance.CustomerID, w.Instance.Host = i.Spec.Instance, i.Spec.CustomerID, hostOf(&i.Spec)
	w.Instance.TokenInLinks, w.Instance.TokenInStatus = i.Spec.Connect.TokenInLinks, i.Spec.Connect.TokenInStatus
	w.Instance.Reconnect = i.Spec.Connect.Reconnect
	w.Instance.Revocation.Noted = i.Status.LinkRevocation
	w.Instance.Problem = instance.Problem(&i.Status)
	if i.Spec.Suspend {
		w.Instance.Problem = v1alpha1.ReasonInstanceSuspended
	}
	if gateway := i.Spec.Gateway; gateway != nil {
		w.Instance.HasGateway = true
		w.Gateway = gatewayOf(after)
		if gateway.LinkLifetime != nil {
			w.Gateway.Lifetime = gateway.LinkLifetime.Duration
		}
	}
}

// gatewayOf returns the gateway whose links are those in the status after a write. If the write
// replaced the key of the link, the one before was removed, or did not sign any more.
func gatewayOf(after *v1alpha1.BankConnection) *lifecycle.Gateway {
	var l v1alpha1.LinkStatus
	if r := after.Status.Reconnect; r != nil {
		l = r.Link
	}
	return &lifecycle.Gateway{
		SigningKey: l.KeyID, KnowsKey: func(id string) bool { return l.KeyID == "" || id == l.KeyID },
		Link: func(lifecycle.LinkClaims) string { return l.URL },
	}
}

// hostOf returns the hash of the API host of an instance.
func hostOf(spec *v1alpha1.ClusterFlinksInstanceSpec) string {
	endpoint, err := flinks.EndpointFor(spec.Instance, spec.CustomerID)
	if spec.Endpoints != nil {
		endpoint, err = flinks.NewEndpoint(spec.Endpoints.API, spec.Endpoints.Connect, spec.CustomerID)
	}
	if err != nil {
		return ""
	}
	return endpoint.HostFingerprint()
}

// isDuplicate reports whether the log has another connection that owns the login of this one.
func (h *history) isDuplicate(now time.Time, c *v1alpha1.BankConnection, number uint64) bool {
	if c.Status.Binding == nil {
		return false
	}
	var duplicates []*v1alpha1.BankConnection
	for uid, versions := range h.connections {
		if other, ok := at(versions, number); ok && uid != c.UID {
			duplicates = append(duplicates, other)
		}
	}
	return lifecycle.OwnedByOther(now, c, c.Status.Binding.LoginFingerprint, duplicates)
}
