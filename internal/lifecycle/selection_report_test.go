package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestReportedSelection counts for the bound login alone, once the customer has nothing to do.
func TestReportedSelection(t *testing.T) {
	const other = "ffffffffffffffffffffffffffffffff"
	for name, row := range map[string]struct {
		fingerprint string
		age         time.Duration
		wanted      bool // the customer still has to act
		spec, want  []string
		source      v1alpha1.SelectionSource
		kept        bool
	}{
		"of the bound login":    {fingerprint: identity.Fingerprint, want: accountIDs(1), source: v1alpha1.SelectionOfCustomer},
		"another than the spec": {fingerprint: identity.Fingerprint, spec: accountIDs(1, 2), want: accountIDs(1), source: v1alpha1.SelectionOfCustomer},
		"that of the spec":      {fingerprint: identity.Fingerprint, spec: accountIDs(1), want: accountIDs(1), source: v1alpha1.SelectionOfSpec},
		"of another login":      {fingerprint: other},
		"seen late":             {fingerprint: identity.Fingerprint, age: 30 * 24 * time.Hour, want: accountIDs(1), source: v1alpha1.SelectionOfCustomer},
		"without the bank":      {fingerprint: identity.Fingerprint, wanted: true, kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				if row.spec != nil {
					spec.Reconnect = &v1alpha1.ReconnectSpec{AccountIDs: row.spec}
				}
			})
			if row.wanted {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonCredentialsRejected}
				})
			}
			twice := []string{accountID(1), strings.ToUpper(accountID(1))}
			report := lifecycle.ReportSelection(row.fingerprint, twice, lifecycle.UseLink)
			st, ok := report(s.now, s.Inputs)
			if !ok {
				t.Fatal("nothing is written")
			}
			s.corrupt(func(now *v1alpha1.BankConnectionStatus) { *now = st })
			if _, again := report(s.now, s.Inputs); again {
				t.Error("the same is written twice")
			}
			s.pass(row.age)
			s.wait()
			var ids []string
			var source v1alpha1.SelectionSource
			if got := s.status().Selection; got != nil {
				ids, source = got.AccountIDs, got.Source
			}
			if diff := cmp.Diff(row.want, ids); diff != "" || source != row.source {
				t.Errorf("selection of %s (-want +got):\n%s", source, diff)
			}
			if kept := s.status().Internal.ReportedSelection != nil; kept != row.kept {
				t.Errorf("the report is kept: %v", kept)
			}
		})
	}
}

// TestReportWithoutAccounts keeps what is known.
func TestReportWithoutAccounts(t *testing.T) {
	s := newBound(t)
	if _, ok := lifecycle.ReportSelection(identity.Fingerprint, nil, lifecycle.UseLink)(s.now, s.Inputs); ok {
		t.Error("something is written")
	}
}
