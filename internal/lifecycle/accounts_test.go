package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// account returns an account of Flinks, by number.
func account(n int) flinks.Account {
	return flinks.Account{ID: accountID(n), Type: "Chequing", Currency: "CAD"}
}

func accountID(n int) string { return fmt.Sprintf("c23d30cf-b6d9-4df0-9f8e-0c8e6c2a%04x", n) }

// TestAccountsChange is told once for each other set of accounts, and for nothing else
// that a collect brings.
func TestAccountsChange(t *testing.T) {
	first := []flinks.Account{account(1), account(2)}
	for name, row := range map[string]struct {
		known, found []flinks.Account
		want         []string
	}{
		"the first ones":   {nil, first, nil},
		"the same":         {first, first, nil},
		"in another order": {first, []flinks.Account{account(2), account(1)}, nil},
		"in capitals":      {first, []flinks.Account{{ID: strings.ToUpper(accountID(1))}, account(2)}, nil},
		"of another type":  {first, []flinks.Account{{ID: accountID(1), Type: "Savings"}, account(2)}, nil},
		"one of them":      {first, []flinks.Account{account(1)}, []string{"Normal Collect AccountsChanged"}},
		"one more":         {first, []flinks.Account{account(1), account(2), account(3)}, []string{"Normal Collect AccountsChanged"}},
		"others":           {first, []flinks.Account{account(3), account(4)}, []string{"Normal Collect AccountsChanged"}},
		"none":             {first, nil, []string{"Normal Collect AccountsChanged"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{Accounts: row.known, LastRefresh: s.now})
			s.passUntil(s.status().NextRefreshTime)
			s.refreshSucceeds()
			before := s.Connection
			s.collected(flinks.AccountsDetail{Accounts: row.found, LastRefresh: s.now})
			if diff := cmp.Diff(row.want, summaries(t, lifecycle.Events(&before.Status, s.status()))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got := s.status().AccountsChangeTime; (got != nil) != (row.want != nil) || got != nil && !got.Equal(ago(s, 0)) {
				t.Errorf("the accounts changed at %v", got)
			}
		})
	}
}

// TestAccountsThatStayAreNotToldAgain: the time of a change outlives the collects that
// follow, and a wrong clock.
func TestAccountsThatStayAreNotToldAgain(t *testing.T) {
	s := newDue(t)
	for _, found := range [][]flinks.Account{{account(1)}, {account(2)}, {account(2)}} {
		s.refreshSucceeds()
		s.collected(flinks.AccountsDetail{Accounts: found, LastRefresh: s.now})
		s.passUntil(s.status().NextRefreshTime)
	}
	if changed := s.status().AccountsChangeTime; changed == nil || s.now.Sub(changed.Time) < 2*day {
		t.Errorf("the accounts changed at %v", changed)
	}
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.AccountsChangeTime = ago(s, -1000*time.Hour) })
	s.wait()
	if !s.status().AccountsChangeTime.Equal(ago(s, 0)) {
		t.Errorf("the accounts change at %v", s.status().AccountsChangeTime)
	}
}
