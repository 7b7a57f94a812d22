package linkservice

import (
	"context"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// writePatience is how long the write of a status may take.
const writePatience = 5 * time.Second

// Finish implements linkapi.Backend. What the browser says is checked: a new login is
// kept if Flinks says that it was linked with this very link, and one that is bound
// already is only observed.
func (s *Service) Finish(ctx context.Context, visit linkapi.Visit, loginID, requestID linkapi.Identifier, accountIDs ...linkapi.Identifier) (linkapi.View, error) {
	id, err := flinks.ParseLoginID([]byte(loginID.Reveal()))
	if err != nil {
		return linkapi.View{}, linkapi.ErrInvalid
	}
	var session flinks.RequestID
	if !requestID.IsZero() {
		if session, err = flinks.ParseRequestID([]byte(requestID.Reveal())); err != nil {
			return linkapi.View{}, linkapi.ErrInvalid
		}
	}
	accounts, err := accountsOf(accountIDs)
	if err != nil {
		return linkapi.View{}, err
	}
	q, err := s.read(ctx, visit, cached)
	if err != nil || q.leadsNowhere() {
		return q.page, err
	}
	page, err := s.finish(ctx, visit, q, namedLogin{id: id, session: session, accounts: accounts})
	if err == nil {
		s.recordRefusedLogin(q, id, page)
	}
	return page, err
}

// accountsOf returns the accounts that a browser named. The error is ErrInvalid.
func accountsOf(ids []linkapi.Identifier) (accounts []string, err error) {
	if len(ids) > linkapi.MaxAccounts {
		return nil, linkapi.ErrInvalid
	}
	for _, id := range ids {
		if !flinks.IsAccountID(id.Reveal()) {
			return nil, linkapi.ErrInvalid
		}
		accounts = append(accounts, id.Reveal())
	}
	return accounts, nil
}

// finish does with a named login what the state of its connection allows.
func (s *Service) finish(ctx context.Context, visit linkapi.Visit, q linkRequest, named namedLogin) (linkapi.View, error) {
	if q.page.State == linkapi.StateBlocked {
		return q.page, nil
	}
	switch bound := q.binding(); {
	case bound != nil && bound.LoginFingerprint != q.fingerprint(named.id):
		return s.refuseOther(ctx, q, named.id), nil
	case !q.open:
		return q.page, nil
	case bound != nil:
		return s.finishKnown(ctx, visit, q, named)
	case q.page.State == linkapi.StateConnect:
		return s.finishNew(ctx, visit, q, named)
	}
	return q.page, nil
}

// finishKnown asks the leader to observe the login. The page repeats it until that has
// brought something about; it costs Flinks a call every ten seconds at most.
func (s *Service) finishKnown(ctx context.Context, visit linkapi.Visit, q linkRequest, named namedLogin) (linkapi.View, error) {
	now, uid := s.Clock.Now(), q.connection().UID
	if age, next := s.polls.next(now, uid, lifecycle.CollectPoll); !next {
		return s.finishedTwice(ctx, visit, age)
	}
	if !s.checks.allow(now, uid, checksPerHour).IsZero() {
		return q.page, nil
	}
	q, err := s.ask(ctx, visit, returned(lifecycle.ReportSelection(q.fingerprint(named.id), named.accounts, lifecycle.FinishLink)))
	return q.page, err
}

// finishedTwice answers a page that says what was said before: it repeats itself, or
// the landing page says it too. The cache may not know of the first time yet, and the
// first time may not be written yet.
func (s *Service) finishedTwice(ctx context.Context, visit linkapi.Visit, age time.Duration) (linkapi.View, error) {
	q, err := s.read(ctx, visit, live)
	if err != nil || !q.open || age >= writePatience {
		return q.page, err
	}
	switch q.page.State {
	case linkapi.StateConnect, linkapi.StateStart, linkapi.StateResume, linkapi.StateWait:
		return q.in(linkapi.StateWorking), nil
	default:
		return q.page, nil
	}
}

// returned is the demand that also notes that the customer came back from Flinks Connect.
func returned(of demand) demand { return lifecycle.Travel(v1alpha1.JourneyReturned, of) }

// noteReturn notes it before the login is verified, which may take a while.
func (s *Service) noteReturn(ctx context.Context, visit linkapi.Visit, q linkRequest) (linkRequest, error) {
	if lifecycle.HasTravelled(&q.connection().Status, v1alpha1.JourneyReturned) {
		return q, nil
	}
	return s.ask(ctx, visit, returned(lifecycle.UseLink))
}

// mayLink reports whether the customer may link their bank with the link.
func (q linkRequest) mayLink() bool { return q.open && q.page.State == linkapi.StateConnect }

// finishNew verifies a new login that no other connection is bound to, keeps it in the Secret
// that the spec names, and asks the leader to observe it.
func (s *Service) finishNew(ctx context.Context, visit linkapi.Visit, q linkRequest, named namedLogin) (linkapi.View, error) {
	if page, refused, err := s.refuseOwned(ctx, q, named.id); err != nil || refused {
		return page, err
	}
	q, err := s.noteReturn(ctx, visit, q)
	if err != nil || !q.mayLink() {
		return q.page, err
	}
	if page, linked := s.verify(ctx, &q, named); !linked {
		return page, nil
	}
	// That took a while: the link may have been replaced, the spec changed.
	q, err = s.read(ctx, visit, live)
	if err != nil || !q.mayLink() {
		return q.page, err
	}
	if page, refused, err := s.refuseOwned(ctx, q, named.id); err != nil || refused {
		return page, err
	}
	// Before the leader can find the Secret and bind the login.
	q, err = s.ask(ctx, visit, lifecycle.ReportSelection(q.fingerprint(named.id), named.accounts, lifecycle.UseLink))
	if err != nil || !q.mayLink() {
		return q.page, err
	}
	if page, kept, err := s.keep(ctx, q, named.id); err != nil || !kept {
		return page, err
	}
	q, err = s.ask(ctx, visit, lifecycle.FinishLink)
	return q.page, err
}
