// Package instance holds what FlinksInstance and ClusterFlinksInstance have in
// common: finding the one that a connection refers to, its keys, and finding out
// whether Flinks accepts them.
package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// Key names an instance of either kind. Namespace is empty for the cluster kind.
type Key struct {
	Kind            v1alpha1.InstanceKind
	Namespace, Name string
}

// String returns the value under which connections are indexed by instance.
func (k Key) String() string { return string(k.Kind) + "/" + k.Namespace + "/" + k.Name }

// KeyOf returns the key of the instance that a connection refers to. A namespaced
// instance is always one of the connection's own namespace.
func KeyOf(c *v1alpha1.BankConnection) Key {
	ref := c.Spec.InstanceRef
	k := Key{Kind: ref.Kind, Name: ref.Name}
	if ref.Kind == v1alpha1.KindFlinksInstance {
		k.Namespace = c.Namespace
	}
	return k
}

// View is an instance of either kind.
type View struct {
	Key      Key
	Object   client.Object
	Identity v1alpha1.InstanceIdentity
	Secret   types.NamespacedName
	// SecretKeys are the keys of the Secret, with a name for each.
	SecretKeys v1alpha1.CredentialKeys
	Endpoints  *v1alpha1.Endpoints
	Proxy      *v1alpha1.ProxySpec
	CABundle   []byte
	Namespaces *v1alpha1.AllowedNamespaces
	Status     *v1alpha1.InstanceStatus
	Limits     budget.Limits
}

// newObject returns an empty object of the kind.
func newObject(kind v1alpha1.InstanceKind) client.Object {
	if kind == v1alpha1.KindClusterFlinksInstance {
		return &v1alpha1.ClusterFlinksInstance{}
	}
	return &v1alpha1.FlinksInstance{}
}

// viewOf returns the view of an object; its status is the object's own.
func viewOf(o client.Object) View {
	switch i := o.(type) {
	case *v1alpha1.ClusterFlinksInstance:
		ref := i.Spec.CredentialsSecretRef
		return View{
			Key:        Key{Kind: v1alpha1.KindClusterFlinksInstance, Name: i.Name},
			Object:     i,
			Identity:   i.Spec.InstanceIdentity,
			Secret:     types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name},
			SecretKeys: secretKeys(ref.Keys),
			Endpoints:  i.Spec.Endpoints,
			Proxy:      i.Spec.Proxy,
			CABundle:   i.Spec.CABundle,
			Namespaces: i.Spec.AllowedNamespaces,
			Status:     &i.Status,
			Limits:     limitsOf(i.Spec.Limits, i.Generation),
		}
	case *v1alpha1.FlinksInstance:
		ref := i.Spec.CredentialsSecretRef
		return View{
			Key:        Key{Kind: v1alpha1.KindFlinksInstance, Namespace: i.Namespace, Name: i.Name},
			Object:     i,
			Identity:   i.Spec.InstanceIdentity,
			Secret:     types.NamespacedName{Namespace: i.Namespace, Name: ref.Name},
			SecretKeys: secretKeys(ref.Keys),
			Status:     &i.Status,
			Limits:     limitsOf(i.Spec.Limits, i.Generation),
		}
	}
	return View{}
}

// Endpoint returns where the instance is reached, and by which way. Only the cluster kind
// can name a host; that of the namespaced kind is derived from its name.
func (v View) Endpoint() (flinks.Endpoint, error) {
	e, err := v.hosts()
	if err != nil {
		return e, err
	}
	return e.By(flinks.Network{Proxy: v.proxy(), CABundle: string(v.CABundle)})
}

func (v View) proxy() string {
	if v.Proxy == nil {
		return ""
	}
	return v.Proxy.URL
}

func (v View) hosts() (flinks.Endpoint, error) {
	if v.Endpoints != nil {
		return flinks.NewEndpoint(v.Endpoints.API, v.Endpoints.Connect, v.Identity.CustomerID)
	}
	return flinks.EndpointFor(v.Identity.Instance, v.Identity.CustomerID)
}

// HostFingerprint returns a hash of the API host; empty if there is no such instance, or its
// endpoint is not a usable URL.
func (v View) HostFingerprint() string {
	if v.Object == nil {
		return ""
	}
	endpoint, err := v.hosts()
	if err != nil {
		return ""
	}
	return endpoint.HostFingerprint()
}

// Fingerprint returns that of a login of the instance.
func (v View) Fingerprint(login flinks.LoginID) string {
	return login.Fingerprint(v.Identity.Instance, v.Identity.CustomerID)
}

// keysVersion is part of every hash that is stored in a status.
const keysVersion = "flinks-operator/keys/v1"

// keys stands for what a probe proves. A hash tells no tenant where a proxy is.
func (v View) keys() string {
	parts := []string{
		keysVersion, v.Identity.Instance, v.Identity.CustomerID, "", v.Secret.Namespace, v.Secret.Name,
		v.SecretKeys.SecretKey, v.SecretKeys.APIKey, v.proxy(), string(v.CABundle),
	}
	if v.Endpoints != nil {
		parts[3] = v.Endpoints.API
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Problem returns why connections cannot use the instance; empty if it is not suspended, and
// Flinks accepted its keys when they were last tried.
func (v View) Problem() string {
	if v.IsSuspended() {
		return v1alpha1.ReasonInstanceSuspended
	}
	return instance.Problem(v.Status)
}

// IsSuspended reports whether no call may be made at all.
func (v View) IsSuspended() bool { return v.Identity.Suspend }

// LinksPausedUntil returns until when links of the gateway link no bank; zero if they may.
func (v View) LinksPausedUntil() time.Time {
	if v.Object == nil {
		return time.Time{}
	}
	return instance.LinksPausedUntil(v.Status)
}

// NoteProof writes into the status of the instance, if that changes it, whether Flinks proved that
// a customer linked their bank. It returns what the status was.
func (v View) NoteProof(ctx context.Context, now time.Time, c client.Client, proven bool) (before v1alpha1.InstanceStatus, changed bool, err error) {
	status, changed := instance.NoteProof(now, v.Object.GetGeneration(), v.Status, proven)
	if !changed {
		return before, false, nil
	}
	before, *v.Status = *v.Status, status
	if err := c.Status().Update(ctx, v.Object); err != nil {
		return before, false, fmt.Errorf("writing the status of %s: %w", v.Key, err)
	}
	return before, true, nil
}

// IsProven reports whether what was last tried is what the spec names now.
func (v View) IsProven() bool { return instance.IsProven(v.Status, v.keys()) }

// Confirmation returns what a customer says about deletions at the instance.
func (v View) Confirmation() lifecycle.Confirmation {
	return lifecycle.Confirmation{Annotation: confirmationOf(v.Object), Noted: v.Status.DeletionConfirmation}
}

// Revocation returns what a person says about links to the gateway.
func (v View) Revocation() lifecycle.Revocation {
	return lifecycle.Revocation{Annotation: revocationOf(v.Object), Noted: v.Status.LinkRevocation}
}

func revocationOf(o client.Object) string {
	return o.GetAnnotations()[v1alpha1.RevokeLinksBeforeAnnotation]
}

func confirmationOf(o client.Object) string {
	return o.GetAnnotations()[v1alpha1.AllowDeletionsUntilAnnotation]
}
