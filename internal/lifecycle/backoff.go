package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// backoff is the pause after a first failure, and the longest pause. In between the pause
// is as long as the trouble has lasted, so each pause is about twice the one before and no
// count of failures is needed.
type backoff struct{ least, most time.Duration }

func (b backoff) after(lasted time.Duration) time.Duration { return clamp(lasted, b.least, b.most) }

// backoffs lists the pauses after an error or a missing answer. The first matching row
// counts; an empty column matches everything.
var backoffs = []struct {
	op    flinks.Operation
	code  flinks.Code
	class flinks.Class
	backoff
}{
	// An administrator waits for a deletion, and Flinks fetches data within half an hour
	// or not at all.
	{flinks.OpDeleteCard, flinks.CodeCardInUse, "", backoff{30 * time.Second, 5 * time.Minute}},
	{flinks.OpDeleteCard, "", flinks.ClassThrottled, backoff{time.Minute, 15 * time.Minute}},
	{flinks.OpDeleteCard, "", "", backoff{5 * time.Second, 5 * time.Minute}},
	{flinks.OpGetAccountsDetail, "", "", backoff{CollectPoll, 5 * time.Minute}},

	// Nothing was sent, so the bank cannot have contacted the customer.
	{flinks.OpRefresh, flinks.CodeNotSent, "", backoff{time.Minute, time.Hour}},
	{flinks.OpRefresh, flinks.CodeAggregationError, "", backoff{15 * time.Minute, 2 * time.Hour}},
	{flinks.OpRefresh, "", flinks.ClassThrottled, backoff{15 * time.Minute, time.Hour}},

	{"", flinks.CodeRetryLater, "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", flinks.CodeBankMaintenanceRetryLater, "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", flinks.CodeAggregationError, "", backoff{5 * time.Minute, 2 * time.Hour}},
	{"", flinks.CodeDisabledInstitution, "", backoff{time.Hour, 24 * time.Hour}},
	{"", "", flinks.ClassThrottled, backoff{time.Minute, 15 * time.Minute}},
	// Errors that only a change of an object, or at Flinks, can resolve.
	{"", "", flinks.ClassConfig, backoff{time.Hour, 6 * time.Hour}},
	{"", "", flinks.ClassGone, backoff{time.Hour, 6 * time.Hour}},

	{flinks.OpRefresh, "", "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", "", "", backoff{5 * time.Second, time.Hour}},
}

// The pauses after a problem in the cluster, between two observes while a customer answers
// the bank, and between two reads of the Secret while a customer is asked to link their
// bank, which may take days.
var (
	problemBackoff = backoff{time.Second, time.Minute}
	answerBackoff  = backoff{5 * time.Second, 2 * time.Minute}
	loginBackoff   = backoff{time.Second, 10 * time.Minute}
)

func backoffOf(op flinks.Operation, code flinks.Code, class flinks.Class) backoff {
	for _, row := range backoffs {
		if (row.op == "" || row.op == op) && (row.code == "" || row.code == code) &&
			(row.class == "" || row.class == class) {
			return row.backoff
		}
	}
	return backoff{time.Hour, time.Hour} // The last row fits all.
}
