package login

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// SecretKey returns where the spec says that the loginId is.
func SecretKey(c *v1alpha1.BankConnection) (name types.NamespacedName, key string) {
	ref := lifecycle.LoginIDSecret(c)
	return types.NamespacedName{Namespace: c.Namespace, Name: ref.Name}, ref.Key
}

// ReadLoginID reads the loginId of a connection, live, and the metadata of its Secret. problem
// is the reason why it has no loginId.
func (r *Reader) ReadLoginID(ctx context.Context, c *v1alpha1.BankConnection) (id flinks.LoginID, from metav1.ObjectMeta, problem string, err error) {
	name, key := SecretKey(c)
	read, failure, err := r.Secrets.Read(ctx, name)
	switch {
	case err != nil:
		return id, from, "", err
	case failure == secret.NotFound:
		return id, from, v1alpha1.ReasonSecretNotFound, nil
	case failure == secret.Forbidden:
		return id, from, v1alpha1.ReasonSecretForbidden, nil
	}
	raw, ok := read.Data[key]
	if !ok {
		return id, from, v1alpha1.ReasonSecretKeyNotFound, nil
	}
	if id, err = flinks.ParseLoginID(raw); err != nil {
		return id, from, v1alpha1.ReasonSecretInvalid, nil //nolint:nilerr // The reason says it, without the value.
	}
	return id, read.ObjectMeta, "", nil
}
