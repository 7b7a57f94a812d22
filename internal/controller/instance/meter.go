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

// Call is told of each call ahead of it.
func (m Meter) Call() {
	if m.Grant != nil {
		m.Grant.Call(m.Clock.Now())
	}
}

// Report is told the error of each call, or nil. When a pause of the instance begins
// or ends, its reconciler is woken to say so.
func (m Meter) Report(err error) {
	verdict, pause := verdictOf(err)
	m.report(verdict, pause)
}

// ReportToken is told the error of a call for an authorize token, or nil. That Flinks
// hands out tokens does not mean that it does anything else.
func (m Meter) ReportToken(err error) {
	verdict, pause := verdictOf(err)
	if verdict == budget.Answers {
		verdict = budget.Reached
	}
	m.report(verdict, pause)
}

func (m Meter) report(v budget.Verdict, pause time.Duration) {
	if m.Grant != nil && m.Grant.Report(m.Clock.Now(), v, pause) {
		m.ProbeQueue.Wake(m.View)
	}
}

// ReportLive is told the error of each live call, or nil. A reply that is lost says
// nothing about the instance: a bank that is slow is reason enough.
func (m Meter) ReportLive(err error) {
	verdict, pause := verdictOf(err)
	if isLost(err) && verdict == budget.Fails {
		verdict = budget.Untold
	}
	m.report(verdict, pause)
	if outage, told := outageOf(err); told && m.Grant != nil {
		m.Grant.ReportBank(m.Clock.Now(), outage)
	}
}

// verdictOf is what a call says about the instance. A definite answer says that it
// is well, even a replay of a fault inside Flinks.
func verdictOf(err error) (budget.Verdict, time.Duration) {
	remote, ok := errors.AsType[*flinks.Error](err)
	switch {
	case err == nil:
		return budget.Answers, 0
	case !ok, errors.Is(remote, context.Canceled):
		return budget.Untold, 0
	case remote.Class == flinks.ClassThrottled:
		return budget.Throttles, remote.RetryAfter
	case remote.Delivery == flinks.Answered:
		return budget.Answers, 0
	case remote.Code == flinks.CodeInvalidCall, remote.Code == flinks.CodeCredentialMissing, remote.IsBareNotFound():
		return budget.Untold, 0
	}
	return budget.Fails, remote.RetryAfter
}

// isLost reports whether a call may have been acted upon, and only its reply is missing.
func isLost(err error) bool {
	remote, ok := errors.AsType[*flinks.Error](err)
	return ok && remote.Delivery == flinks.Ambiguous
}

// outageOf is what a live call says about the bank, if it says anything.
func outageOf(err error) (outage budget.Outage, told bool) {
	remote, ok := errors.AsType[*flinks.Error](err)
	switch {
	case err == nil:
		return budget.None, true
	case isLost(err) && !errors.Is(remote, context.Canceled):
		return budget.Lost, true
	case !ok, remote.Delivery != flinks.Answered, remote.HTTPStatus >= 500:
		return budget.None, false
	}
	switch remote.Code {
	case flinks.CodeDisabledInstitution:
		return budget.Off, true
	case flinks.CodeRetryLater, flinks.CodeBankMaintenanceRetryLater:
		return budget.Away, true
	default:
		return budget.None, remote.Class == flinks.ClassUser || remote.Class == flinks.ClassData
	}
}
