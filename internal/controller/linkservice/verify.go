package linkservice

import (
	"context"
	"errors"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// dataPatience is how long to wait for the data before the page is answered. Flinks goes on
// collecting them.
const dataPatience = 45 * time.Second

// verify makes sure that a login exists on the instance, and that it was linked with the
// link of this request: any login can be named with a link, but only a customer who went through
// Flinks Connect with it has the tag of the link in the data. Nothing that the browser said
// is believed.
func (s *Service) verify(ctx context.Context, q *linkRequest, id flinks.LoginID) (page linkapi.View, linked bool) {
	now, uid := s.Clock.Now(), q.connection().UID
	made, ok := s.verifications.begin(now, uid, q.fingerprint(id), q.claims.Issued)
	if !ok {
		return q.in(linkapi.StateWorking), false
	}
	defer func() { s.verifications.end(uid, made) }()
	if made.linked {
		return q.page, true
	}
	a, ok, err := s.access(ctx, *q)
	if err != nil || !ok {
		return q.in(linkapi.StateUnavailable), false
	}
	a.LoginID = id
	if made.requestID.IsZero() {
		if until := s.checks.allow(now, uid, checksPerHour); !until.IsZero() {
			page := q.in(linkapi.StateWait)
			page.Until = until
			return page, false
		}
	}
	release, denied := s.admit(q, 2)
	switch {
	case denied != nil && denied.Reason == "":
		return q.in(linkapi.StateWorking), false // The call only waits for its turn.
	case denied != nil:
		return *denied, false
	}
	defer release()
	page = s.askFlinks(ctx, *q, a, &made)
	return page, made.linked
}

// fingerprint returns that of a login on the instance; empty if there is no instance.
func (q linkRequest) fingerprint(id flinks.LoginID) string {
	if q.instance.Object == nil {
		return ""
	}
	return q.instance.Fingerprint(id)
}

// askFlinks makes the calls of a verification, as far as Flinks answers them now.
func (s *Service) askFlinks(ctx context.Context, q linkRequest, a login.Access, made *verification) linkapi.View {
	made.notUntil = s.Clock.Now().Add(lifecycle.CollectPoll)
	if made.requestID.IsZero() {
		if page, known := s.isKnown(ctx, q, a, made); !known {
			return page
		}
	}
	detail, err := askData(ctx, q.flinks, a, made)
	if err != nil {
		return s.noData(ctx, q, made, err)
	}
	switch {
	case detail.Pending:
		made.async = true
		return q.in(linkapi.StateWorking)
	case !detail.Login.Equal(a.LoginID), !s.Keys.IsTag(detail.Tag.ForComparison(), q.claims.UID, q.claims.Issued):
		*made = verification{}
		return q.in(linkapi.StateNotVerified)
	}
	made.linked, made.requestID, made.notUntil = true, flinks.RequestID{}, time.Time{}
	return q.page
}

// isKnown reports whether Flinks knows the login on this instance. It contacts no bank.
func (s *Service) isKnown(ctx context.Context, q linkRequest, a login.Access, made *verification) (linkapi.View, bool) {
	token, err := q.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		_ = s.refused(ctx, q, err)
		return q.in(linkapi.StateUnavailable), false
	}
	authorization, err := q.flinks.Observe(ctx, a.Endpoint, token, a.LoginID)
	if err != nil {
		return q.in(linkapi.State(lifecycle.WithoutLogin(s.refused(ctx, q, err)))), false
	}
	if authorization.State != flinks.Authorized {
		return q.in(linkapi.StateNotVerified), false // A customer who came through Flinks Connect has answered.
	}
	made.requestID, made.async = authorization.RequestID, false
	return q.page, true
}

// noData returns what the customer sees while Flinks gives no data of their login.
func (s *Service) noData(ctx context.Context, q linkRequest, made *verification, err error) linkapi.View {
	if errors.Is(err, context.Canceled) {
		made.async = true
		return q.in(linkapi.StateWorking) // It takes longer than a page is kept waiting.
	}
	// Another session is opened the next time.
	made.requestID, made.async = flinks.RequestID{}, false
	return q.in(linkapi.State(lifecycle.WithoutData(s.refused(ctx, q, err))))
}

// askData asks for the data of a login, and waits no longer than a page can. That the wait
// ends early is no fault of Flinks, so the call is cancelled and does not run out of time.
func askData(ctx context.Context, f Flinks, a login.Access, made *verification) (flinks.AccountsDetail, error) {
	patience, stop := context.WithTimeout(ctx, dataPatience)
	defer stop()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(patience, cancel)()
	if made.async {
		return f.GetAccountsDetailAsync(ctx, a.Endpoint, a.Credentials, made.requestID)
	}
	return f.GetAccountsDetail(ctx, a.Endpoint, a.Credentials, made.requestID)
}
