package linkservice

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// unavailable returns nil for no error, and drops what an error says: the gateway faces the
// public.
func unavailable(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	log.FromContext(ctx).Error(err, "Request of the gateway failed")
	return linkapi.ErrUnavailable
}
