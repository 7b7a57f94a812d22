package reconcile

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestAccountsChange: other account ids are told once, and the next link no longer
// names those of the spec that are gone: it lets the customer select again.
func TestAccountsChange(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"))
	h.run(time.Minute)
	h.refreshWithPerson("1", "", true)
	first := h.accountIDs()
	if len(first) < 2 || h.get("acme").Status.AccountsChangeTime != nil {
		t.Fatalf("status: %+v", h.get("acme").Status)
	}
	selected := []string{first[1], otherGUID}
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: selected} })
	h.drainEvents()
	h.refreshWithPerson("2", strings.Join(selected, ","), false)
	if diff := cmp.Diff(first[1:2], h.accountIDs()); diff != "" || strings.Contains(h.drainEvents(), "AccountsChanged") {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	h.knobs(func(k *flinkssim.Knobs) { k.AccountIDDays = 1 })
	h.run(2 * day)
	h.refreshWithPerson("3", first[1], false)
	if changed := h.get("acme").Status.AccountsChangeTime; changed == nil || h.clock.Since(changed.Time) > time.Hour || len(h.accountIDs()) > 0 {
		t.Errorf("the accounts changed at %v, and are %v", changed, h.accountIDs())
	}
	if n := strings.Count(h.drainEvents(), "Normal AccountsChanged"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if filter, all, problem := lifecycle.HandOut(h.get("acme")); filter != nil || all || problem != v1alpha1.ReasonSelectedAccountsGone {
		t.Errorf("hands out %v, all %v, problem %q", filter, all, problem)
	}
	h.refreshWithPerson("4", "", true)
	if n := strings.Count(h.drainEvents(), "AccountsChanged"); n != 0 {
		t.Errorf("told %d times more", n)
	}
}

// refreshWithPerson requests a refresh and answers the bank. The link names the given accounts as
// selected, or lets the customer select.
func (h *harness) refreshWithPerson(request, wantNamed string, wantSelects bool) {
	h.t.Helper()
	h.request("acme", request)
	h.run(time.Second)
	c := h.get("acme")
	if c.Status.Reconnect == nil {
		h.t.Fatalf("status: %+v", c.Status)
	}
	link, err := url.Parse(c.Status.Reconnect.Link.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(h.t.Context(), c.Status.Reconnect.Link.URL); err != nil {
		h.t.Fatalf("answering in Connect: %v", err)
	}
	h.run(time.Hour)
	if got := h.get("acme").Status.LastHandledRequest; got.Value != request || got.Result != v1alpha1.RequestSucceeded {
		h.t.Fatalf("the request: %+v", got)
	}
	q := link.Query()
	named, selects := q.Get("resumeSelectedAccounts"), q.Get("accountSelectorEnable") == "true" && q.Get("accountSelectorMultiple") == "true"
	if named != wantNamed || selects != wantSelects {
		h.t.Errorf("request %s: the link names %s, lets the customer select: %v", request, named, selects)
	}
}

func (h *harness) accountIDs() []string {
	h.t.Helper()
	var ids []string
	for _, a := range h.get("acme").Status.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}
