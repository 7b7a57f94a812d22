package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// ReportSelection returns the demand that also records the accounts that Flinks Connect reported to
// the customer's browser, for the login with a fingerprint. They count once the customer has
// nothing to do any more: a browser that did not get through to the bank selects nothing.
func ReportSelection(fingerprint string, accounts []string, demand StatusChange) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		st, ok := demand(now, in)
		if !ok {
			st = *in.Connection.Status.DeepCopy()
		}
		if len(accounts) == 0 {
			return st, ok
		}
		if r := st.Internal.ReportedSelection; r != nil && r.LoginFingerprint == fingerprint && selectsSame(r.AccountIDs, accounts) {
			return st, ok
		}
		st.Internal.ReportedSelection = &v1alpha1.ReportedSelection{
			LoginFingerprint: fingerprint, AccountIDs: distinct(accounts), ReportTime: *Past(now),
		}
		return st, true
	}
}

// distinct returns each id once, as far as a status holds them.
func distinct(ids []string) []string {
	var kept []string
	for _, id := range ids {
		if len(kept) < maxAccounts && !names(kept, id) {
			kept = append(kept, id)
		}
	}
	return kept
}

// takeReport makes the accounts that Flinks Connect reported the selection of the bound login, once
// the bank has let the customer in, however late the operator sees that: only the customer could
// repeat the report. Accounts that the link named itself are no news.
func (s *state) takeReport() {
	r := s.st.Internal.ReportedSelection
	switch {
	case r == nil, s.st.Binding == nil:
		return
	case s.st.Binding.LoginFingerprint != r.LoginFingerprint:
		s.st.Internal.ReportedSelection = nil
		return
	case s.st.Reconnect != nil, len(r.AccountIDs) == 0:
		return
	}
	s.st.Internal.ReportedSelection = nil
	if selectsSame(ResumedAccounts(s.drafted()), r.AccountIDs) {
		return
	}
	s.st.Selection = &v1alpha1.Selection{
		AccountIDs: slices.Clone(r.AccountIDs), Source: v1alpha1.SelectionOfCustomer, SelectionTime: r.ReportTime,
	}
}
