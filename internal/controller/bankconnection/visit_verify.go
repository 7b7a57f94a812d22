package bankconnection

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// dataPatience is how long Flinks is listened to before the page is answered. It goes
// on working when nobody listens.
const dataPatience = 45 * time.Second

// proof is how far the check of a new login got. All of it can be had again from Flinks.
type proof struct {
	fingerprint string
	issued      time.Time
	// requestID opens the data of the login; zero before Flinks confirmed that there is
	// such a login.
	requestID flinks.RequestID
	// async is true once Flinks answered that it is still fetching the data.
	async bool
	// linked is true once the data said that it was linked with this link.
	linked bool
	// notUntil holds back the next call.
	notUntil time.Time
	// busy is true while somebody else is at it.
	busy bool
}

// proofs are those of all connections that are being linked. They are safe for
// concurrent use.
type proofs struct {
	mu   sync.Mutex
	made map[types.UID]proof
}

// begin is how far a check got, for who goes on with it; false if it is not the time.
// Another login, or another link, begins anew.
func (s *proofs) begin(now time.Time, uid types.UID, fingerprint string, issued time.Time) (p proof, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p = s.made[uid]
	if p.busy {
		return p, false
	}
	if p.fingerprint != fingerprint || !p.issued.Equal(issued) {
		p = proof{fingerprint: fingerprint, issued: issued}
	}
	if now.Before(p.notUntil) {
		return p, false
	}
	if s.made == nil {
		s.made = map[types.UID]proof{}
	}
	makeRoom(s.made, uid, func(p proof) bool { return !p.busy && !now.Before(p.notUntil.Add(lifecycle.SessionIdle)) })
	busy := p
	busy.busy = true
	s.made[uid] = busy
	return p, true
}

func (s *proofs) end(uid types.UID, p proof) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[uid] = p
}

// verify makes sure that a login exists on the visitor's instance, and that it was
// linked with the visitor's link: anybody who has the link can name any login, but only
// who went through Flinks Connect with it has the tag of the link in the data. Nothing
// that the browser said is believed.
func (v *Visits) verify(ctx context.Context, p *visitor, login flinks.LoginID) (view linkapi.View, linked bool) {
	now, uid := v.Reconciler.Clock.Now(), p.connection().UID
	made, ok := v.proofs.begin(now, uid, p.fingerprint(login), p.claims.Issued)
	if !ok {
		return p.working(), false
	}
	defer func() { v.proofs.end(uid, made) }()
	if made.linked {
		return p.view, true
	}
	a, ok, err := v.keys(ctx, *p)
	if err != nil || !ok {
		return p.unavailable(), false
	}
	a.login = login
	if made.requestID.IsZero() {
		if until := v.checks.allow(now, uid, checksPerHour); !until.IsZero() {
			return p.wait(until), false
		}
	}
	release, denied := v.admit(p, 2)
	switch {
	case denied != nil && denied.Reason == "":
		return p.working(), false // It is only not their turn.
	case denied != nil:
		return *denied, false
	}
	defer release()
	view = v.prove(ctx, *p, a, &made)
	return view, made.linked
}

// prove makes the calls of a check, as far as Flinks answers them now.
func (v *Visits) prove(ctx context.Context, p visitor, a access, made *proof) linkapi.View {
	made.notUntil = v.Reconciler.Clock.Now().Add(lifecycle.CollectPoll)
	if made.requestID.IsZero() {
		if view, known := v.isKnown(ctx, p, a, made); !known {
			return view
		}
	}
	detail, err := askData(ctx, p.scene.flinks, a, made)
	if err != nil {
		return v.noData(ctx, p, made, err)
	}
	keys := v.Reconciler.Links.Keys
	switch {
	case detail.Pending:
		made.async = true
		return p.working()
	case !detail.Login.Equal(a.login), !keys.IsTag(detail.Tag.ForComparison(), p.claims.UID, p.claims.Issued):
		*made = proof{}
		return p.notVerified()
	}
	made.linked, made.requestID, made.notUntil = true, flinks.RequestID{}, time.Time{}
	return p.view
}

// isKnown is true if Flinks knows the login on this instance. It contacts no bank.
func (v *Visits) isKnown(ctx context.Context, p visitor, a access, made *proof) (linkapi.View, bool) {
	token, err := p.scene.flinks.GenerateAuthorizeToken(ctx, a.endpoint, a.credentials)
	if err != nil {
		_ = v.refused(ctx, p, err)
		return p.unavailable(), false
	}
	authorization, err := p.scene.flinks.Observe(ctx, a.endpoint, token, a.login)
	if err != nil {
		return v.notKnown(ctx, p, err), false
	}
	if authorization.State != flinks.Authorized {
		return p.notVerified(), false // Whoever came through Flinks Connect has answered.
	}
	made.requestID, made.async = authorization.RequestID, false
	return p.view, true
}

// notKnown is what a visitor finds whose login Flinks says something else about than
// that the bank let it in.
func (v *Visits) notKnown(ctx context.Context, p visitor, err error) linkapi.View {
	remote := v.refused(ctx, p, err)
	switch {
	case remote.Class == flinks.ClassGone, remote.Class == flinks.ClassUser:
		return p.notVerified()
	case remote.Class == flinks.ClassPending, remote.Code == flinks.CodeConcurrentSession, remote.Code == flinks.CodeCardInUse:
		return p.working() // The session of this very visit may not have ended yet.
	}
	return p.unavailable()
}

// noData is what a visitor finds whose data Flinks does not give out.
func (v *Visits) noData(ctx context.Context, p visitor, made *proof, err error) linkapi.View {
	if errors.Is(err, context.Canceled) {
		made.async = true
		return p.working() // It takes longer than a page is kept waiting.
	}
	remote := v.refused(ctx, p, err)
	made.requestID, made.async = flinks.RequestID{}, false
	switch {
	case remote.Class == flinks.ClassUser, remote.Class == flinks.ClassGone:
		return p.notVerified()
	case remote.Code == flinks.CodeSessionExpired, remote.Code == flinks.CodeSessionNonexistent, remote.Code == flinks.CodeCardInUse:
		return p.working() // Another session is opened the next time.
	}
	return p.unavailable()
}

// askData asks for the data of a login, and listens no longer than a page can wait. That
// Flinks is not listened to any more is no fault of Flinks, so the call is cancelled and
// does not run out of time.
func askData(ctx context.Context, f Flinks, a access, made *proof) (flinks.AccountsDetail, error) {
	patience, stop := context.WithTimeout(ctx, dataPatience)
	defer stop()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(patience, cancel)()
	if made.async {
		return f.GetAccountsDetailAsync(ctx, a.endpoint, a.credentials, made.requestID)
	}
	return f.GetAccountsDetail(ctx, a.endpoint, a.credentials, made.requestID)
}

func (p visitor) shows(state linkapi.State) linkapi.View {
	view := p.view
	view.State, view.Reason, view.Until = state, "", time.Time{}
	return view
}

func (p visitor) working() linkapi.View     { return p.shows(linkapi.StateWorking) }
func (p visitor) unavailable() linkapi.View { return p.shows(linkapi.StateUnavailable) }
func (p visitor) notVerified() linkapi.View { return p.shows(linkapi.StateNotVerified) }

func (p visitor) wait(until time.Time) linkapi.View {
	view := p.shows(linkapi.StateWait)
	view.Until = until
	return view
}
