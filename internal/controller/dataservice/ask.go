package dataservice

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// admit takes the permission for calls to the instance, and makes the client for them.
func (s *Service) admit(q *reading, calls int) (client Flinks, release func(), err error) {
	grant, denial := s.Admission.TakeForReading(q.instance, q.name(), calls)
	if grant == nil {
		if denial.Reason == budget.Busy {
			return nil, nil, problem(dataapi.Busy, "", busyRetry)
		}
		return nil, nil, problem(dataapi.InstanceUnavailable, instance.Reason(denial.Reason), max(time.Second, denial.Until.Sub(s.Clock.Now())))
	}
	client = s.Flinks(instance.Meter{Grant: grant, Clock: s.Clock, View: q.instance, ProbeQueue: s.Logins.ProbeQueue})
	return client, grant.Release, nil
}

// busyRetry is shorter than a turn is kept.
const busyRetry = 2 * time.Second

// look opens a session, which tells the time of the data, too.
func (s *Service) look(ctx context.Context, q *reading) error {
	remote, release, err := s.admit(q, 2)
	if err != nil {
		return err
	}
	defer release()
	now := s.Clock.Now()
	s.memory.do(now, q.uid(), func(m *connection) { m.looked = now })
	token, err := remote.GenerateAuthorizeToken(ctx, q.access.Endpoint, q.access.Credentials)
	if err != nil {
		return s.refused(ctx, q, err)
	}
	seen, err := remote.Observe(ctx, q.access.Endpoint, token, q.access.LoginID)
	if err != nil {
		failure, err := s.Logins.Refusal(q.instance, err)
		if err != nil {
			return unavailable(ctx, err)
		}
		if lifecycle.JudgeLook(failure) != lifecycle.DataReadable {
			return s.refused(ctx, q, failure)
		}
		seen = flinks.Authorization{RequestID: failure.RequestID}
	}
	q.session.requestID, q.session.opened, q.session.touched = seen.RequestID, now, now
	q.opened = seen.RequestID
	s.noteDataTime(ctx, q, seen.LastRefresh)
	return nil
}

// noteDataTime remembers that there is newer data than the status says, and makes the reconciler
// look, which does what is to be done about it.
func (s *Service) noteDataTime(ctx context.Context, q *reading, t time.Time) {
	now := s.Clock.Now()
	if t = t.Truncate(time.Second); t.After(now) || !t.After(q.dataTime) {
		return
	}
	q.dataTime, q.session.dataTime = t, t
	s.memory.do(now, q.uid(), func(m *connection) { m.dataTime = t })
	status, wanted := lifecycle.RequestObserve(now, lifecycle.Inputs{Facts: q.facts})
	if !wanted {
		return
	}
	c := q.connection().DeepCopy()
	c.Status = status
	if err := s.Client.Status().Update(ctx, c); err != nil {
		// A write that was faster made the reconciler look, too.
		log.FromContext(ctx).V(1).Info("Newer data not announced", "connection", q.name())
	}
}

// fetchOnce asks for the data of a session once.
func (s *Service) fetchOnce(ctx context.Context, q *reading) (flinks.DataStream, error) {
	remote, release, err := s.admit(q, 1)
	if err != nil {
		return flinks.DataStream{}, err
	}
	defer release()
	q.opened, q.session.touched = q.session.requestID, s.Clock.Now()
	stream, err := s.data(ctx, remote, q, q.allowed.Accounts)
	if failure, ok := isRefusedFilter(err); ok && len(q.allowed.Accounts) > 0 && !q.session.async {
		// Flinks refuses the whole call for one account that the login has no more.
		log.FromContext(ctx).V(1).Info("Filter of accounts refused", "connection", q.name(), "code", failure.Code)
		stream, err = s.data(ctx, remote, q, nil)
	}
	if err == nil {
		q.session.async = q.session.async || stream.Pending
		return stream, nil
	}
	return s.failed(ctx, q, err)
}

func (s *Service) data(ctx context.Context, remote Flinks, q *reading, accounts []string) (flinks.DataStream, error) {
	if q.session.async {
		return remote.StreamAccountsDetailAsync(ctx, q.access.Endpoint, q.access.Credentials, q.session.requestID, s.Patience)
	}
	want := flinks.DataRequest{Transactions: daysOf[q.asked.Transactions], Patience: s.Patience}
	if len(accounts) <= flinks.MaxAccounts {
		want.Accounts = accounts
	}
	return remote.StreamAccountsDetail(ctx, q.access.Endpoint, q.access.Credentials, q.session.requestID, want)
}

var daysOf = map[dataapi.Transactions]flinks.DaysOfTransactions{
	dataapi.TransactionsDays90: flinks.Days90, dataapi.TransactionsDays365: flinks.Days365,
}
