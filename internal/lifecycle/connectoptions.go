package lifecycle

import (
	"cmp"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// sandbox is the instance of Flinks that all its customers share. It has no bank but the test
// bank, which Connect shows on request only.
const sandbox = "toolbox"

// ShowsTestBank reports whether Flinks Connect of an instance shows the test bank.
func ShowsTestBank(instance v1alpha1.InstanceIdentity) bool {
	if instance.Connect.Demo == "" {
		return instance.Instance == sandbox
	}
	return instance.Connect.Demo == v1alpha1.Shown
}

// ConnectOptions returns the options with which Flinks Connect is opened for a connection: its own, and
// those of its instance for the rest. The form Classic has no address for a bank.
func ConnectOptions(instance v1alpha1.ConnectSpec, c *v1alpha1.BankConnection) v1alpha1.ConnectOptions {
	own, all := c.Spec.Connect, instance.ConnectOptions
	o := v1alpha1.ConnectOptions{
		CustomerName:       cmp.Or(own.CustomerName, all.CustomerName),
		Consent:            cmp.Or(own.Consent, all.Consent, v1alpha1.Shown),
		TermsURL:           cmp.Or(own.TermsURL, all.TermsURL),
		ConsentText:        cmp.Or(own.ConsentText, all.ConsentText),
		Theme:              cmp.Or(own.Theme, all.Theme),
		BackgroundColor:    cmp.Or(own.BackgroundColor, all.BackgroundColor),
		ForegroundColor:    cmp.Or(own.ForegroundColor, all.ForegroundColor),
		DaysOfTransactions: cmp.Or(own.DaysOfTransactions, all.DaysOfTransactions),
		AccountSelector:    cmp.Or(own.AccountSelector, all.AccountSelector),
		InstitutionID:      cmp.Or(own.InstitutionID, all.InstitutionID),
	}
	if instance.Form == v1alpha1.ConnectClassic {
		o.InstitutionID = 0
	}
	return o
}

// SchedulesRefresh reports whether a login that the customer links now is to have nightly refresh from the
// start: its policy is Nightly, and no other is about to take its place.
func SchedulesRefresh(now time.Time, in Inputs) bool {
	s := in.at(now)
	return s.policyType() == v1alpha1.RefreshNightly && !s.isPolicyMissing() && !in.Connection.Spec.Suspend
}

// ScheduleByLink returns a demand that records as well that Flinks Connect is opened in a way that switches
// nightly refresh on. Flinks charges for it, and a flag that may be on counts as on: so the operator
// switches it off if the policy is another by the time that the login is bound.
func ScheduleByLink(demand StatusChange) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		st, ok := demand(now, in)
		if in.Connection.Status.Nightly != nil {
			return st, ok
		}
		if !ok {
			st = *in.Connection.Status.DeepCopy()
		}
		st.Nightly = &v1alpha1.NightlyStatus{}
		return st, true
	}
}
