package dataservice

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// isRefusedFilter reports whether Flinks may have refused a data call because of its filter.
func isRefusedFilter(err error) (*flinks.Error, bool) {
	failure, ok := errors.AsType[*flinks.Error](err)
	return failure, ok && lifecycle.RefusesFilter(failure)
}

// failed judges a data call that has no data.
func (s *Service) failed(ctx context.Context, q *reading, err error) (flinks.DataStream, error) {
	failure, ok := errors.AsType[*flinks.Error](err)
	if ok && errors.Is(failure, context.DeadlineExceeded) && ctx.Err() == nil {
		return flinks.DataStream{}, problem(dataapi.Pending, "", pollPace) // Flinks goes on.
	}
	q.session = session{}
	return flinks.DataStream{}, s.refused(ctx, q, err)
}

// refused returns the problem of a call that Flinks refused, or did not answer.
func (s *Service) refused(ctx context.Context, q *reading, err error) error {
	failure, err := s.Logins.Refusal(q.instance, err)
	if err != nil {
		return unavailable(ctx, err)
	}
	if ctx.Err() == nil {
		log.FromContext(ctx).Info("Flinks refused a call for an application", "connection", q.name(), "operation", failure.Op, "code", failure.Code)
	}
	wait := max(retryLater, failure.RetryAfter)
	switch failure.Class {
	case flinks.ClassUser:
		return problem(dataapi.UserActionRequired, lifecycle.NeedsUser(q.connection()), 0)
	case flinks.ClassGone:
		return problem(dataapi.NotBound, v1alpha1.ReasonLoginGone, 0)
	case flinks.ClassInstance:
		return problem(dataapi.InstanceUnavailable, v1alpha1.ReasonInstanceNotReady, wait)
	case flinks.ClassThrottled:
		return problem(dataapi.InstanceUnavailable, v1alpha1.ReasonThrottled, wait)
	case flinks.ClassData:
		return problem(dataapi.NoData, "", wait)
	default:
	}
	if failure.Code == flinks.CodeUnreadable {
		return problem(dataapi.BadAnswer, "", wait)
	}
	return problem(dataapi.FlinksUnavailable, "", wait)
}

// record records what was handed out, and to whom.
func (s *Service) record(q *reading, accounts int, whole bool) {
	act := audit.Act{Action: audit.DataRead, Outcome: audit.Succeeded}
	if !whole {
		act.Reason = string(dataapi.Interrupted)
	}
	trail.OfReading(s.Audit, q.connection(), audit.Reading{Caller: q.asked.Caller, Accounts: accounts}, act)
}
