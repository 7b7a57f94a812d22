package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func accountIDs(numbers ...int) []string {
	var ids []string
	for _, n := range numbers {
		ids = append(ids, accountID(n))
	}
	return ids
}

// told returns a selection of the customer, and which of its accounts are missing.
func told(ids []string, missing ...string) *v1alpha1.Selection {
	return &v1alpha1.Selection{AccountIDs: ids, MissingAccountIDs: missing, Source: v1alpha1.SelectionOfCustomer}
}

// stated returns a selection of the spec, as a status has it.
func stated(ids []string, missing ...string) *v1alpha1.Selection {
	return &v1alpha1.Selection{AccountIDs: ids, MissingAccountIDs: missing, Source: v1alpha1.SelectionOfSpec}
}

// TestSelection: what the customer told comes before the spec, and both before the word of
// the platform that they share all accounts.
func TestSelection(t *testing.T) {
	one, both := accountIDs(1), accountIDs(1, 2)
	capitals := []string{strings.ToUpper(accountID(1))}
	unknown, gone := v1alpha1.ReasonSelectionUnknown, v1alpha1.ReasonSelectedAccountsGone
	for name, row := range map[string]struct {
		known   *v1alpha1.Selection
		spec    []string
		scope   v1alpha1.AccountScope
		filter  []string
		all     bool
		problem string
		resumed []string
		selects bool
	}{
		"nothing":                     {problem: unknown, selects: true},
		"selected, of nothing":        {scope: v1alpha1.AccountsSelected, problem: unknown, selects: true},
		"all, of nothing":             {scope: v1alpha1.AccountsAll, all: true},
		"the spec":                    {spec: one, filter: one, resumed: one},
		"the spec, and all":           {spec: one, scope: v1alpha1.AccountsAll, filter: one, resumed: one},
		"the customer":                {known: told(one), filter: one, resumed: one},
		"the customer, selected":      {known: told(one), scope: v1alpha1.AccountsSelected, filter: one, resumed: one},
		"the customer, and all":       {known: told(one), scope: v1alpha1.AccountsAll, filter: one, resumed: one},
		"the customer, then the spec": {known: told(one), spec: both, filter: one, resumed: one},
		"one is gone":                 {known: told(both, both[0]), filter: both[1:], resumed: both[1:]},
		"gone in capitals":            {known: told(both, strings.ToUpper(both[0])), filter: both[1:], resumed: both[1:]},
		"all are gone":                {known: told(one, one...), problem: gone, selects: true},
		"all are gone, and all":       {known: told(one, one...), scope: v1alpha1.AccountsAll, problem: gone, selects: true},
		"of the spec, one gone":       {known: stated(both, both[0]), spec: both, filter: both[1:], resumed: both[1:]},
		"the spec in capitals":        {known: stated(one), spec: capitals, filter: one, resumed: one},
		"another spec":                {known: stated(both, both...), spec: one, filter: one, resumed: one},
		"no spec any more":            {known: stated(one), problem: unknown, selects: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := &v1alpha1.BankConnection{}
			c.Spec.Accounts, c.Status.Selection, c.Status.Binding = row.scope, row.known, &v1alpha1.Binding{}
			c.Status.Accounts = []v1alpha1.Account{{ID: accountID(1)}, {ID: accountID(2)}, {ID: accountID(3)}}
			if row.spec != nil {
				c.Spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: row.spec}
			}
			before := c.DeepCopy()
			filter, all, problem := lifecycle.HandOut(c)
			if !cmp.Equal(row.filter, filter) || all != row.all || problem != row.problem {
				t.Errorf("hands out %v, all %v, problem %q", filter, all, problem)
			}
			if got := lifecycle.ResumedAccounts(c); len(got)+len(row.resumed) > 0 && !cmp.Equal(row.resumed, got) {
				t.Errorf("a link names %v", got)
			}
			if got := lifecycle.LetsSelect(c); got != row.selects {
				t.Errorf("a link lets the customer select: %v", got)
			}
			if diff := cmp.Diff(before, c); diff != "" {
				t.Errorf("the connection was changed:\n%s", diff)
			}
			c.Status.Binding = nil
			if filter, all, problem := lifecycle.HandOut(c); filter != nil || all || problem != v1alpha1.ReasonNotBound {
				t.Errorf("without a login: %v, all %v, problem %q", filter, all, problem)
			}
		})
	}
}

// TestSelectionOfTheSpecIsKept in the status, with the accounts of it alone, until the spec
// names others.
func TestSelectionOfTheSpecIsKept(t *testing.T) {
	s := newDue(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Accounts = "" })
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{Accounts: []flinks.Account{account(1), account(2)}, LastRefresh: s.now})
	if s.status().Selection != nil || len(s.status().Accounts) != 2 {
		t.Fatalf("selection %+v, accounts %v", s.status().Selection, s.status().Accounts)
	}
	s.withheld(v1alpha1.ReasonSelectionUnknown)
	name := func(ids ...string) {
		s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: ids} })
		s.wait()
	}
	name(accountIDs(2, 3)...)
	first := *s.status().Selection
	want := v1alpha1.Selection{AccountIDs: accountIDs(2, 3), Source: v1alpha1.SelectionOfSpec, SelectionTime: *ago(s, 0)}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("selection (-want +got):\n%s", diff)
	}
	if got := s.status().Accounts; len(got) != 1 || got[0].ID != accountID(2) || s.status().AccountsChangeTime != nil {
		t.Errorf("accounts %v, changed at %v", got, s.status().AccountsChangeTime)
	}
	s.withheld("")
	s.pass(time.Hour)
	name(accountIDs(3, 2)...)
	if diff := cmp.Diff(first, *s.status().Selection); diff != "" {
		t.Errorf("the same, in another order:\n%s", diff)
	}
	name(accountIDs(3)...)
	if got := s.status().Selection; !got.SelectionTime.Equal(ago(s, 0)) {
		t.Errorf("others, at %v", got.SelectionTime)
	}
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect, spec.Accounts = nil, v1alpha1.AccountsAll })
	s.wait()
	if s.status().Selection != nil {
		t.Errorf("selection %+v", s.status().Selection)
	}
	s.withheld("")
}

// TestSelectionOfTheCustomerStays, whatever the spec says, until the login is given up.
func TestSelectionOfTheCustomerStays(t *testing.T) {
	s := newBound(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.Selection = told(accountIDs(1), accountIDs(1, 4)...)
		st.Selection.SelectionTime = metav1.NewTime(s.now.Add(1000 * time.Hour))
	})
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: accountIDs(1, 2, 3)}
		spec.Accounts = v1alpha1.AccountsAll
	})
	s.wait()
	want := told(accountIDs(1), accountIDs(1)...)
	want.SelectionTime = *ago(s, 0)
	if diff := cmp.Diff(want, s.status().Selection); diff != "" {
		t.Errorf("selection (-want +got):\n%s", diff)
	}
	s.withheld(v1alpha1.ReasonSelectedAccountsGone)
	s.record(lifecycle.Outcome{Action: lifecycle.Observe{}, Superseded: &lifecycle.SupersededLogin{}})
	if s.status().Selection != nil {
		t.Errorf("of the login that was given up: %+v", s.status().Selection)
	}
	s.withheld("")
}

// withheld fails unless the condition AccountsWithheld has a reason; it is absent for none.
func (s *fixture) withheld(reason string) {
	s.t.Helper()
	got := ""
	if c := meta.FindStatusCondition(s.status().Conditions, v1alpha1.ConditionAccountsWithheld); c != nil {
		got = c.Reason
	}
	if got != reason {
		s.t.Errorf("accounts withheld: %q, not %q", got, reason)
	}
}
