package linkservice

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Prove implements linkapi.Backend. The answer to a ticket that does not count is the same page
// as before, whatever is wrong with it.
func (s *Service) Prove(ctx context.Context, visit linkapi.Visit, ticket linkapi.Identifier) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	if err != nil || q.page.State != linkapi.StateProofRequired || q.challenge == "" {
		return q.page, err
	}
	if until := s.allowProof(q); !until.IsZero() {
		page := q.in(linkapi.StateWait)
		page.Until = until
		return page, nil
	}
	keys, problem, err := s.proofKeys(ctx, q.connection())
	if err != nil {
		return q.page, unavailable(ctx, err)
	}
	if problem != "" {
		log.FromContext(ctx).Info("Key of tickets cannot be used", "connection", q.name(), "reason", problem)
		s.recordRefusal(q, audit.ProofPresented, problem, "")
		page := q.in(linkapi.StateBlocked)
		page.Reason = problem
		return page, nil
	}
	if err := link.VerifyTicket(s.Clock.Now(), ticket.Reveal(), q.claims.UID, q.challenge, keys...); err != nil {
		log.FromContext(ctx).Info("Ticket refused", "connection", q.name(), "reason", err.Error())
		s.recordRefusal(q, audit.ProofPresented, reasonOfTicket(err), "")
		return q.page, nil
	}
	q, err = s.prove(ctx, visit)
	return q.page, err
}

// allowProof counts a ticket, and returns the zero time; if it may not be tried, it returns when to
// ask again. A browser soon reaches its own limit, and does not use up that of the connection:
// otherwise a stranger with the link could keep the customer out.
func (s *Service) allowProof(q linkRequest) (until time.Time) {
	now, uid := s.Clock.Now(), q.connection().UID
	if until = s.browserProofs.allow(now, browser{uid, q.challenge}, checksPerHour); !until.IsZero() {
		return until
	}
	return s.proofs.allow(now, uid, proofsPerHour)
}

// prove records that the application vouches for the browser of a visit, unless another browser
// was faster.
func (s *Service) prove(ctx context.Context, visit linkapi.Visit) (q linkRequest, err error) {
	return s.askWhere(ctx, visit, lifecycle.Travel(v1alpha1.JourneyOpened, lifecycle.ProveLink(challengeOf(visit))), func(q linkRequest) bool {
		return q.page.State == linkapi.StateProofRequired
	})
}

// proofKeys returns the keys of the application, or the reason why there are none.
func (s *Service) proofKeys(ctx context.Context, c *v1alpha1.BankConnection) (keys [][]byte, problem string, err error) {
	application := lifecycle.LinkProof(c)
	if application == nil {
		return nil, v1alpha1.ReasonSecretNotFound, nil
	}
	name := types.NamespacedName{Namespace: c.Namespace, Name: application.KeySecretRef.Name}
	read, failure, err := s.Logins.Secrets.Read(ctx, name)
	switch {
	case err != nil:
		return nil, "", err
	case failure == secret.NotFound:
		return nil, v1alpha1.ReasonSecretNotFound, nil
	case failure == secret.Forbidden:
		return nil, v1alpha1.ReasonSecretForbidden, nil
	case read.Labels[v1alpha1.PurposeLabel] != v1alpha1.PurposeLinkProof:
		// Otherwise someone who may not read a Secret could guess it, and see it confirmed.
		return nil, v1alpha1.ReasonSecretInvalid, nil
	}
	key, ok := read.Data[v1alpha1.LinkProofKey]
	if !ok {
		return nil, v1alpha1.ReasonSecretKeyNotFound, nil
	}
	keys = [][]byte{key}
	if previous := read.Data[v1alpha1.LinkProofPreviousKey]; len(previous) > 0 {
		keys = append(keys, previous)
	}
	for _, key := range keys {
		if len(key) < link.KeyBytes {
			return nil, v1alpha1.ReasonSecretInvalid, nil
		}
	}
	return keys, "", nil
}
