package login

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Access is what a call for a login needs.
type Access struct {
	Endpoint    flinks.Endpoint
	Credentials flinks.Credentials
	LoginID     flinks.LoginID
	// Identity of the login.
	Identity lifecycle.Identity
	// Secret is what the loginId was read from.
	Secret metav1.ObjectMeta
}

// Access reads the loginId and the keys. problem is the reason why the call must not be made;
// a login other than the bound one is never called for.
func (r *Reader) Access(ctx context.Context, v instance.View, c *v1alpha1.BankConnection) (a Access, problem string, err error) {
	if a, problem, err = r.identify(ctx, v, c); err != nil || problem != "" {
		return a, problem, err
	}
	if b := c.Status.Binding; b != nil && b.LoginFingerprint != a.Identity.Fingerprint {
		return a, v1alpha1.ReasonLoginChanged, nil
	}
	a.Credentials, problem, err = r.Credentials(ctx, v)
	return a, problem, err
}

// identify reads the login that the Secret holds now, live.
func (r *Reader) identify(ctx context.Context, v instance.View, c *v1alpha1.BankConnection) (a Access, problem string, err error) {
	if a.Endpoint, err = v.Endpoint(); err != nil {
		return a, v1alpha1.ReasonInstanceNotReady, nil //nolint:nilerr // The instance says what is wrong with it.
	}
	if a.LoginID, a.Secret, problem, err = r.ReadLoginID(ctx, c); err != nil || problem != "" {
		return a, problem, err
	}
	a.Identity = lifecycle.Identity{
		Instance: v.Identity.Instance, CustomerID: v.Identity.CustomerID,
		Fingerprint: v.Fingerprint(a.LoginID), Host: a.Endpoint.HostFingerprint(),
	}
	return a, "", nil
}

// Credentials returns the keys of an instance. That they are missing is the instance's
// trouble: it is probed, and its connections wait for the result.
func (r *Reader) Credentials(ctx context.Context, v instance.View) (flinks.Credentials, string, error) {
	credentials, problem, err := r.CredentialCache.Credentials(ctx, v)
	if problem != "" {
		r.ProbeQueue.Add(v)
		problem = v1alpha1.ReasonInstanceNotReady
	}
	return credentials, problem, err
}
