package lifecycle

import (
	"time"

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
	answered := (err.Op == flinks.OpRefresh || err.Op == flinks.OpPollRefresh) && err.Delivery != flinks.NotSent
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
