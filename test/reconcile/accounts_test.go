package reconcile

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestAccountsChange: other account ids are told once, and the next link no longer
// names those of the spec that are gone.
func TestAccountsChange(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"))
	h.run(time.Minute)
	h.refreshWithPerson("1")
	first := h.accountIDs()
	if len(first) < 2 || h.get("acme").Status.AccountsChangeTime != nil {
		t.Fatalf("status: %+v", h.get("acme").Status)
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) {
		c.Spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: []string{strings.ToUpper(first[1]), otherGUID}}
	})
	h.knobs(func(k *flinkssim.Knobs) { k.AccountIDDays = 1 })
	h.run(2 * day)
	h.drainEvents()
	if diff := cmp.Diff(strings.ToUpper(first[1]), h.refreshWithPerson("2")); diff != "" {
		t.Errorf("accounts that the link names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first, h.accountIDs()); diff == "" {
		t.Fatal("the accounts did not change")
	}
	if changed := h.get("acme").Status.AccountsChangeTime; changed == nil || h.clock.Since(changed.Time) > time.Hour {
		t.Errorf("the accounts changed at %v", changed)
	}
	if n := strings.Count(h.drainEvents(), "Normal AccountsChanged"); n != 1 {
		t.Errorf("told %d times", n)
	}

	if got := h.refreshWithPerson("3"); got != "" {
		t.Errorf("the link names %s, which the login does not have", got)
	}
	if n := strings.Count(h.drainEvents(), "AccountsChanged"); n != 0 {
		t.Errorf("told %d times more", n)
	}
}

// refreshWithPerson requests a refresh and answers the bank. It returns the accounts
// that the link named as selected.
func (h *harness) refreshWithPerson(request string) string {
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
	return link.Query().Get("resumeSelectedAccounts")
}

func (h *harness) accountIDs() []string {
	h.t.Helper()
	var ids []string
	for _, a := range h.get("acme").Status.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}
