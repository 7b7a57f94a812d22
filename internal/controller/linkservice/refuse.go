package linkservice

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// refuse tells the platform of a login that is at Flinks and is not kept. If that shows that no
// proof works at the instance, it is no fault of the customer, and the instance says so.
func (s *Service) refuse(ctx context.Context, q linkRequest, id flinks.LoginID, isNoProof bool) linkapi.View {
	s.reportRefusal(ctx, q, q.fingerprint(id), lifecycle.LoginNotVerifiedEvent())
	if isNoProof {
		s.noteProof(ctx, q, false)
	}
	if s.Clock.Now().Before(q.instance.LinksPausedUntil()) {
		page := q.in(linkapi.StateBlocked)
		page.Reason = v1alpha1.ReasonProofNotReturned
		return page
	}
	return q.in(linkapi.StateNotVerified)
}

// refuseOther refuses another login than the bound one, which stays bound: who holds a link must not
// be able to replace it. The other login stays at Flinks, because it may be another customer's.
func (s *Service) refuseOther(ctx context.Context, q linkRequest, id flinks.LoginID) linkapi.View {
	fingerprint := q.fingerprint(id)
	if q.open && fingerprint != "" && s.refusals.allow(s.Clock.Now(), q.connection().UID, checksPerHour).IsZero() {
		s.reportRefusal(ctx, q, fingerprint, lifecycle.OtherLoginEvent())
		s.OtherLogins(q.instance.Key)
	}
	return q.in(linkapi.StateOtherLogin)
}

// reportRefusal names a login in the status of the connection, and says why it is not kept: again only
// if the customer has tried again since.
// That may fail: the customer comes again.
func (s *Service) reportRefusal(ctx context.Context, q linkRequest, fingerprint string, why lifecycle.Event) {
	written, err := s.demand(ctx, q.connection(), lifecycle.RefuseLogin(fingerprint, why.Reason))
	if err != nil {
		log.FromContext(ctx).Info("Refusal of a login not written", "connection", q.name())
	}
	if written {
		event.Emit(s.Recorder, q.connection(), why)
	}
}

// noteProof notes at the instance whether Flinks proved a login. A write that fails is made for
// the next customer.
func (s *Service) noteProof(ctx context.Context, q linkRequest, proven bool) {
	before, changed, err := q.instance.NoteProof(ctx, s.Clock.Now(), s.Client, proven)
	if err != nil {
		log.FromContext(ctx).Info("Proof of a link not noted", "instance", q.instance.Key)
	}
	if changed {
		event.Emit(s.Recorder, q.instance.Object, instance.Events(&before, q.instance.Status)...)
	}
}
