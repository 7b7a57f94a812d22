package linkservice

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// writeTries is how often a status is written when another write is faster.
const writeTries = 3

// demand is what to ask of the leader: the status to write, or false if there is nothing to
// write.
type demand = lifecycle.StatusChange

// ask writes a demand into the status, if the object as it is now still calls for it, and
// returns what the customer sees then.
func (s *Service) ask(ctx context.Context, visit linkapi.Visit, of demand) (q linkRequest, err error) {
	return s.askWhere(ctx, visit, of, func(q linkRequest) bool { return q.open })
}

// askWhere does as ask does, if the object as it is now still allows it.
func (s *Service) askWhere(ctx context.Context, visit linkapi.Visit, of demand, allows func(linkRequest) bool) (q linkRequest, err error) {
	for range writeTries {
		q, err = s.read(ctx, visit, live)
		if err != nil || !allows(q) {
			return q, err
		}
		before := q.connection().Status
		written, err := s.write(ctx, &q.facts, of)
		switch {
		case err == nil && written:
			s.record(q, lifecycle.Acts(&before, &q.connection().Status)...)
			q.show(s.Clock.Now(), false)
			return q, nil
		case err == nil:
			return q, nil
		case !apierrors.IsConflict(err):
			return q, unavailable(ctx, err)
		}
	}
	return q, linkapi.ErrUnavailable
}

// write writes a demand to the object that was read, and to no later one.
func (s *Service) write(ctx context.Context, facts *lifecycle.Facts, of demand) (written bool, err error) {
	status, wanted := of(s.Clock.Now(), lifecycle.Inputs{Facts: *facts})
	if !wanted {
		return false, nil
	}
	facts.Connection = facts.Connection.DeepCopy()
	facts.Connection.Status = status
	return true, s.Client.Status().Update(ctx, facts.Connection)
}

// demand writes a demand into the status of a connection that no link is needed for, and reports
// whether there was something to write.
func (s *Service) demand(ctx context.Context, c *v1alpha1.BankConnection, of demand) (written bool, err error) {
	for range writeTries {
		facts, _, err := s.Logins.ReadFacts(ctx, c)
		if err == nil {
			written, err = s.write(ctx, &facts, of)
		}
		if !apierrors.IsConflict(err) {
			return written && err == nil, unavailable(ctx, client.IgnoreNotFound(err))
		}
		latest := &v1alpha1.BankConnection{}
		if err := s.Live.Get(ctx, client.ObjectKeyFromObject(c), latest); err != nil || latest.UID != c.UID {
			return false, unavailable(ctx, client.IgnoreNotFound(err))
		}
		c = latest
	}
	return false, linkapi.ErrUnavailable
}
