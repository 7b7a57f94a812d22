package lifecycle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestShowsTestBank: only toolbox shows it, unless the instance says otherwise.
func TestShowsTestBank(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		instance string
		demo     v1alpha1.Visibility
		want     bool
	}{
		{"toolbox", "", true},
		{"toolbox", v1alpha1.Hidden, false},
		{"toolbox", v1alpha1.Shown, true},
		{"acme-ca", "", false},
		{"acme-ca", v1alpha1.Hidden, false},
		{"acme-ca", v1alpha1.Shown, true},
	} {
		instance := v1alpha1.InstanceIdentity{Instance: row.instance, Connect: v1alpha1.ConnectSpec{Demo: row.demo}}
		if got := lifecycle.ShowsTestBank(instance); got != row.want {
			t.Errorf("%s with demo %q: %t", row.instance, row.demo, got)
		}
	}
}

// TestConnectOptions: each option of the connection takes the place of that of the instance.
func TestConnectOptions(t *testing.T) {
	t.Parallel()
	full := v1alpha1.ConnectOptions{
		CustomerName: "Acme", Consent: v1alpha1.Hidden, TermsURL: "https://acme.example.com/terms", ConsentText: "for your mortgage",
		Theme: v1alpha1.DarkTheme, BackgroundColor: "#f7f7f7", ForegroundColor: "#000000", DaysOfTransactions: v1alpha1.Days365,
		AccountSelector: &v1alpha1.AccountSelector{Choice: v1alpha1.MultipleAccounts}, InstitutionID: 14,
	}
	other := v1alpha1.ConnectOptions{
		CustomerName: "Other", Consent: v1alpha1.Shown, TermsURL: "https://other.example.com/", ConsentText: "for your lease",
		Theme: v1alpha1.LightTheme, BackgroundColor: "#111111", ForegroundColor: "#eeeeee", DaysOfTransactions: v1alpha1.Days90,
		AccountSelector: &v1alpha1.AccountSelector{Currency: v1alpha1.USD}, InstitutionID: 3,
	}
	some := v1alpha1.ConnectOptions{CustomerName: "Other", AccountSelector: &v1alpha1.AccountSelector{}}
	mixed, classic := full, full
	mixed.CustomerName, mixed.AccountSelector = some.CustomerName, some.AccountSelector
	classic.InstitutionID = 0
	for name, row := range map[string]struct {
		instance  v1alpha1.ConnectSpec
		own, want v1alpha1.ConnectOptions
	}{
		"nothing":         {want: v1alpha1.ConnectOptions{Consent: v1alpha1.Shown}},
		"of the instance": {instance: v1alpha1.ConnectSpec{ConnectOptions: full}, want: full},
		"of the object":   {own: full, want: full},
		"all of both":     {instance: v1alpha1.ConnectSpec{ConnectOptions: full}, own: other, want: other},
		"some of both":    {instance: v1alpha1.ConnectSpec{ConnectOptions: full}, own: some, want: mixed},
		"classic":         {instance: v1alpha1.ConnectSpec{Form: v1alpha1.ConnectClassic}, own: full, want: classic},
	} {
		c := &v1alpha1.BankConnection{Spec: v1alpha1.BankConnectionSpec{Connect: row.own}}
		if diff := cmp.Diff(row.want, lifecycle.ConnectOptions(row.instance, c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
