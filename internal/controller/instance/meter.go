package instance

import (
	"context"
	"errors"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Meter counts the calls that a grant was given for, and tells the budget what came
// of them. The zero Meter counts nothing.
type Meter struct {
	Grant      *budget.Grant
	Clock      clock.PassiveClock
	View       View
	ProbeQueue *ProbeQueue
}

// Observe counts a call before it is made, and returns what to call with its outcome.
func (m Meter) Observe(op flinks.Operation) (ended func(*flinks.Error)) {
	if m.Grant == nil {
		return func(*flinks.Error) {}
	}
	m.Grant.Call(m.Clock.Now())
	return func(failure *flinks.Error) { m.report(op, failure) }
}

// report tells the budget what a call says about the instance, and a live one also about the
// bank. When a pause of the instance begins or ends, its reconciler is woken to say so.
func (m Meter) report(op flinks.Operation, failure *flinks.Error) {
	verdict, pause := verdictOf(op, failure)
	if m.Grant.Report(m.Clock.Now(), verdict, pause) {
		m.ProbeQueue.Wake(m.View)
	}
	if op != flinks.OpRefresh && (op != flinks.OpPollRefresh || !isOfSession(failure)) {
		return
	}
	if outage, told := outageOf(failure); told {
		m.Grant.ReportBank(m.Clock.Now(), outage)
	}
}

// isOfSession reports whether the outcome of a poll is that of the live session. A poll contacts no bank, so
// that its own failure says nothing of one.
func isOfSession(failure *flinks.Error) bool {
	return failure == nil || failure.InSession && failure.Code != flinks.CodeUnauthorized && failure.Code != flinks.CodeAccessDenied
}

// verdictOf returns what the outcome of a call says about the instance.
func verdictOf(op flinks.Operation, failure *flinks.Error) (budget.Verdict, time.Duration) {
	verdict, pause := generalVerdict(failure)
	switch {
	case isProbe(op) && verdict == budget.Answers:
		// That Flinks accepts the keys does not mean that it does anything else.
		verdict = budget.Reached
	case op == flinks.OpRefresh && verdict == budget.Fails && isLost(failure):
		// A bank that is slow is reason enough for a lost reply.
		verdict = budget.Unknown
	}
	return verdict, pause
}

// isProbe reports whether a call only shows that Flinks can be reached and accepts the keys.
func isProbe(op flinks.Operation) bool {
	return op == flinks.OpGenerateAuthorizeToken || op == flinks.OpGetAccountsSummary
}

// generalVerdict returns the verdict without what is special to an operation. A definite answer
// says that the instance is well, even a replay of a fault inside Flinks.
func generalVerdict(failure *flinks.Error) (budget.Verdict, time.Duration) {
	switch {
	case failure == nil:
		return budget.Answers, 0
	case errors.Is(failure, context.Canceled):
		return budget.Unknown, 0
	case failure.Class == flinks.ClassThrottled:
		return budget.Throttles, failure.RetryAfter
	case failure.Delivery == flinks.Answered:
		return budget.Answers, 0
	case failure.Code == flinks.CodeInvalidCall, failure.Code == flinks.CodeCredentialMissing, failure.IsBareNotFound():
		return budget.Unknown, 0
	}
	return budget.Fails, failure.RetryAfter
}

// isLost reports whether a call may have been acted upon, and only its reply is missing.
func isLost(failure *flinks.Error) bool {
	return failure != nil && failure.Delivery == flinks.Ambiguous
}

// outageOf returns what a live call says about the bank, if it says anything.
func outageOf(failure *flinks.Error) (outage budget.Outage, told bool) {
	switch {
	case failure == nil:
		return budget.None, true
	case isLost(failure) && !errors.Is(failure, context.Canceled):
		return budget.Lost, true
	case failure.Delivery != flinks.Answered, failure.HTTPStatus >= 500:
		return budget.None, false
	}
	switch failure.Code {
	case flinks.CodeDisabledInstitution:
		return budget.Off, true
	case flinks.CodeRetryLater, flinks.CodeBankMaintenanceRetryLater:
		return budget.Away, true
	default:
		return budget.None, failure.Class == flinks.ClassUser || failure.Class == flinks.ClassData
	}
}
