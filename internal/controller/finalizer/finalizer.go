// Package finalizer puts finalizers on objects and takes them off: on the operator's own
// objects, and on the Secrets that a login's deletion needs.
package finalizer

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

// Add puts finalizers on exactly the object that was read. Nothing is written if
// they are there.
func Add(ctx context.Context, c client.Writer, o client.Object, finalizers ...string) error {
	return patch(ctx, c, o, controllerutil.AddFinalizer, finalizers)
}

// Remove takes finalizers off exactly the object that was read. Nothing is written
// if they are gone.
func Remove(ctx context.Context, c client.Writer, o client.Object, finalizers ...string) error {
	return patch(ctx, c, o, controllerutil.RemoveFinalizer, finalizers)
}

// patch changes nothing but the finalizers. It carries the UID and the
// resourceVersion of the object.
func patch(ctx context.Context, c client.Writer, o client.Object, change func(client.Object, string) bool, finalizers []string) error {
	before := o.DeepCopyObject().(client.Object)
	before.SetUID("")
	changed := false
	for _, f := range finalizers {
		changed = change(o, f) || changed
	}
	if !changed {
		return nil
	}
	p := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Patch(ctx, o, p); err != nil {
		return fmt.Errorf("changing the finalizers of %s: %w", client.ObjectKeyFromObject(o), err)
	}
	return nil
}
