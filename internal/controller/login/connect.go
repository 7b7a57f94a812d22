package login

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// ConnectParams returns what brings the customer back to the bank's question in Flinks Connect.
// There is no authorize token among them, for that must not stand in a status.
func ConnectParams(c *v1alpha1.BankConnection, id flinks.RequestID) flinks.ConnectParams {
	p := flinks.ConnectParams{RequestID: id, Form: flinks.FormV2, ResumeSelectedAccounts: lifecycle.ResumedAccounts(c)}
	if reconnect := c.Spec.Reconnect; reconnect != nil {
		p.Language, p.RedirectURL = reconnect.Language, reconnect.RedirectURL
	}
	return p
}
