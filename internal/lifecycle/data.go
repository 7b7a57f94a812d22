package lifecycle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// isNews is true if the data are newer than anything known before.
func isNews(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return !a.LastRefresh.IsZero() &&
		(st.LastRefreshTime == nil || a.LastRefresh.Truncate(time.Second).After(st.LastRefreshTime.Time))
}

// isOfAttempt is true if data of that time can have come with the newest attempt.
func isOfAttempt(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.Refresh == nil || st.Refresh.StartTime == nil ||
		!t.Before(st.Refresh.StartTime.Add(-ClockSkew))
}

// answered is true if the data are newer than the newest attempt and than
// anything known before: a cached success alone proves nothing.
func answered(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return isNews(st, a) && isOfAttempt(st, a.LastRefresh)
}

// cameBack is true if the person that was wanted let Flinks in since. Where the
// bank had asked, only what is younger than the question can be an answer.
func cameBack(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	r := st.Reconnect
	return r != nil && isNews(st, a) &&
		(r.IssueTime == nil || !a.LastRefresh.Before(r.IssueTime.Add(-ClockSkew)))
}

// isDataTimeOpen is true if the bank let Flinks in and nobody said of when the data
// are. The next observe does.
func isDataTimeOpen(st *v1alpha1.BankConnectionStatus) bool {
	if phase(st) != v1alpha1.RefreshSucceeded || st.Refresh.LastResult == nil {
		return false
	}
	known := st.LastRefreshTime != nil && isOfAttempt(st, st.LastRefreshTime.Time)
	return !known && st.LastObservedTime.Before(&st.Refresh.LastResult.Time)
}

// observedAfter is true if the newest observe was not before t.
func observedAfter(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.LastObservedTime != nil && !st.LastObservedTime.Time.Before(t)
}

// maxAccounts is how many accounts a status holds.
const maxAccounts = 100

// accounts are those that fit a status, each once.
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

// idsOf are the ids of accounts. GUIDs may be spelled in either case.
func idsOf(accounts []v1alpha1.Account) map[string]bool {
	ids := map[string]bool{}
	for _, a := range accounts {
		ids[strings.ToLower(a.ID)] = true
	}
	return ids
}

// ResumedAccounts are the accounts that a link for the person names as selected: those
// of the spec that the login still has, or else all of the login's. If the login is
// known to have none of those in the spec, there are none, and the person selects anew.
func ResumedAccounts(c *v1alpha1.BankConnection) []string {
	var selected []string
	if c.Spec.Reconnect != nil {
		selected = c.Spec.Reconnect.AccountIDs
	}
	if len(selected) == 0 {
		for _, a := range c.Status.Accounts {
			selected = append(selected, a.ID)
		}
		return selected
	}
	known := idsOf(c.Status.Accounts)
	if len(known) == 0 {
		return selected
	}
	gone := func(id string) bool { return !known[strings.ToLower(id)] }
	return slices.DeleteFunc(slices.Clone(selected), gone)
}

// setLastRefresh only ever moves forward, and never past the present.
func (s *state) setLastRefresh(t time.Time) {
	if t.IsZero() {
		return
	}
	if t.After(s.now) {
		t = s.now
	}
	s.st.LastRefreshTime = latest(s.st.LastRefreshTime, Past(t))
}

// setDataTime says how old the data are: as Flinks says it or, if it does not, no
// older than the session that the bank let Flinks in with.
func (s *state) setDataTime(t time.Time) {
	known := s.st.LastRefreshTime != nil && isOfAttempt(s.st, s.st.LastRefreshTime.Time)
	if t.IsZero() && !known && s.st.Refresh.StartTime != nil {
		t = s.st.Refresh.StartTime.Time
	}
	s.setLastRefresh(t)
}

// setAccounts records the accounts of a collect, and when they became others.
func (s *state) setAccounts(found []flinks.Account) {
	known := idsOf(s.st.Accounts)
	s.st.Accounts = accounts(found)
	if len(known) > 0 && !maps.Equal(known, idsOf(s.st.Accounts)) {
		s.st.AccountsChangeTime = Past(s.now)
	}
}

// WantsSession reports whether the RequestId that is at hand after an outcome was recorded
// is of use. It is held no longer. What became of a live call in the background is said
// in its own session alone.
func WantsSession(st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	switch phase(st) {
	case v1alpha1.RefreshCollecting:
		return o.Action.Kind != Collect || o.Err == nil
	case v1alpha1.RefreshDispatched:
		return o.Action.Kind != Observe
	default:
		return false
	}
}
