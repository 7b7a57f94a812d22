package reconcile

import (
	"net/http"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// The contract: what becomes of a connection that is bound and has fresh data, when
// Flinks gives a certain answer to one of the four calls. It is written down here once
// more, without a look at the code that does it: an answer has a class, a class has an
// effect on each call, and some codes have one of their own.

// effect is what an answer leaves behind.
type effect struct {
	ready, authorized, person, stalled string
	// state of the live session and result of the request, where there is one.
	state  v1alpha1.RefreshState
	result v1alpha1.RequestResult
	// noError: the answer leaves no lastError.
	noError bool
	// takenFor is the code for which this answer counts, if not its own.
	takenFor string
	// blocked is the reason of DeletionBlocked. If there is none, a delete is done.
	blocked string
	// then is what the next reconcile calls at once; usually nothing.
	then []string
}

var (
	// healthy is as it was before the answer: the data was collected that the login had.
	healthy = effect{ready: "True Refreshed", authorized: "True Authorized", state: v1alpha1.RefreshSucceeded}
	gone    = effect{ready: "False LoginGone", authorized: "False LoginGone", stalled: "True LoginGone", state: v1alpha1.RefreshSucceeded}
)

// asking creates a connection that needs a person while its data is good enough.
func asking(reason string) effect {
	return effect{ready: "True UserActionRequired", authorized: "False " + reason, person: "True " + reason, state: v1alpha1.RefreshSucceeded}
}

func (e effect) request(state v1alpha1.RefreshState, result v1alpha1.RequestResult) effect {
	e.state, e.result = state, result
	return e
}

func (e effect) silent() effect {
	e.noError = true
	return e
}

func (e effect) as(code string) effect {
	e.takenFor = code
	return e
}

func (e effect) followedBy(calls ...string) effect {
	e.then = calls
	return e
}

// The effects of answers to a refresh, all of them requested.
var (
	letIn   = healthy.request(v1alpha1.RefreshCollecting, v1alpha1.RequestInProgress).silent()
	asked   = asking(v1alpha1.ReasonMFARequired).request(v1alpha1.RefreshAwaitingUser, v1alpha1.RequestUserActionRequired).silent()
	lost    = healthy.request(v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown)
	refused = healthy.request(v1alpha1.RefreshFailed, v1alpha1.RequestFailed)
	// followed is a call that goes on in the background.
	followed = healthy.request(v1alpha1.RefreshDispatched, v1alpha1.RequestInProgress).silent()
)

// The effects of answers to a collect.
var (
	collected = healthy.request(v1alpha1.RefreshSucceeded, v1alpha1.RequestSucceeded)
	patient   = healthy.request(v1alpha1.RefreshCollecting, v1alpha1.RequestInProgress)
	// keyless: the data cannot be had, which the request says at once.
	keyless = healthy.request(v1alpha1.RefreshCollecting, v1alpha1.RequestFailed)
)

// doubted: the bank let Flinks in a moment ago, so trouble with the login is checked by
// an observe at once.
func (e effect) doubted() effect {
	return e.request(v1alpha1.RefreshSucceeded, v1alpha1.RequestFailed).followedBy("GenerateAuthorizeToken", "Authorize cached")
}

func blocked(reason string) effect {
	e := healthy
	e.blocked = reason
	return e
}

var deleted = effect{}

// effects are those of one answer on each call.
type callEffects struct{ observe, refresh, collect, delete effect }

// classEffects returns the rule.
func classEffects(class, person string) callEffects {
	unavailable := blocked(v1alpha1.ReasonFlinksUnavailable)
	switch class {
	case "success":
		shown := healthy.request(v1alpha1.RefreshCollecting, "").silent().followedBy("GetAccountsDetail")
		return callEffects{shown, letIn.followedBy("GetAccountsDetail"), collected.silent(), deleted}
	case "pending":
		return callEffects{healthy, followed, patient.silent(), unavailable}
	case "user":
		wanted := asking(person)
		return callEffects{wanted, wanted.request(v1alpha1.RefreshFailed, v1alpha1.RequestUserActionRequired), healthy.doubted(), unavailable}
	case "instance":
		return callEffects{healthy, refused.followedBy("GenerateAuthorizeToken", "Authorize cached"), keyless, blocked(v1alpha1.ReasonCardCredentialRefused)}
	case "gone":
		return callEffects{gone, gone.request(v1alpha1.RefreshFailed, v1alpha1.RequestFailed), gone.doubted(), deleted}
	case "config":
		return callEffects{healthy, refused, collected, unavailable}
	case "data":
		return callEffects{healthy, letIn, collected.silent(), unavailable}
	default: // transient, throttled, unknown
		return callEffects{healthy, refused, patient, unavailable}
	}
}

// contractRow is one row of the catalogue: a code in one of its meanings.
type contractRow struct {
	code, meaning, class string
	// remedy is what tells this remedy from others.
	remedy string
	// person is what a person is wanted for, for codes of class user.
	person string
	// wires are the shapes in which Flinks gives the answer.
	wires []wire
	// but changes the rule for this code.
	but func(*callEffects)
	// never says why no answer can be this one; then there are no wires.
	never string
}

func (r contractRow) effects() callEffects {
	e := classEffects(r.class, r.person)
	if r.but != nil {
		r.but(&e)
	}
	return e
}

// wire is an answer as Flinks, or what is between, sends it. In its body {login} stands
// for the loginId and {now} for the time.
type wire struct {
	name   string
	fault  flinkssim.Fault
	astray bool // the call finds no host
}

const (
	session = "5f0c7e2a-94d1-4b36-8a7e-d2c9b1f0a653"

	unknownLoginText   = "The LoginId provided is either invalid or does not belong to the CustomerId"
	credentialsText    = "The card number (username) or password provided is invalid"
	authorizeTokenText = "You must provide a valid authorize token"
)

// flat returns an error without a RequestId, which is that of the request checks.
func flat(status int, code, message string) wire {
	return wire{name: "flat " + http.StatusText(status), fault: flinkssim.Fault{Status: status, Body: body(status, code, `"Message":"`+message+`"`)}}
}

// inSession returns an error of the bank session.
func inSession(status int, code string) wire {
	return wire{name: "in session " + http.StatusText(status), fault: flinkssim.Fault{Status: status, Body: body(status, code,
		`"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"Institution":"FlinksCapital","RequestId":"`+session+`"`)}}
}

// either returns a code that means the same with and without a RequestId, with each of the
// statuses that are documented for it. An answer of 400 never has a RequestId.
func either(code string, statuses ...int) []wire {
	var wires []wire
	for _, status := range statuses {
		wires = append(wires, flat(status, code, ""))
		if status != http.StatusBadRequest {
			wires = append(wires, inSession(status, code))
		}
	}
	return wires
}
