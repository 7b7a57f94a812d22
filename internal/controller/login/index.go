package login

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
)

// Indexes of the cache.
const (
	// IndexFingerprint finds the connections that are bound to a login.
	IndexFingerprint = "loginFingerprint"
	// IndexSecret finds those that read it from the same place; see SourceOf.
	IndexSecret = "loginIdSecret"
)

// AddIndexes adds the cache indexes that the package reads.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &v1alpha1.BankConnection{}, IndexFingerprint, func(o client.Object) []string {
		if b := o.(*v1alpha1.BankConnection).Status.Binding; b != nil {
			return []string{b.LoginFingerprint}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return indexer.IndexField(ctx, &v1alpha1.BankConnection{}, IndexSecret, func(o client.Object) []string {
		return []string{SourceOf(o.(*v1alpha1.BankConnection))}
	})
}

// SourceOf names the Secret value and the instance that make up a login.
func SourceOf(c *v1alpha1.BankConnection) string {
	name, key := SecretKey(c)
	return name.String() + "/" + key + "@" + instance.KeyOf(c).String()
}
