package manager

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// secretPolicyEnforced is 0, too, while it is not known.
var secretPolicyEnforced = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "flinks_operator_secret_policy_enforced",
	Help: "1 if the ValidatingAdmissionPolicy that bounds what this process may do to Secrets is in force, 0 if not.",
})

func init() { metrics.Registry.MustRegister(secretPolicyEnforced) }

const (
	// secretPolicyMessage is how config/rbac/secret_policy.yaml refuses a Secret without
	// a purpose.
	secretPolicyMessage = "flinks-operator creates Secrets with the label of its purposes only"

	// Whether the policy has come is asked often, and whether it has gone is asked rarely:
	// its refusal is in the audit log of the cluster.
	secretPolicyAwaited = 5 * time.Second
	secretPolicyTrusted = time.Hour
)

// What is known of the policy.
const (
	policyUnknown  = "unknown"
	policyEnforced = "in force"
	policyAbsent   = "not in force"
)

// secretGuard finds out whether the ValidatingAdmissionPolicy for the Secrets is in force,
// by asking the API server for what the policy alone refuses. It is safe for concurrent
// use.
type secretGuard struct {
	live      client.Client
	namespace string // empty if it is not known
	// unguarded lets Secrets be written without the policy.
	unguarded bool
	clock     clock.PassiveClock

	mu    sync.Mutex
	known string
	since time.Time
}

// mayWrite reports whether Secrets may be written.
func (g *secretGuard) mayWrite() bool { return g.unguarded || g.state() == policyEnforced }

func (g *secretGuard) state() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known
}

// NeedLeaderElection returns false, because every replica writes the Secrets of logins.
func (*secretGuard) NeedLeaderElection() bool { return false }

// Start asks until ctx is done.
func (g *secretGuard) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if g.isDue() {
			g.check(ctx)
		}
	}, secretPolicyAwaited)
	return nil
}

func (g *secretGuard) isDue() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known != policyEnforced || g.clock.Since(g.since) >= secretPolicyTrusted
}

// check asks once. An answer that says nothing of the policy changes nothing: the API
// server was not reached, or was busy.
func (g *secretGuard) check(ctx context.Context) {
	if g.namespace == "" {
		g.record(ctx, policyUnknown, "NamespaceUnknown")
		return
	}
	err := g.live.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, GenerateName: "flinks-operator-policy-check-"},
		Type:       corev1.SecretTypeOpaque,
	}, client.DryRunAll)
	switch {
	case err == nil:
		g.record(ctx, policyAbsent, "Accepted")
	case strings.Contains(err.Error(), secretPolicyMessage):
		g.record(ctx, policyEnforced, string(apierrors.ReasonForError(err)))
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		// RBAC or another admission control was faster, so the policy may be missing.
		g.record(ctx, policyUnknown, string(apierrors.ReasonForError(err)))
	default:
		ctrl.LoggerFrom(ctx).Info("Admission policy for Secrets not checked", "reason", apierrors.ReasonForError(err))
		g.record(ctx, g.state(), "")
	}
}

// record logs what has changed.
func (g *secretGuard) record(ctx context.Context, state, answer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if state == "" {
		state = policyUnknown
	}
	if g.known != state {
		ctrl.LoggerFrom(ctx).Info("Admission policy for Secrets checked", "policy", state, "answer", answer,
			"writesSecrets", state == policyEnforced || g.unguarded)
	}
	g.known, g.since = state, g.clock.Now()
	enforced := 0.0
	if state == policyEnforced {
		enforced = 1
	}
	secretPolicyEnforced.Set(enforced)
}

// addSecretGuard checks the policy before anything can write a Secret, and makes the manager
// check it from then on.
func addSecretGuard(ctx context.Context, mgr ctrl.Manager, o Options, live client.Client) (*secretGuard, error) {
	namespace, err := ownNamespace(o)
	if err != nil {
		namespace = "" // The link API needs it more, and says so.
	}
	g := &secretGuard{live: live, namespace: namespace, unguarded: o.AllowUnguardedSecretWrites, clock: o.Clock}
	g.check(ctx)
	return g, mgr.Add(g)
}
