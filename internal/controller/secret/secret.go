// Package secret reads Secrets, and writes those that an object of ours owns: live,
// by name, and never more than one. The operator has no right to list or watch
// Secrets, so it cannot hold a cluster's Secrets in memory.
package secret

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Problem is why a Secret could not be used.
type Problem string

// The problems that only a change in the cluster can mend.
const (
	None      Problem = ""
	NotFound  Problem = "NotFound"
	Forbidden Problem = "Forbidden"
)

// Reader reads Secrets from the API server, past any cache.
type Reader struct {
	// Live must not be backed by a cache: a cached read would start a watch of
	// every Secret.
	Live client.Reader
}

// Data returns the data of a Secret, or the problem with it. Errors are those worth
// a retry; they name the Secret and nothing in it.
func (r Reader) Data(ctx context.Context, name types.NamespacedName) (map[string][]byte, Problem, error) {
	s, problem, err := r.Read(ctx, name)
	return s.Data, problem, err
}

// Read returns a Secret with its metadata, or the problem with it.
func (r Reader) Read(ctx context.Context, name types.NamespacedName) (corev1.Secret, Problem, error) {
	var s corev1.Secret
	err := r.Live.Get(ctx, name, &s)
	switch {
	case apierrors.IsNotFound(err):
		return s, NotFound, nil
	case apierrors.IsForbidden(err):
		return s, Forbidden, nil
	case err != nil:
		return s, None, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return s, None, nil
}
