package lifecycle

import (
	"maps"
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// maxAccounts is how many accounts a status holds.
const maxAccounts = 100

// setAccounts records the accounts of a collect, and when they became others.
func (s *state) setAccounts(found []flinks.Account) {
	known := idsOf(s.st.Accounts)
	s.st.Accounts = accounts(found)
	if len(known) > 0 && !maps.Equal(known, idsOf(s.st.Accounts)) {
		s.st.AccountsChangeTime = past(s.now)
	}
}

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
