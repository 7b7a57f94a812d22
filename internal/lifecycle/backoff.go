package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// backoff is the pause after a first failure, and the longest one. In between it is
// as long as the trouble has lasted, so that each is about twice the one before, and
// nobody has to count.
type backoff struct{ least, most time.Duration }

func (b backoff) after(lasted time.Duration) time.Duration { return clamp(lasted, b.least, b.most) }

// backoffs are the pauses after what Flinks answers, or does not. The first row that
// fits counts; an empty column fits all.
var backoffs = []struct {
	kind  Kind
	code  flinks.Code
	class flinks.Class
	backoff
}{
	// Somebody waits for a deletion, and data are fetched within half an hour or not
	// at all.
	{Delete, flinks.CodeCardInUse, "", backoff{30 * time.Second, 5 * time.Minute}},
	{Delete, "", flinks.ClassThrottled, backoff{time.Minute, 15 * time.Minute}},
	{Delete, "", "", backoff{5 * time.Second, 5 * time.Minute}},
	{Collect, "", "", backoff{CollectPoll, 5 * time.Minute}},

	// Nothing at all was sent, so nobody was disturbed.
	{Refresh, flinks.CodeNotSent, "", backoff{time.Minute, time.Hour}},
	{Refresh, flinks.CodeAggregationError, "", backoff{15 * time.Minute, 2 * time.Hour}},
	{Refresh, "", flinks.ClassThrottled, backoff{15 * time.Minute, time.Hour}},

	{"", flinks.CodeRetryLater, "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", flinks.CodeBankMaintenanceRetryLater, "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", flinks.CodeAggregationError, "", backoff{5 * time.Minute, 2 * time.Hour}},
	{"", flinks.CodeDisabledInstitution, "", backoff{time.Hour, 24 * time.Hour}},
	{"", "", flinks.ClassThrottled, backoff{time.Minute, 15 * time.Minute}},
	// What only a change of an object, or at Flinks, can mend.
	{"", "", flinks.ClassConfig, backoff{time.Hour, 6 * time.Hour}},
	{"", "", flinks.ClassGone, backoff{time.Hour, 6 * time.Hour}},

	{Refresh, "", "", backoff{15 * time.Minute, 6 * time.Hour}},
	{"", "", "", backoff{5 * time.Second, time.Hour}},
}

// The pauses after what is wrong in the cluster, between two looks at what a person
// does, and between two looks for the login of a person who was asked to link their bank,
// which may take them days.
var (
	problemBackoff = backoff{time.Second, time.Minute}
	answerBackoff  = backoff{5 * time.Second, 2 * time.Minute}
	loginBackoff   = backoff{time.Second, 10 * time.Minute}
)

func backoffOf(kind Kind, code flinks.Code, class flinks.Class) backoff {
	for _, row := range backoffs {
		if (row.kind == "" || row.kind == kind) && (row.code == "" || row.code == code) &&
			(row.class == "" || row.class == class) {
			return row.backoff
		}
	}
	return backoff{time.Hour, time.Hour} // The last row fits all.
}
