package bankconnection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// refresh opens a live session, at most once for each claim.
//
// The claim is written first, with the resourceVersion that the decision was
// made from: an old cache or another leader loses here, and nothing was called.
// From then on a crash leaves a claim without a result, which is waited out.
func (r *Reconciler) refresh(ctx context.Context, s *scene, a lifecycle.Action) (ctrl.Result, error) {
	claimTime, nonce := r.Clock.Now(), rand.Text()
	before := s.Connection.Status
	s.Connection = s.Connection.DeepCopy()
	s.Connection.Status = lifecycle.Claim(claimTime, s.World, a, nonce)
	if err := r.Client.Status().Update(ctx, s.Connection); err != nil {
		return conflictResult(err)
	}
	if claim := s.Connection.Status.Refresh; claim == nil || claim.Nonce != nonce {
		return ctrl.Result{}, errors.New("the API server drops claims; is the CustomResourceDefinition up to date?")
	}
	access, outcome, err := r.prepare(ctx, s, a)
	if err == nil && outcome.Problem == "" && outcome.Err == nil {
		outcome, err = r.send(ctx, s, outcome, access, claimTime)
	}
	if err != nil {
		// Nothing was sent. If the claim cannot be taken back, it is waited out.
		log.FromContext(ctx).Error(err, "Refresh not sent")
		outcome.Err = unsent()
	}
	return r.settle(ctx, s, before, outcome)
}

// prepare makes sure that the live call may be made: the login is the bound one,
// and nobody else has it.
func (r *Reconciler) prepare(ctx context.Context, s *scene, a lifecycle.Action) (access, lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a}
	access, problem, err := r.access(ctx, s)
	outcome.Problem, outcome.Identity = problem, access.identity
	if err != nil || problem != "" {
		return access, outcome, err
	}
	if outcome.Hold, err = r.hold(ctx, s.Connection, access.secret); err != nil {
		// The next one that reads the Secret holds it.
		log.FromContext(ctx).Error(err, "Secret not held")
	}
	outcome.Problem, err = r.takenByTwin(ctx, s)
	return access, outcome, err
}

// send makes the live call that a claim was written for. An error means that
// nothing was sent.
func (r *Reconciler) send(ctx context.Context, s *scene, outcome lifecycle.Outcome, a access, claimTime time.Time) (lifecycle.Outcome, error) {
	// Never a second token for the same claim: Flinks opens at most one session
	// for a token.
	token, err := s.flinks.GenerateAuthorizeToken(ctx, a.endpoint, a.credentials)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	if err := ctx.Err(); err != nil {
		return outcome, fmt.Errorf("leadership may be lost: %w", err)
	}
	if r.Clock.Since(claimTime) > lifecycle.ClaimLifetime {
		return outcome, errors.New("the claim is too old")
	}
	got, err := s.flinks.Refresh(ctx, a.endpoint, token, a.login)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	outcome.Authorization, outcome.Answered = &got, r.Clock.Now()
	if got.State != flinks.ChallengePending {
		s.session.requestID, s.session.async = got.RequestID, false
		return outcome, nil
	}
	return r.handLink(ctx, s, outcome, a, got.RequestID), nil
}

// reconnectURL is empty if no link can be made; the session is on record all the
// same.
func reconnectURL(ctx context.Context, e flinks.Endpoint, p flinks.ConnectParams) string {
	url, err := flinks.ConnectURL(e, p)
	if err != nil {
		log.FromContext(ctx).Error(err, "Reconnect link not made")
	}
	return url
}

// connectParams bring the person back to the bank's question. There is no
// authorize token among them, for that must not stand in a status.
func connectParams(c *v1alpha1.BankConnection, id flinks.RequestID) flinks.ConnectParams {
	p := flinks.ConnectParams{RequestID: id, Form: flinks.FormV2, ResumeSelectedAccounts: lifecycle.ResumedAccounts(c)}
	if reconnect := c.Spec.Reconnect; reconnect != nil {
		p.Language, p.RedirectURL = reconnect.Language, reconnect.RedirectURL
	}
	return p
}

// takenByTwin is the reason why another connection with the same login comes first:
// it owns the login, or has a live session of its own. It is read live and after our
// claim was written, so of two that claim at once at least one sees the other.
func (r *Reconciler) takenByTwin(ctx context.Context, s *scene) (problem string, err error) {
	fingerprint := s.Connection.Status.Binding.LoginFingerprint
	twins, err := r.listLive(ctx, s.Connection, client.MatchingFields{fieldFingerprint: fingerprint})
	if err != nil {
		return "", err
	}
	now := r.Clock.Now()
	if lifecycle.OwnedByOther(now, s.Connection, fingerprint, twins) {
		return v1alpha1.ReasonDuplicateLogin, nil
	}
	for _, twin := range twins {
		if lifecycle.SessionMayBeOpen(now, &twin.Status) {
			problem = v1alpha1.ReasonSessionOpen
		}
	}
	return problem, nil
}

// listLive returns the other connections that the API server finds.
func (r *Reconciler) listLive(ctx context.Context, c *v1alpha1.BankConnection, selection client.MatchingFields) ([]*v1alpha1.BankConnection, error) {
	var list v1alpha1.BankConnectionList
	if err := r.Live.List(ctx, &list, selection); err != nil {
		return nil, fmt.Errorf("listing connections with the same login: %w", err)
	}
	var others []*v1alpha1.BankConnection
	for i := range list.Items {
		if list.Items[i].UID != c.UID {
			others = append(others, &list.Items[i])
		}
	}
	return others, nil
}

func unsent() *flinks.Error {
	return &flinks.Error{
		Op: flinks.OpRefresh, Code: flinks.CodeNotSent,
		Class: flinks.Lookup(string(flinks.CodeNotSent), false).Class, Delivery: flinks.NotSent,
	}
}
