package refreshpolicy

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// KeyOf returns the policy that a connection names, which is always one of its own
// namespace; false if it names none.
func KeyOf(c *v1alpha1.BankConnection) (types.NamespacedName, bool) {
	ref := c.Spec.RefreshPolicyRef
	if ref == nil {
		return types.NamespacedName{}, false
	}
	return types.NamespacedName{Namespace: c.Namespace, Name: ref.Name}, true
}

// Resolve returns the policy that a connection names; nil if it names none or there
// is none of that name.
func Resolve(ctx context.Context, from client.Reader, c *v1alpha1.BankConnection) (*v1alpha1.RefreshPolicySpec, error) {
	key, ok := KeyOf(c)
	if !ok {
		return nil, nil //nolint:nilnil // Said above.
	}
	p := &v1alpha1.RefreshPolicy{}
	err := from.Get(ctx, key, p)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // Said above.
	case err != nil:
		return nil, fmt.Errorf("reading RefreshPolicy %s: %w", key, err)
	}
	return &p.Spec, nil
}
