package bankconnection

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// access is what a call for a login needs.
type access struct {
	endpoint    flinks.Endpoint
	credentials flinks.Credentials
	login       flinks.LoginID
	identity    lifecycle.Identity
	// secret is what the login was read from.
	secret metav1.ObjectMeta
}

// looked is what was found when access was looked at before anything else. A reconcile goes
// by one look: what is called for a little later is the bound login in any case, and a claim
// is only good for seconds.
type looked struct {
	access  access
	problem string
}

// lookAhead reads the login and the keys for the rest of the reconcile.
func (r *Reconciler) lookAhead(ctx context.Context, s *scene) (problem string, err error) {
	if s.looked != nil {
		return s.looked.problem, nil
	}
	a, problem, err := r.access(ctx, s)
	if err == nil {
		s.looked = &looked{access: a, problem: problem}
	}
	return problem, err
}

// access reads the login and the keys. problem is the reason why the call must
// not be made; a login other than the bound one is never called for.
func (r *Reconciler) access(ctx context.Context, s *scene) (a access, problem string, err error) {
	if s.looked != nil {
		return s.looked.access, s.looked.problem, nil
	}
	if a, problem, err = r.identify(ctx, s); err != nil || problem != "" {
		return a, problem, err
	}
	if b := s.Connection.Status.Binding; b != nil && b.LoginFingerprint != a.identity.Fingerprint {
		return a, v1alpha1.ReasonLoginChanged, nil
	}
	a.credentials, problem, err = r.credentials(ctx, s)
	return a, problem, err
}

// identify reads the login that the Secret holds now, live.
func (r *Reconciler) identify(ctx context.Context, s *scene) (a access, problem string, err error) {
	if a.endpoint, err = s.view.Endpoint(); err != nil {
		return a, v1alpha1.ReasonInstanceNotReady, nil //nolint:nilerr // The instance says what is wrong with it.
	}
	if problem, err = r.login(ctx, s.Connection, &a); err != nil || problem != "" {
		return a, problem, err
	}
	a.identity = lifecycle.Identity{
		Instance: s.view.Identity.Instance, CustomerID: s.view.Identity.CustomerID,
		Fingerprint: s.view.Fingerprint(a.login), Host: a.endpoint.HostFingerprint(),
	}
	return a, "", nil
}

// credentials are the keys of the instance. That they are missing is the
// instance's trouble: it is probed, and its connections wait for the result.
func (r *Reconciler) credentials(ctx context.Context, s *scene) (flinks.Credentials, string, error) {
	credentials, problem, err := r.Keyring.Credentials(ctx, s.view)
	if problem != "" {
		r.Suspects.Report(s.view)
		problem = v1alpha1.ReasonInstanceNotReady
	}
	return credentials, problem, err
}

// login reads the loginId of a connection, live.
func (r *Reconciler) login(ctx context.Context, c *v1alpha1.BankConnection, a *access) (problem string, err error) {
	name, key := loginSecret(c)
	read, failure, err := r.Secrets.Read(ctx, name)
	switch {
	case err != nil:
		return "", err
	case failure == secret.NotFound:
		return v1alpha1.ReasonSecretNotFound, nil
	case failure == secret.Forbidden:
		return v1alpha1.ReasonSecretForbidden, nil
	}
	raw, ok := read.Data[key]
	if !ok {
		return v1alpha1.ReasonSecretKeyNotFound, nil
	}
	if a.login, err = flinks.ParseLoginID(raw); err != nil {
		return v1alpha1.ReasonSecretInvalid, nil //nolint:nilerr // The reason says it, without the value.
	}
	a.secret = read.ObjectMeta
	return "", nil
}

// loginSecret is where the spec says that the loginId is.
func loginSecret(c *v1alpha1.BankConnection) (name types.NamespacedName, key string) {
	ref := c.Spec.LoginIDSecretRef
	name, key = types.NamespacedName{Namespace: c.Namespace, Name: ref.Name}, ref.Key
	if key == "" {
		key = v1alpha1.DefaultLoginIDKey
	}
	return name, key
}
