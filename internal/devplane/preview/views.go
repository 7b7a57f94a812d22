package preview

import (
	_ "embed"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// logo is the company's: a square of its colour.
//
//go:embed logo.png
var logo []byte

// until is when a customer may try again, in a state that says so.
var until = time.Date(2027, 3, 4, 15, 30, 0, 0, time.UTC)

// states are all that the page of a link can be in, with the reasons that matter to a customer.
var states = []linkapi.View{
	{State: linkapi.StateConnect, Reason: v1alpha1.ReasonConnectRequired},
	{State: linkapi.StateConnect, Reason: v1alpha1.ReasonCredentialsRejected},
	{State: linkapi.StateConnect, Reason: v1alpha1.ReasonLoginLocked},
	{State: linkapi.StateConnect, Reason: v1alpha1.ReasonBankActionRequired},
	{State: linkapi.StateStart},
	{State: linkapi.StateResume},
	{State: linkapi.StateWorking},
	{State: linkapi.StateDone},
	{State: linkapi.StateWait, Until: until},
	{State: linkapi.StateUnavailable},
	{State: linkapi.StateUnavailable, Until: until},
	{State: linkapi.StateBlocked, Reason: v1alpha1.ReasonSuspended},
	{State: linkapi.StateBlocked},
	{State: linkapi.StateOtherLogin},
	{State: linkapi.StateNotVerified},
	{State: linkapi.StateProofRequired},
	{State: linkapi.StateInUse, Until: until},
	{State: linkapi.StateLinkInvalid},
	{State: linkapi.StateLinkExpired},
	{State: linkapi.StateLinkReplaced},
}

// unknown are the states in which the operator does not know the company.
var unknown = map[linkapi.State]bool{linkapi.StateLinkInvalid: true}

// Views returns what the page can show, of a company that has a look of its own.
func Views() []linkapi.View {
	views := make([]linkapi.View, len(states))
	for i, view := range states {
		if !unknown[view.State] {
			view.ConnectOrigin, view.ReturnURL = "https://flinks.test", "https://app.test/banks"
			view.DisplayName, view.Title = "Acme Lending", "Mortgage application"
			view.Brand = linkapi.Brand{
				Logo: linkapi.LogoDigest(logo), AccentColor: "#00897b", SupportEmail: "help@acme.test", SupportPhone: "+1 (514) 555-0100",
				SupportURL: "https://acme.test/help", PrivacyURL: "https://acme.test/privacy",
			}
		}
		views[i] = view
	}
	return views
}

// Name returns what tells the view from the others.
func Name(v linkapi.View) string {
	name := string(v.State) + v.Reason
	if !v.Until.IsZero() {
		name += "Until"
	}
	return name
}
