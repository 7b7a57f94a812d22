package reconcile

import (
	"fmt"
	"strings"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func body(status int, code, more string) string {
	fields := []string{fmt.Sprintf(`"HttpStatusCode":%d`, status)}
	if code != "" {
		fields = append(fields, fmt.Sprintf(`"FlinksCode":%q`, code))
	}
	if more != "" {
		fields = append(fields, more)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// success returns an answer that satisfies any call.
func success(status int, code string) []wire {
	return []wire{{name: "success", fault: flinkssim.Fault{Status: status, Body: body(status, code,
		`"Login":{"Username":"x","IsScheduledRefresh":false,"LastRefresh":"{now}","Type":"Personal","Id":"{login}"},`+
			`"Accounts":[],"Institution":"FlinksCapital","RequestId":"`+session+`"`)}}}
}

const (
	nothingToDo    = "Nothing to do."
	forAnswer      = "must answer the bank's question"
	forReconnect   = "must connect again. Request a refresh"
	forCredentials = "must link the bank again with the current credentials"
	forTheBank     = "must call the bank"
	forBankSite    = "must sign in at the bank's own site"
	forKeys        = "must check the keys and the customerId"
	forGone        = "Flinks does not know this loginId."
	forSettings    = "must check the connection's settings"
)

// contract has a row for each code and meaning of the catalogue.
var contract = []contractRow{
	{code: "OK", class: "success", wires: success(200, "OK")},
	{
		code: "CREATED", class: "success", wires: success(201, "CREATED"),
		but: func(e *callEffects) { e.collect = patient.as("UNREADABLE_ANSWER") },
	},
	{
		code: "ALREADY_AUTHORIZED", class: "success", wires: []wire{inSession(401, "ALREADY_AUTHORIZED")},
		but: func(e *callEffects) { // It makes no sense as an answer to others, and tells no time of data.
			e.observe = healthy.silent()
			e.collect, e.delete = patient.as("UNRECOGNIZED"), blocked(v1alpha1.ReasonFlinksUnavailable)
		},
	},

	{code: "OPERATION_PENDING", class: "pending", remedy: nothingToDo, wires: []wire{flat(202, "OPERATION_PENDING", "")}, but: waitedOut},
	{code: "OPERATION_PENDING", class: "pending", remedy: nothingToDo, wires: []wire{inSession(202, "OPERATION_PENDING")}},
	{code: "OPERATION_DISPATCHED", class: "pending", remedy: nothingToDo, wires: []wire{flat(202, "OPERATION_DISPATCHED", "")}, but: waitedOut},
	{code: "OPERATION_DISPATCHED", class: "pending", remedy: nothingToDo, wires: []wire{inSession(202, "OPERATION_DISPATCHED")}},

	{
		code: "SECURITY_CHALLENGES", class: "user", remedy: forAnswer, person: v1alpha1.ReasonQuestionUnanswered,
		wires: []wire{{name: "203", fault: flinkssim.Fault{Status: 203, Body: body(203, "",
			`"SecurityChallenges":[{"Type":"QuestionAndAnswer","Prompt":"?"}],"Institution":"FlinksCapital","RequestId":"`+session+`"`)}}},
		but: func(e *callEffects) {
			e.refresh, e.collect = asked, patient.as("UNREADABLE_ANSWER")
		},
	},
	{code: "QUESTION_NOT_FOUND", class: "user", remedy: forAnswer, person: v1alpha1.ReasonQuestionUnanswered, wires: either("QUESTION_NOT_FOUND", 401)},
	{code: "INVALID_SECURITY_RESPONSE", class: "user", remedy: forAnswer, person: v1alpha1.ReasonQuestionUnanswered, wires: either("INVALID_SECURITY_RESPONSE", 401)},
	{code: "INVALID_SECURITY_RESPONSE_NO_RETRY", class: "user", remedy: forReconnect, person: v1alpha1.ReasonQuestionUnanswered, wires: either("INVALID_SECURITY_RESPONSE_NO_RETRY", 401)},
	{code: "UNKNOWN_CHALLENGE_KEY", class: "user", remedy: forAnswer, person: v1alpha1.ReasonQuestionUnanswered, wires: either("UNKNOWN_CHALLENGE_KEY", 401)},
	{code: "SECURITYRESPONSES_INCOMPLETE", class: "user", remedy: forAnswer, person: v1alpha1.ReasonQuestionUnanswered, wires: either("SECURITYRESPONSES_INCOMPLETE", 401)},
	{code: "INVALID_USERNAME", class: "user", remedy: forCredentials, person: v1alpha1.ReasonCredentialsRejected, wires: either("INVALID_USERNAME", 401)},
	{code: "INVALID_PASSWORD", class: "user", remedy: forCredentials, person: v1alpha1.ReasonCredentialsRejected, wires: either("INVALID_PASSWORD", 401)},
	{code: "DISABLED_LOGIN", class: "user", remedy: forTheBank, person: v1alpha1.ReasonLoginLocked, wires: either("DISABLED_LOGIN", 401)},
	{code: "NEW_ACCOUNT", class: "user", remedy: forBankSite, person: v1alpha1.ReasonBankActionRequired, wires: either("NEW_ACCOUNT", 401)},

	{code: "SESSION_NONEXISTENT", class: "transient", remedy: nothingToDo, wires: either("SESSION_NONEXISTENT", 400), but: newSession},
	{code: "SESSION_EXPIRED", class: "transient", remedy: nothingToDo, wires: either("SESSION_EXPIRED", 401, 400), but: newSession},
	{
		code: "CARD_IN_USE", class: "transient", remedy: "still processing this login", wires: either("CARD_IN_USE", 400),
		but: func(e *callEffects) { e.delete = blocked(v1alpha1.ReasonCardInUse) },
	},
	{code: "CONCURRENT_SESSION", class: "transient", remedy: "Another session for this login", wires: either("CONCURRENT_SESSION", 401), but: waitedOut},
	{code: "RETRY_LATER", class: "transient", remedy: "The bank cannot be reached", wires: either("RETRY_LATER", 401, 400)},
	{
		code: "BANK_MAINTENANCE_RETRY_LATER", class: "transient", remedy: "The bank cannot be reached",
		wires: append(either("BANK_MAINTENANCE_RETRY_LATER", 401), inSession(401, "BANK MAINTENANCE_RETRY_LATER"), inSession(401, "BANK_MAINTENENACE_RETRY_LATER")),
	},
	{code: "AGGREGATION_ERROR", class: "transient", remedy: "Flinks has an internal fault", wires: []wire{flat(500, "AGGREGATION_ERROR", "")}, but: waitedOut},
	{code: "AGGREGATION_ERROR", class: "transient", remedy: "Flinks has an internal fault", wires: []wire{inSession(500, "AGGREGATION_ERROR")}},
	{code: "DISABLED_INSTITUTION", class: "transient", remedy: "Do not ask the customer to link again", wires: either("DISABLED_INSTITUTION", 405)},

	{code: "TOO_MANY_REQUESTS", class: "throttled", remedy: "the operator slows down", wires: either("TOO_MANY_REQUESTS", 401, 403, 429)},

	{code: "UNAUTHORIZED", meaning: "InSession", class: "user", remedy: forReconnect, person: v1alpha1.ReasonBankActionRequired, wires: []wire{inSession(401, "UNAUTHORIZED")}},
	{code: "UNAUTHORIZED", meaning: "OutOfSession", class: "instance", remedy: forKeys, wires: []wire{flat(401, "UNAUTHORIZED", authorizeTokenText)}},
	{
		code: "UNAUTHORIZED", meaning: "UnknownLogin", class: "gone", remedy: forGone, wires: []wire{flat(401, "UNAUTHORIZED", "LoginId not found or invalid")},
		but: func(e *callEffects) { // Of other calls it would be no news.
			e.collect, e.delete = keyless.as("UNAUTHORIZED instance"), blocked(v1alpha1.ReasonCardCredentialRefused)
		},
	},
	{code: "ACCESS_DENIED", meaning: "InSession", class: "user", remedy: forReconnect, person: v1alpha1.ReasonBankActionRequired, wires: []wire{inSession(401, "ACCESS_DENIED")}},
	{code: "ACCESS_DENIED", meaning: "OutOfSession", class: "instance", remedy: forKeys, wires: []wire{flat(401, "ACCESS_DENIED", "")}},
	{
		code: "INVALID_LOGIN", meaning: "InSession", class: "user", remedy: forCredentials, person: v1alpha1.ReasonCredentialsRejected,
		wires: []wire{inSession(401, "INVALID_LOGIN"), flat(401, "INVALID_LOGIN", credentialsText), flat(400, "INVALID_LOGIN", credentialsText)},
	},
	{
		code: "INVALID_LOGIN", meaning: "OutOfSession", class: "gone", remedy: forGone,
		wires: []wire{flat(401, "INVALID_LOGIN", unknownLoginText), flat(400, "INVALID_LOGIN", unknownLoginText)},
	},

	{code: "INVALID_REQUEST", class: "config", remedy: forSettings, wires: either("INVALID_REQUEST", 401, 400)},
	{
		code: "INVALID_REQUEST", meaning: "UnknownLogin", class: "gone", remedy: forGone,
		wires: []wire{flat(401, "INVALID_REQUEST", "The login '{login}' is invalid."), flat(400, "INVALID_REQUEST", "The login '{login}' is invalid.")},
		but:   func(e *callEffects) { e.collect = collected.as("INVALID_REQUEST config") }, // It names no login.
	},
	{code: "METHOD_NOT_AVAILABLE", class: "config", remedy: "ask Flinks to enable this call", wires: []wire{flat(500, "METHOD_NOT_AVAILABLE", "")}, but: waitedOut},
	{code: "METHOD_NOT_AVAILABLE", class: "config", remedy: "ask Flinks to enable this call", wires: []wire{inSession(500, "METHOD_NOT_AVAILABLE")}},

	{code: "NO_TRANSACTION", class: "data", remedy: "The connection works", wires: either("NO_TRANSACTION", 401)},

	{code: "UNRECOGNIZED", class: "unknown", remedy: "unknown answer", wires: append(
		either("BRAND_NEW_CODE", 401), wire{name: "wrong types", fault: flinkssim.Fault{BodyKind: flinkssim.BodyWrongType}},
	)},
	{code: "NO_CODE", class: "unknown", remedy: "unknown answer", wires: []wire{flat(400, "", "Something else")}},
	{
		code: "SERVER_ERROR", class: "transient", remedy: "Flinks has an internal fault", but: waitedOut,
		wires: []wire{flat(500, "", ""), {name: "502 of a proxy", fault: flinkssim.Fault{Status: 502, BodyKind: flinkssim.BodyHTML}}},
	},
	{
		code: "UNREADABLE_ANSWER", class: "unknown", remedy: "must check proxies", but: waitedOut,
		wires: []wire{
			{name: "HTML", fault: flinkssim.Fault{Status: 200, BodyKind: flinkssim.BodyHTML}},
			{name: "empty", fault: flinkssim.Fault{BodyKind: flinkssim.BodyEmpty}},
		},
	},
	{
		code: "NO_ANSWER", class: "transient", remedy: "reads the outcome", but: waitedOut,
		wires: []wire{{name: "dropped", fault: flinkssim.Fault{Drop: flinkssim.DropBeforeCommit}}},
	},
	{code: "NOT_SENT", class: "transient", remedy: "must check the network", wires: []wire{{name: "no host", astray: true}}},
	{code: "CREDENTIAL_MISSING", class: "config", never: "without its keys an instance is not ready, and nothing is called"},
	{code: "INVALID_CALL", class: "config", never: "a Secret that holds no loginId and an instance without a host are conditions of their own"},
	{code: "HOST_UNPROVEN", class: "config", never: "no answer has it: it stands for an unknown login at a host that never answered for it, which host_test.go is about"},
}

// newSession: the data is asked for with another RequestId, which is no trouble.
func newSession(e *callEffects) { e.collect = patient.silent() }

// waitedOut: a live session may be open, and nothing is known of it.
func waitedOut(e *callEffects) { e.refresh = lost }
