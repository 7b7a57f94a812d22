package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// retryAfter returns the pause that Flinks asked for.
func retryAfter(err *flinks.Error) time.Duration {
	if err == nil {
		return 0
	}
	return err.RetryAfter
}

// describe returns a remote error in the catalogue's words.
func describe(err *flinks.Error) v1alpha1.LastError {
	return v1alpha1.LastError{Code: string(err.Code), Class: string(err.Class), Remedy: err.Remedy()}
}

// isReplay reports whether the answer is about the login, not about this call: Flinks
// repeats the last live failure, and the login exists. Older instances omit the RequestId,
// but only a login can need the customer. The token that precedes every call is not
// requested for a login. An answer that Flinks is still at work ends nothing.
func isReplay(err *flinks.Error) bool {
	return err.Op != flinks.OpGenerateAuthorizeToken && err.Delivery == flinks.Answered &&
		err.Class != flinks.ClassPending && (err.InSession || err.Class == flinks.ClassUser)
}

// isOutcome reports whether the answer to an observe tells how the last live session ended
// although it names no session: Flinks documents such answers as replays.
func isOutcome(err *flinks.Error) bool {
	return err.Op == flinks.OpObserve && err.Delivery == flinks.Answered && namesEndOfSession(err.Code)
}

// namesEndOfSession reports whether a live session can have ended with the code, which
// some instances give without a RequestId.
func namesEndOfSession(code flinks.Code) bool {
	switch code {
	case flinks.CodeAggregationError, flinks.CodeDisabledInstitution,
		flinks.CodeRetryLater, flinks.CodeBankMaintenanceRetryLater:
		return true
	default:
		return false
	}
}

// contactedBank reports whether a live call may have contacted a bank. Only calls that
// certainly contacted none are left out of the count of attempts.
func contactedBank(err *flinks.Error) bool {
	answered := err.Op == flinks.OpRefresh && err.Delivery != flinks.NotSent
	return isLost(err) || isReplay(err) || answered && (err.Class == flinks.ClassUnknown || namesEndOfSession(err.Code))
}

// isLost reports whether the result of a live call is unknown. A fault inside Flinks says
// nothing about the session, unless the answer names it. The token that precedes a refresh
// opens no session.
func isLost(err *flinks.Error) bool {
	if err.Op != flinks.OpRefresh {
		return false
	}
	doubtful := err.HTTPStatus >= 500 || err.Class == flinks.ClassPending
	return err.Delivery == flinks.Ambiguous || doubtful && !isDefinite(err)
}

// isDefinite reports whether an answer is Flinks' statement about the session that a call
// opened: a code of the catalogue, with a RequestId.
func isDefinite(err *flinks.Error) bool {
	return err.Delivery == flinks.Answered && err.InSession && err.Class != flinks.ClassUnknown
}

// IsDispatched reports whether Flinks continues a live call in the background, where its
// RequestId can be polled.
func IsDispatched(err *flinks.Error) bool {
	return err.Op == flinks.OpRefresh && err.Class == flinks.ClassPending && isDefinite(err)
}

// leavesSession reports whether the session of a live call may be open although Flinks
// answered: Flinks failed internally during it.
func leavesSession(err *flinks.Error) bool {
	return err.Op == flinks.OpRefresh && err.HTTPStatus >= 500
}

// keysReason returns the reason that refused keys get on the object that a call was made
// for: most calls take the x-api-key alone.
func keysReason(err *flinks.Error) string {
	switch err.Op {
	case flinks.OpGenerateAuthorizeToken, flinks.OpObserve, flinks.OpRefresh:
		return v1alpha1.ReasonInstanceNotReady
	case flinks.OpDeleteCard, flinks.OpSetScheduledRefresh:
		return v1alpha1.ReasonCardCredentialRefused
	default:
		return v1alpha1.ReasonAPIKeyRefused
	}
}

// SuspectsKeys reports whether an answer may mean that Flinks refuses the keys of the
// instance, so that they are to be tried. A proxy before Flinks may check them too.
func SuspectsKeys(err *flinks.Error) bool {
	denied := err.HTTPStatus == 401 || err.HTTPStatus == 403
	return err.Class == flinks.ClassInstance || denied && err.Class == flinks.ClassUnknown
}

// refusesCard reports whether an answer may mean that Flinks takes another key for the
// calls whose key the instance chooses. A code that is not known may mean anything.
func refusesCard(err *flinks.Error) bool {
	return (err.Op == flinks.OpDeleteCard || err.Op == flinks.OpSetScheduledRefresh) && !err.InSession &&
		err.Code != flinks.CodeUnrecognized && SuspectsKeys(err)
}

// IsCardRefused reports whether Flinks refused the key of spec.cardCredential to the newest
// such call of a connection.
func IsCardRefused(st *v1alpha1.BankConnectionStatus) bool {
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	return blocked != nil && blocked.Reason == v1alpha1.ReasonCardCredentialRefused ||
		st.LastError != nil && st.LastError.Code == v1alpha1.ReasonCardCredentialRefused
}

func saysGone(err *flinks.Error, op flinks.Operation) bool {
	return err.Op == op && err.Class == flinks.ClassGone
}

// isInVain reports whether there is nothing left to switch off, or Flinks says that it can
// never do it.
func isInVain(err *flinks.Error) bool {
	never := err.Class == flinks.ClassGone || err.Class == flinks.ClassConfig
	return never && err.Delivery == flinks.Answered && err.Code != flinks.CodeHostUnproven
}

// isForgotten reports whether Flinks no longer knows the RequestId; the next observe
// brings another one.
func isForgotten(err *flinks.Error) bool {
	return err.Code == flinks.CodeSessionExpired || err.Code == flinks.CodeSessionNonexistent
}
