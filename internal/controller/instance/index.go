package instance

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// IndexInstance is the cache index of connections by Key.String.
const IndexInstance = "instance"

// AddIndexes adds the cache indexes that the package reads.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.BankConnection{}, IndexInstance, func(o client.Object) []string {
		return []string{KeyOf(o.(*v1alpha1.BankConnection)).String()}
	})
}
