package linkservice

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// indexUID is the index of the cache that finds the connection which a link names.
const indexUID = "uid"

// AddIndexes adds the cache index that the package reads.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.BankConnection{}, indexUID, func(o client.Object) []string {
		return []string{string(o.GetUID())}
	})
}
