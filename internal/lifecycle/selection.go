package lifecycle

import (
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// selectionOf returns the accounts that the customer selected: what they told in Flinks Connect
// or else what the spec says; nil if neither is known.
func selectionOf(c *v1alpha1.BankConnection) *v1alpha1.Selection {
	known := c.Status.Selection
	if known != nil && known.Source == v1alpha1.SelectionOfCustomer && len(known.AccountIDs) > 0 {
		return known
	}
	if c.Spec.Reconnect == nil || len(c.Spec.Reconnect.AccountIDs) == 0 {
		return nil
	}
	if known != nil && selectsSame(known.AccountIDs, c.Spec.Reconnect.AccountIDs) {
		return known
	}
	return &v1alpha1.Selection{AccountIDs: c.Spec.Reconnect.AccountIDs, Source: v1alpha1.SelectionOfSpec}
}

// selectsSame reports whether two lists name the same accounts. GUIDs may be spelled in either
// case.
func selectsSame(a, b []string) bool { return len(without(a, b)) == 0 && len(without(b, a)) == 0 }

// without returns the ids that are not among others.
func without(ids, others []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return names(others, id) })
}

func names(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(other string) bool { return strings.EqualFold(other, id) })
}

// HandOut returns which accounts of the login applications may have: those of a filter, or all
// of them; or the reason why they may have none. Nothing but the customer adds to a selection
// that is known, so that of two sources the narrower one counts.
func HandOut(c *v1alpha1.BankConnection) (filter []string, all bool, problem string) {
	if c.Status.Binding == nil {
		return nil, false, v1alpha1.ReasonNotBound
	}
	selected := selectionOf(c)
	if selected == nil {
		if c.Spec.Accounts == v1alpha1.AccountsAll {
			return nil, true, ""
		}
		return nil, false, v1alpha1.ReasonSelectionUnknown
	}
	left := without(selected.AccountIDs, selected.MissingAccountIDs)
	if len(left) == 0 {
		return nil, false, v1alpha1.ReasonSelectedAccountsGone
	}
	return left, false, ""
}

// CollectedAccounts returns the accounts that the operator itself asks Flinks for: all that the
// customer selected, because one that was missing may be back; nil for all of the login.
func CollectedAccounts(c *v1alpha1.BankConnection) []string {
	if selected := selectionOf(c); selected != nil {
		return selected.AccountIDs
	}
	return nil
}

// RefusesFilter reports whether Flinks may have refused a data call because of its filter.
func RefusesFilter(err *flinks.Error) bool {
	return err.Class == flinks.ClassConfig && err.Delivery == flinks.Answered
}

// ResumedAccounts returns the accounts that a link for the customer names as selected before:
// those that the login is not known to have lost. Without any, the customer selects.
func ResumedAccounts(c *v1alpha1.BankConnection) []string {
	selected := selectionOf(c)
	if selected == nil {
		return nil
	}
	return without(selected.AccountIDs, selected.MissingAccountIDs)
}

// LetsSelect reports whether a link for the customer asks them for a selection. Only a platform that
// says that the customer shares all accounts leaves it to the options of Flinks Connect.
func LetsSelect(c *v1alpha1.BankConnection) bool {
	if selectionOf(c) == nil {
		return c.Spec.Accounts != v1alpha1.AccountsAll
	}
	return len(ResumedAccounts(c)) == 0
}

// keepSelection keeps the selection of the bound login in the status, and no account besides it.
func (s *state) keepSelection() {
	if s.st.Binding == nil {
		s.st.Selection = nil
		return
	}
	selected := selectionOf(s.drafted())
	switch {
	case selected == nil:
		s.st.Selection = nil
		return
	case selected != s.st.Selection:
		selected.AccountIDs, selected.SelectionTime = slices.Clone(selected.AccountIDs), *Past(s.now)
		s.st.Selection = selected
	}
	selected.MissingAccountIDs = slices.DeleteFunc(selected.MissingAccountIDs, func(id string) bool { return !names(selected.AccountIDs, id) })
	s.dropUnselected()
}

// noteMissing records which of the selected accounts a collect did not return. Of those that it did, the
// selected ones are kept, even if Flinks returned more.
func (s *state) noteMissing() {
	if s.st.Selection == nil {
		return
	}
	var found []string
	for _, a := range s.st.Accounts {
		found = append(found, a.ID)
	}
	s.st.Selection.MissingAccountIDs = without(s.st.Selection.AccountIDs, found)
	s.dropUnselected()
}

func (s *state) dropUnselected() {
	selected := s.st.Selection.AccountIDs
	s.st.Accounts = slices.DeleteFunc(s.st.Accounts, func(a v1alpha1.Account) bool { return !names(selected, a.ID) })
}
