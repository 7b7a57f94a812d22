package lifecycle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// isNews reports whether the data is newer than anything known before.
func isNews(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return !a.LastRefresh.IsZero() &&
		(st.LastRefreshTime == nil || a.LastRefresh.Truncate(time.Second).After(st.LastRefreshTime.Time))
}

// isOfAttempt reports whether data of that time can have come with the newest attempt.
func isOfAttempt(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.Refresh == nil || st.Refresh.StartTime == nil ||
		!t.Before(st.Refresh.StartTime.Add(-ClockSkew))
}

// answered reports whether the data is newer than the newest attempt and than anything
// known before: a cached success proves nothing.
func answered(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return isNews(st, a) && isOfAttempt(st, a.LastRefresh)
}

// cameBack reports whether the customer who was asked to act has let Flinks in since. If
// the bank had asked a question, only younger data can be the answer.
func cameBack(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	r := st.Reconnect
	return r != nil && isNews(st, a) &&
		(r.Question.IssueTime == nil || !a.LastRefresh.Before(r.Question.IssueTime.Add(-ClockSkew)))
}

// isDataTimeOpen reports whether the bank let Flinks in but the time of the data is
// unknown. The next observe tells it.
func isDataTimeOpen(st *v1alpha1.BankConnectionStatus) bool {
	if refreshState(st) != v1alpha1.RefreshSucceeded || st.Refresh.LastResult == nil {
		return false
	}
	known := st.LastRefreshTime != nil && isOfAttempt(st, st.LastRefreshTime.Time)
	return !known && st.LastObservedTime.Before(&st.Refresh.LastResult.AnswerTime)
}

// observedAfter reports whether the newest observe was not before t.
func observedAfter(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.LastObservedTime != nil && !st.LastObservedTime.Time.Before(t)
}

// maxAccounts is how many accounts a status holds.
const maxAccounts = 100

// accounts returns the accounts that fit a status, each once.
func accounts(found []flinks.Account) []v1alpha1.Account {
	var kept []v1alpha1.Account
	for _, a := range found {
		known := slices.ContainsFunc(kept, func(k v1alpha1.Account) bool { return k.ID == a.ID })
		if !known && len(kept) < maxAccounts {
			kept = append(kept, v1alpha1.Account{ID: a.ID, Type: a.Type, Currency: a.Currency})
		}
	}
	return kept
}

// idsOf returns the ids of accounts. GUIDs may be spelled in either case.
func idsOf(accounts []v1alpha1.Account) map[string]bool {
	ids := map[string]bool{}
	for _, a := range accounts {
		ids[strings.ToLower(a.ID)] = true
	}
	return ids
}

// setLastRefresh moves the time only forward, and never past the present.
func (s *state) setLastRefresh(t time.Time) {
	if t.IsZero() {
		return
	}
	if t.After(s.now) {
		t = s.now
	}
	s.st.LastRefreshTime = latest(s.st.LastRefreshTime, Past(t))
}

// setDataTime records the time of the data: as Flinks says or, if it does not, the start
// of the session in which the bank let Flinks in.
func (s *state) setDataTime(t time.Time) {
	known := s.st.LastRefreshTime != nil && isOfAttempt(s.st, s.st.LastRefreshTime.Time)
	if t.IsZero() && !known && s.st.Refresh.StartTime != nil {
		t = s.st.Refresh.StartTime.Time
	}
	s.setLastRefresh(t)
}

// setAccounts records the accounts of a collect, which of the selected ones are missing, and the
// time at which they changed.
func (s *state) setAccounts(found []flinks.Account) {
	known := idsOf(s.st.Accounts)
	s.st.Accounts = accounts(found)
	s.noteMissing()
	if len(known) > 0 && !maps.Equal(known, idsOf(s.st.Accounts)) {
		s.st.AccountsChangeTime = Past(s.now)
	}
}

// WantsSession reports whether the RequestId in memory is of use after an outcome was
// recorded; it is forgotten otherwise. Only its own session tells the result of a live
// call in the background, and one that was delivered is the application's.
func WantsSession(st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	if observe, ok := o.Action.(Observe); ok && observe.HandOff {
		return false
	}
	switch refreshState(st) {
	case v1alpha1.RefreshCollecting:
		return !Is[Collect](o.Action) || o.Err == nil
	case v1alpha1.RefreshDispatched:
		return !Is[Observe](o.Action)
	default:
		return false
	}
}
