package login

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// connectForms are the forms of Flinks Connect; V2 if an instance does not say.
var connectForms = map[v1alpha1.ConnectForm]flinks.Form{v1alpha1.ConnectClassic: flinks.FormClassic}

// ConnectParams returns what brings the customer back to the bank's question in Flinks Connect.
// There is no authorize token among them: who opens the page decides whether there is one.
func ConnectParams(instance v1alpha1.InstanceIdentity, c *v1alpha1.BankConnection, id flinks.RequestID) flinks.ConnectParams {
	p := flinks.ConnectParams{
		RequestID: id, Form: connectForms[instance.Connect.Form], Demo: lifecycle.ShowsTestBank(instance),
		ResumeSelectedAccounts: lifecycle.ResumedAccounts(c),
	}
	if lifecycle.LetsSelect(c) {
		p.AccountSelector, p.SelectorMultiple = true, true
	}
	if reconnect := c.Spec.Reconnect; reconnect != nil {
		p.Language, p.RedirectURL = reconnect.Language, reconnect.RedirectURL
	}
	return p
}
