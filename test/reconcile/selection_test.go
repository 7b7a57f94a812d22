package reconcile

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestSelectionOnThePage: the accounts that a person selects in Flinks Connect are the selection of
// the login that they linked, and the only ones that are handed out, whatever the spec says.
func TestSelectionOnThePage(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin(func(c *v1alpha1.BankConnection) { c.Spec.Accounts = v1alpha1.AccountsSelected })
	login := v.links("greatday_nomfa")
	if len(v.accounts) != 1 {
		t.Fatalf("the person selected %d accounts", len(v.accounts))
	}
	selected := []string{v.accounts[0].Reveal()}
	if _, err := v.service.Finish(v.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(v.session), linkapi.NewIdentifier("1")); !errors.Is(err, linkapi.ErrInvalid) {
		t.Errorf("what is no account: %v", err)
	}
	if h.get("acme").Status.Internal.ReportedSelection != nil {
		t.Error("a selection counts before Flinks confirmed the login")
	}
	v.awaitSecret(login)
	h.run(time.Minute)
	st := h.get("acme").Status
	if st.Selection == nil || !cmp.Equal(st.Selection.AccountIDs, selected) || st.Selection.Source != v1alpha1.SelectionOfCustomer || st.Internal.ReportedSelection != nil {
		t.Fatalf("selection %+v, reported %+v", st.Selection, st.Internal.ReportedSelection)
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) {
		c.Spec.Accounts, c.Spec.Reconnect.AccountIDs = v1alpha1.AccountsAll, append([]string{otherGUID}, selected...)
	})
	h.run(time.Minute)
	if filter, all, problem := lifecycle.HandOut(h.get("acme")); !cmp.Equal(filter, selected) || all || problem != "" {
		t.Errorf("hands out %v, all %v, problem %q", filter, all, problem)
	}
	if named := lifecycle.ResumedAccounts(h.get("acme")); !cmp.Equal(named, selected) {
		t.Errorf("a link names %v", named)
	}
}

// TestCollectNamesTheSelection: the operator asks for the selected accounts alone, and keeps no other one
// even if Flinks ignores the filter. For one that the login does not have, Flinks refuses the call, and
// the operator asks once more.
func TestCollectNamesTheSelection(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		selects func(ids []string) []string
		ignored bool
		// kept is how many accounts are known after a refresh, and asked how many calls it took at first.
		kept, asked int
		problem     string
	}{
		"one account":                      {selects: func(ids []string) []string { return ids[:1] }, kept: 1, asked: 1},
		"a Flinks that ignores the filter": {selects: func(ids []string) []string { return ids[:1] }, ignored: true, kept: 1, asked: 1},
		"one that is gone": {
			selects: func(ids []string) []string { return []string{otherGUID, ids[1]} }, kept: 1, asked: 2,
		},
		"all that are gone": {
			selects: func([]string) []string { return []string{otherGUID} }, asked: 2, problem: v1alpha1.ReasonSelectedAccountsGone,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) { k.AccountsFilterIgnored = row.ignored })
			h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) { c.Spec.Accounts = v1alpha1.AccountsAll })
			h.run(time.Minute)
			selected := row.selects(h.accountIDs())
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: selected} })
			h.run(time.Minute)
			h.sim.ResetJournal()
			h.request("acme", "1")
			h.run(2 * time.Minute)
			filtered, all := 0, 0
			for _, e := range h.sim.Journal() {
				switch {
				case e.Endpoint != "GetAccountsDetail":
				case slices.Contains(e.BodyKeys, "AccountsFilter"):
					filtered++
				default:
					all++
				}
			}
			kept := h.accountIDs()
			if filtered != 1 || all != row.asked-1 || len(kept) != row.kept {
				t.Errorf("asked %d times with the selection, %d times for all, kept %v", filtered, all, kept)
			}
			for _, id := range kept {
				if !slices.Contains(selected, id) {
					t.Errorf("%s was not selected", id)
				}
			}
			if _, _, problem := lifecycle.HandOut(h.get("acme")); problem != row.problem {
				t.Errorf("hands out nothing: %q", problem)
			}
			h.assertRequest("acme", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestSucceeded})
		})
	}
}

// TestHostileSelection: what a browser says that the customer selected hands out no account of another
// login, and none that the customer did not select.
func TestHostileSelection(t *testing.T) {
	t.Parallel()
	many := make([]linkapi.Identifier, 10_000)
	for i := range many {
		many[i] = linkapi.NewIdentifier(otherGUID)
	}
	for name, refused := range map[string][]linkapi.Identifier{
		"garbage":    {linkapi.NewIdentifier("' or 1=1 --")},
		"10,000 ids": many,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newGatewayHarness(t).awaitLogin()
			login := v.links("greatday_nomfa")
			if _, err := v.service.Finish(v.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(v.session), refused...); !errors.Is(err, linkapi.ErrInvalid) {
				t.Errorf("the answer is %v", err)
			}
			v.run(time.Minute)
			if st := v.get("acme").Status; st.Internal.ReportedSelection != nil || v.secret("acme-login") != nil {
				t.Errorf("reported: %+v", st.Internal.ReportedSelection)
			}
		})
	}
	t.Run("ids of another login", func(t *testing.T) {
		t.Parallel()
		h := newGatewayHarness(t)
		v := h.awaitLogin()
		login := v.links("greatday_nomfa")
		v.accounts = []linkapi.Identifier{linkapi.NewIdentifier(otherGUID)}
		v.awaitSecret(login)
		h.run(time.Minute)
		c := h.get("acme")
		if filter, all, problem := lifecycle.HandOut(c); filter != nil || all || problem != v1alpha1.ReasonSelectedAccountsGone || len(c.Status.Accounts) != 0 {
			t.Errorf("hands out %v, all %v, problem %q, knows %v", filter, all, problem, c.Status.Accounts)
		}
		if named := lifecycle.ResumedAccounts(c); len(named) != 0 || !lifecycle.LetsSelect(c) {
			t.Errorf("the next link names %v, and lets the customer select: %v", named, lifecycle.LetsSelect(c))
		}
	})
}
