package linkservice

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// refuseOwned refuses a login that another connection is bound to, whatever Flinks says of it:
// who holds a link can give any login the tag of that link. The answer depends on the cache
// alone, and costs Flinks no call.
func (s *Service) refuseOwned(ctx context.Context, q linkRequest, id flinks.LoginID) (page linkapi.View, refused bool, err error) {
	fingerprint := q.fingerprint(id)
	others, err := s.Logins.Duplicates(ctx, q.connection(), fingerprint)
	if err != nil {
		return q.page, false, unavailable(ctx, err)
	}
	if lifecycle.LinkedLoginProblem(q.connection(), fingerprint, others) == "" {
		return q.page, false, nil
	}
	if until := s.checks.allow(s.Clock.Now(), q.connection().UID, checksPerHour); !until.IsZero() {
		page := q.in(linkapi.StateWait)
		page.Until = until
		return page, true, nil
	}
	s.reportRefusal(ctx, q, fingerprint, lifecycle.LoginOwnedEvent())
	page = q.in(linkapi.StateBlocked)
	page.Reason = v1alpha1.ReasonDuplicateLogin
	return page, true, nil
}
