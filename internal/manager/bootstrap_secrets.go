package manager

import (
	"context"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const ownNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// bootstrapSecrets reads the Secrets of the operator itself, in its own namespace. The
// first replica that needs one creates it, if it does not exist.
type bootstrapSecrets struct {
	live      client.Client
	namespace string
	clock     clock.PassiveClock
}

func newBootstrapSecrets(live client.Client, o Options) (*bootstrapSecrets, error) {
	namespace, err := ownNamespace(o)
	if err != nil {
		return nil, fmt.Errorf("the link API and the data API need to know their namespace; set --namespace, or serve neither: %w", err)
	}
	return &bootstrapSecrets{live: live, namespace: namespace, clock: o.Clock}, nil
}

// ownNamespace returns the namespace of this process: that of the options, or that of the pod.
func ownNamespace(o Options) (string, error) {
	if o.Namespace != "" {
		return o.Namespace, nil
	}
	raw, err := os.ReadFile(ownNamespaceFile)
	return strings.TrimSpace(string(raw)), err
}

// getOrMake returns a Secret, and creates it if it does not exist. If two replicas create it
// at once, the slower one takes the other's.
func (s *bootstrapSecrets) getOrMake(
	ctx context.Context, name, purpose string, of corev1.SecretType, fresh func() (map[string][]byte, error),
) (*corev1.Secret, error) {
	secret, err := s.get(ctx, name)
	if !apierrors.IsNotFound(err) {
		return secret, err
	}
	data, err := fresh()
	if err != nil {
		return nil, err
	}
	secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: name,
			Labels: map[string]string{
				"app.kubernetes.io/name": "flinks-operator", "app.kubernetes.io/managed-by": "flinks-operator",
				v1alpha1.PurposeLabel: purpose,
			},
		},
		Type: of,
		Data: data,
	}
	err = s.live.Create(ctx, secret)
	switch {
	case apierrors.IsAlreadyExists(err):
		return s.get(ctx, name)
	case err != nil:
		return nil, fmt.Errorf("creating Secret %s/%s: %w", s.namespace, name, err)
	}
	return secret, nil
}

func (s *bootstrapSecrets) get(ctx context.Context, name string) (*corev1.Secret, error) {
	var secret corev1.Secret
	if err := s.live.Get(ctx, types.NamespacedName{Namespace: s.namespace, Name: name}, &secret); err != nil {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", s.namespace, name, err)
	}
	return &secret, nil
}
