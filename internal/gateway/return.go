package gateway

import (
	"net/url"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// What the application is told of a customer who comes back to it, as the parameter result.
const (
	// resultCompleted: the page was open when the customer had nothing to do any more, as a rule because
	// they have just done it.
	resultCompleted = "Completed"
	// resultAlreadyFixed: there was nothing left to do when the customer opened the link.
	resultAlreadyFixed = "AlreadyFixed"
)

// returnURL returns the page of the application that a customer who is done comes back to; empty if
// the connection names no such page. The operator has put the name of the connection into its query; neither of the
// two adds any other identifier.
func returnURL(v linkapi.View, result string) string {
	target, err := url.Parse(v.ReturnURL)
	if v.State != linkapi.StateDone || err != nil || target.Scheme != "https" || target.Host == "" {
		return ""
	}
	if target.RawQuery != "" {
		target.RawQuery += "&"
	}
	target.RawQuery += "result=" + result
	return target.String()
}
