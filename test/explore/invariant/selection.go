package invariant

import (
	"net/url"
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkSelection: nothing but the customer adds to what they selected, and no account besides it is
// kept, or named by a link (S18).
func (c *Checker) checkSelection(e *world.Effect, was, is *v1alpha1.BankConnection) {
	if c.isMutated(is) || len(c.w.Restores) > 0 {
		return
	}
	told := toldAccounts(was, is)
	if s := is.Status.Selection; s != nil {
		if !within(s.AccountIDs, told) {
			c.violate("S18", e, "an account was selected that the customer did not select")
		}
		for _, a := range is.Status.Accounts {
			if !within([]string{a.ID}, s.AccountIDs) {
				c.violate("S18", e, "an account is kept that was not selected")
			}
		}
	}
	if !within(namedByLink(is), told) {
		c.violate("S18", e, "a link names an account that was not selected")
	}
}

// toldAccounts returns the accounts of which the operator was told that the customer selected them:
// before, by the browser, or by the spec.
func toldAccounts(was, is *v1alpha1.BankConnection) (told []string) {
	if s := was.Status.Selection; s != nil && sameLogin(was, is) {
		told = append(told, s.AccountIDs...)
	}
	for _, o := range []*v1alpha1.BankConnection{was, is} {
		if r := o.Status.Internal.ReportedSelection; r != nil {
			told = append(told, r.AccountIDs...)
		}
	}
	if is.Spec.Reconnect != nil {
		told = append(told, is.Spec.Reconnect.AccountIDs...)
	}
	return told
}

// namedByLink returns the accounts that a direct link in the status names as selected.
func namedByLink(o *v1alpha1.BankConnection) []string {
	if o.Status.Reconnect == nil || o.Status.Reconnect.Link.Type != v1alpha1.LinkDirect {
		return nil
	}
	link, err := url.Parse(o.Status.Reconnect.Link.URL)
	if err != nil || link.Query().Get("resumeSelectedAccounts") == "" {
		return nil
	}
	return strings.Split(link.Query().Get("resumeSelectedAccounts"), ",")
}

func within(ids, all []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool {
		return !slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(id, other) })
	})
}
