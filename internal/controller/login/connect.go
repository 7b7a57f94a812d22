package login

import (
	"strings"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// connectForms are the forms of Flinks Connect; V2 if an instance does not say.
var connectForms = map[v1alpha1.ConnectForm]flinks.Form{v1alpha1.ConnectClassic: flinks.FormClassic}

// ConnectParams returns what brings the customer back to the bank's question in Flinks Connect.
// There is no authorize token among them: who opens the page decides whether there is one.
func ConnectParams(instance v1alpha1.InstanceIdentity, c *v1alpha1.BankConnection, id flinks.RequestID) flinks.ConnectParams {
	o := lifecycle.ConnectOptions(instance.Connect, c)
	p := flinks.ConnectParams{
		ConnectOptions: connectOptions(o), InstitutionID: int(o.InstitutionID),
		RequestID: id, Form: connectForms[instance.Connect.Form], Demo: lifecycle.ShowsTestBank(instance),
		ResumeSelectedAccounts: lifecycle.ResumedAccounts(c),
	}
	if lifecycle.LetsSelect(c) && o.AccountSelector == nil {
		p.AccountSelector, p.SelectorMultiple = true, true
	}
	if reconnect := c.Spec.Reconnect; reconnect != nil {
		p.Language, p.RedirectURL = reconnect.Language, reconnect.RedirectURL
	}
	return p
}

// connectOptions returns the options in the words of Flinks Connect.
func connectOptions(o v1alpha1.ConnectOptions) flinks.ConnectOptions {
	f := flinks.ConnectOptions{
		Consent:      flinks.ConsentShown,
		CustomerName: o.CustomerName, TermsURL: o.TermsURL, ConsentText: o.ConsentText,
		Theme:              strings.ToLower(string(o.Theme)),
		BackgroundColor:    strings.TrimPrefix(o.BackgroundColor, "#"),
		ForegroundColor:    strings.TrimPrefix(o.ForegroundColor, "#"),
		DaysOfTransactions: string(o.DaysOfTransactions),
	}
	if o.Consent == v1alpha1.Hidden {
		f.Consent = flinks.ConsentHidden
	}
	if selector := o.AccountSelector; selector != nil {
		f.AccountSelector, f.SelectorMultiple = true, selector.Choice == v1alpha1.MultipleAccounts
		f.SelectorCurrency = strings.ToLower(string(selector.Currency))
	}
	return f
}
