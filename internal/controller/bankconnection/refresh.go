package bankconnection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// refresh opens a live session, at most once for each claim.
//
// The claim is written first, with the resourceVersion that the decision was
// made from: an old cache or another leader loses here, and nothing was called.
// From then on a crash leaves a claim without a result, which is waited out.
func (r *Reconciler) refresh(ctx context.Context, s *scope, a lifecycle.Refresh) (ctrl.Result, error) {
	claimTime, nonce := r.Clock.Now(), rand.Text()
	before := s.Connection.Status
	s.Connection = s.Connection.DeepCopy()
	s.Connection.Status = lifecycle.Claim(claimTime, s.Inputs, a, nonce)
	if err := r.Client.Status().Update(ctx, s.Connection); err != nil {
		return r.conflict(s.Connection, err)
	}
	if s.Connection.Status.Internal.Nonce != nonce {
		return ctrl.Result{}, errClaimDropped
	}
	trail.OfConnection(r.Audit, s.Connection, nil, lifecycle.Acts(&before, &s.Connection.Status)...)
	access, outcome, err := r.prepare(ctx, s, a)
	var token flinks.AuthorizeToken
	if err == nil && outcome.Problem == "" {
		token, outcome, err = r.token(ctx, s, outcome, access, claimTime)
	}
	if err != nil {
		// Nothing was sent. If the claim cannot be taken back, it is waited out.
		log.FromContext(ctx).Error(err, "Refresh not sent")
		outcome.Err = unsent()
	}
	return r.finish(ctx, s, before, func(out context.Context) (lifecycle.Outcome, error) {
		if token.IsZero() {
			return outcome, nil
		}
		return r.call(out, s, outcome, access, token)
	})
}

// prepare makes sure that the live call may be made: the login is the bound one,
// and no other connection comes first.
func (r *Reconciler) prepare(ctx context.Context, s *scope, a lifecycle.Refresh) (login.Access, lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a, AnnouncedLink: s.AnnouncesLink()}
	access, problem, err := r.access(ctx, s)
	outcome.Problem, outcome.Identity = problem, access.Identity
	if err != nil || problem != "" {
		return access, outcome, err
	}
	if outcome.Protection, err = r.protect(ctx, s.Connection, access.Secret); err != nil {
		// The next action that reads the Secret protects it.
		log.FromContext(ctx).Error(err, "Secret not protected")
	}
	outcome.Problem, err = r.ownedByDuplicate(ctx, s)
	return access, outcome, err
}

// token takes the token of the live call that a claim was written for. It is the last
// that is done before the call: there is none if the call must not be made any more.
func (r *Reconciler) token(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access, claimTime time.Time) (flinks.AuthorizeToken, lifecycle.Outcome, error) {
	// Never a second token for the same claim, unless no session was opened with the first one: Flinks
	// opens at most one session for a token.
	token, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		outcome, err = r.failed(s, outcome, err)
		return flinks.AuthorizeToken{}, outcome, err
	}
	if outcome.Problem, err = r.suspendedSince(ctx, s); err != nil || outcome.Problem != "" {
		return flinks.AuthorizeToken{}, outcome, err
	}
	if err := ctx.Err(); err != nil {
		return flinks.AuthorizeToken{}, outcome, fmt.Errorf("leadership may be lost: %w", err)
	}
	if r.Clock.Since(claimTime) > lifecycle.ClaimLifetime {
		return flinks.AuthorizeToken{}, outcome, errors.New("the claim is too old")
	}
	return token, outcome, nil
}

// suspendedSince returns the reason why the instance as it is now forbids a live session; empty
// if it does not. It is read live: the cache may be old.
func (r *Reconciler) suspendedSince(ctx context.Context, s *scope) (problem string, err error) {
	latest, found, err := instance.Resolver{Client: r.Live}.Find(ctx, s.view.Key)
	if err == nil && found && latest.IsSuspended() {
		problem = v1alpha1.ReasonInstanceSuspended
	}
	return problem, err
}

// finish makes the live call and records what came of it, even if this process is told
// to stop or loses its leadership meanwhile: it alone knows the answer. Its worker waits
// for that only as long as the process goes on.
func (r *Reconciler) finish(ctx context.Context, s *scope, before v1alpha1.BankConnectionStatus, call func(context.Context) (lifecycle.Outcome, error)) (ctrl.Result, error) {
	var result ctrl.Result
	var failure error
	done := r.Inflight.Do(ctx, func(out context.Context) {
		outcome, err := call(out)
		if err == nil {
			result, err = r.settle(out, r.writer(ctx), s, before, outcome)
		}
		if failure = err; err != nil {
			log.FromContext(out).Error(err, "Live session not recorded")
		}
	})
	if !done {
		return ctrl.Result{}, nil
	}
	return result, failure
}

// writer returns the client with the cache for as long as there is one.
func (r *Reconciler) writer(ctx context.Context) client.Client {
	if ctx.Err() != nil {
		return r.Live
	}
	return r.Client
}

// call makes the live call.
func (r *Reconciler) call(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access, token flinks.AuthorizeToken) (lifecycle.Outcome, error) {
	if s.view.Identity.AuthorizeAsync == v1alpha1.AsyncSupported {
		return r.callAsync(ctx, s, outcome, a, token)
	}
	sent := r.Clock.Now()
	got, err := s.flinks.Refresh(ctx, a.Endpoint, token, a.LoginID)
	return r.authorized(ctx, s, outcome, a, got, err, sent)
}

// callAsync begins the live call with AuthorizeAsync. An instance that turns out not to have it has
// opened no session, so the claim is still good for a call of Authorize.
func (r *Reconciler) callAsync(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access, token flinks.AuthorizeToken) (lifecycle.Outcome, error) {
	sent := r.Clock.Now()
	got, err := s.flinks.RefreshAsync(ctx, a.Endpoint, token, a.LoginID)
	if failure, ok := errors.AsType[*flinks.Error](err); ok && lifecycle.LacksAsync(failure) {
		return r.callWithoutAsync(ctx, s, outcome, a)
	}
	outcome, err = r.authorized(ctx, s, outcome, a, got, err, sent)
	if err == nil && outcome.Err != nil && lifecycle.IsDispatched(outcome.Err) {
		s.session.use = awaitsOutcome
	}
	return outcome, err
}

// callWithoutAsync calls Authorize for a claim whose first call Flinks did not take.
func (r *Reconciler) callWithoutAsync(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	log.FromContext(ctx).Info("The instance does not have AuthorizeAsync; correct spec.authorizeAsync", "instance", s.view.Key.String())
	token, outcome, err := r.token(ctx, s, outcome, a, s.Connection.Status.Refresh.StartTime.Time)
	if err != nil {
		log.FromContext(ctx).Error(err, "Refresh not sent")
		outcome.Err = unsent()
	}
	if token.IsZero() {
		return outcome, nil
	}
	if !s.leads() { // Which the context of a live call does not tell.
		outcome.Err = unsent()
		return outcome, nil
	}
	sent := r.Clock.Now()
	got, err := s.flinks.Refresh(ctx, a.Endpoint, token, a.LoginID)
	return r.authorized(ctx, s, outcome, a, got, err, sent)
}

// authorized turns the answer to a live call, or to a poll for it, into an outcome.
func (r *Reconciler) authorized(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access, got flinks.Authorization, err error, sent time.Time) (lifecycle.Outcome, error) {
	if err != nil {
		return r.failed(s, outcome, err)
	}
	outcome.Authorization, outcome.Answered = &got, r.answered(sent)
	if got.State != flinks.ChallengePending {
		s.session.take(got.RequestID, opensData)
		return outcome, nil
	}
	return r.deliverLink(ctx, s, outcome, a, got.RequestID), nil
}

// ownedByDuplicate returns the reason why another connection with the same login comes first:
// it owns the login, or may have a live session of its own. The cache is asked once it
// shows our claim: then it holds what was stored before that, so of two that claim at
// once at least one sees the other.
func (r *Reconciler) ownedByDuplicate(ctx context.Context, s *scope) (problem string, err error) {
	if err := r.awaitClaim(ctx, s); err != nil {
		return "", err
	}
	fingerprint := s.Connection.Status.Binding.LoginFingerprint
	known, err := r.Logins.Duplicates(ctx, s.Connection, fingerprint)
	if err != nil {
		return "", err
	}
	found, unread, err := r.Logins.Latest(ctx, known)
	if err != nil {
		return "", err
	}
	duplicates := slices.Concat(found, unread)
	now := r.Clock.Now()
	if lifecycle.OwnedByOther(now, s.Connection, fingerprint, duplicates) {
		return v1alpha1.ReasonDuplicateLogin, nil
	}
	for _, duplicate := range duplicates {
		if lifecycle.SessionMayBeOpen(now, &duplicate.Status) {
			problem = v1alpha1.ReasonSessionOpen
		}
	}
	return problem, nil
}
