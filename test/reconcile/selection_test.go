package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
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
