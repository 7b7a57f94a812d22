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

// verificationCalls are the calls of one step of a verification: the data of one session, and a
// token, an observe and the data of another.
const verificationCalls = 4

// verify makes sure that a login was linked with the link of this request: any login can be
// named with a link. Nothing that the browser said is believed; lifecycle.JudgeLink says what
// proves it.
func (s *Service) verify(ctx context.Context, q *linkRequest, named namedLogin) (page linkapi.View, linked bool) {
	now, uid := s.Clock.Now(), q.connection().UID
	made, ok := s.verifications.begin(now, uid, verification{
		login: q.fingerprint(named.id), issued: q.claims.Issued, reported: named.session,
	})
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
	a.LoginID = named.id
	if made.requestID.IsZero() {
		if until := s.checks.allow(now, uid, checksPerHour); !until.IsZero() {
			page := q.in(linkapi.StateWait)
			page.Until = until
			return page, false
		}
	}
	release, denied := s.admit(q, verificationCalls)
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

// namedLogin is what the browser says that Flinks Connect ended with.
type namedLogin struct {
	id flinks.LoginID
	// session is zero if the browser named none.
	session flinks.RequestID
	// accounts that the customer selected; none if the browser named none.
	accounts []string
}

// askFlinks makes the calls of a verification, as far as Flinks answers them now. The session
// that Flinks Connect reported comes first: it may be the only one whose data has the tag.
func (s *Service) askFlinks(ctx context.Context, q linkRequest, a login.Access, made *verification) linkapi.View {
	made.notUntil = s.Clock.Now().Add(lifecycle.CollectPoll)
	if made.requestID.IsZero() && !made.asked {
		made.requestID = made.reported
	}
	if made.ofReported() {
		page, proof := s.askProof(ctx, q, a, made)
		if page.State == linkapi.StateWorking || page.State == linkapi.StateUnavailable || proof != lifecycle.ProofMissing {
			return page
		}
		made.giveUpReported()
	}
	if made.requestID.IsZero() {
		if page, known := s.isKnown(ctx, q, a, made); !known {
			return page
		}
	}
	page, _ := s.askProof(ctx, q, a, made)
	return page
}

// askProof asks for the data of the session that a verification has come to, and judges it.
func (s *Service) askProof(ctx context.Context, q linkRequest, a login.Access, made *verification) (linkapi.View, lifecycle.Proof) {
	detail, err := askData(ctx, q.flinks, a, made)
	if err != nil {
		return s.noData(ctx, q, made, err), lifecycle.ProofMissing
	}
	if detail.Pending {
		made.async = true
		return q.in(linkapi.StateWorking), lifecycle.ProofMissing
	}
	proof := lifecycle.JudgeLink(s.Clock.Now(), &q.connection().Status, s.evidence(q, a, made, detail))
	switch {
	case proof == lifecycle.Proven:
		made.linked, made.requestID, made.notUntil = true, flinks.RequestID{}, time.Time{}
		s.noteProof(ctx, q, true)
		return q.page, proof
	case proof != lifecycle.Refuted && made.ofReported():
		return q.in(linkapi.StateNotVerified), proof // Another session may prove it.
	}
	named := !made.reported.IsZero()
	*made = verification{}
	if !detail.Login.Equal(a.LoginID) {
		return q.in(linkapi.StateNotVerified), lifecycle.Refuted
	}
	isNoProof := proof == lifecycle.ProofMissing && lifecycle.ShowsNoProof(s.Clock.Now(), &q.connection().Status, detail.LastRefresh, named)
	return s.refuse(ctx, q, detail.Login, isNoProof), proof
}

// evidence returns what the data of a session says.
func (s *Service) evidence(q linkRequest, a login.Access, made *verification, detail flinks.AccountsDetail) lifecycle.LinkEvidence {
	e := lifecycle.LinkEvidence{
		Reported: made.ofReported(), SameLogin: detail.Login.Equal(a.LoginID), Tag: lifecycle.TagOfOther,
		LastRefresh: detail.LastRefresh, Issued: q.claims.Issued,
	}
	switch {
	case detail.Tag.IsZero():
		e.Tag = lifecycle.TagAbsent
	case s.Keys().IsTag(detail.Tag.ForComparison(), q.claims):
		e.Tag = lifecycle.TagOfLink
	}
	return e
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
	refusal := s.refused(ctx, q, err)
	if made.ofReported() {
		if lifecycle.IsSessionLost(refusal) {
			return q.in(linkapi.StateNotVerified)
		}
		return q.in(linkapi.State(lifecycle.WithoutData(refusal))) // No other session can take its place.
	}
	// Another session is opened the next time.
	made.requestID, made.async = flinks.RequestID{}, false
	return q.in(linkapi.State(lifecycle.WithoutData(refusal)))
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
