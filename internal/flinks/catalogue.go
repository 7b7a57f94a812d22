package flinks

import "strings"

// Class says what kind of thing an answer is, and so who has to act.
type Class string

const (
	// ClassSuccess: done.
	ClassSuccess Class = "success"
	// ClassPending: Flinks is still working; ask again later.
	ClassPending Class = "pending"
	// ClassUser: only the customer can go on. No automatic live retry.
	ClassUser Class = "user"
	// ClassTransient: passes by itself; retry with a growing pause.
	ClassTransient Class = "transient"
	// ClassThrottled: too many calls; the whole instance has to slow down.
	ClassThrottled Class = "throttled"
	// ClassInstance: the instance's keys were refused; every connection is affected.
	ClassInstance Class = "instance"
	// ClassGone: Flinks does not know the loginId under this customerId.
	ClassGone Class = "gone"
	// ClassConfig: the request can never work as it is; no retry until something changes.
	ClassConfig Class = "config"
	// ClassData: the connection is healthy, the data is thin.
	ClassData Class = "data"
	// ClassUnknown: not in the catalogue; retry with a cap.
	ClassUnknown Class = "unknown"
)

// Code is a FlinksCode of the catalogue, or one of this package's own for answers that
// carry none. Unknown FlinksCodes are never passed on: they become CodeUnrecognized.
type Code string

// FlinksCodes. Source: Flinks documentation, error codes.
const (
	CodeOK                             Code = "OK"
	CodeCreated                        Code = "CREATED"
	CodeOperationPending               Code = "OPERATION_PENDING"
	CodeOperationDispatched            Code = "OPERATION_DISPATCHED"
	CodeSessionNonexistent             Code = "SESSION_NONEXISTENT"
	CodeSessionExpired                 Code = "SESSION_EXPIRED"
	CodeCardInUse                      Code = "CARD_IN_USE"
	CodeConcurrentSession              Code = "CONCURRENT_SESSION"
	CodeTooManyRequests                Code = "TOO_MANY_REQUESTS"
	CodeRetryLater                     Code = "RETRY_LATER"
	CodeBankMaintenanceRetryLater      Code = "BANK_MAINTENANCE_RETRY_LATER"
	CodeAggregationError               Code = "AGGREGATION_ERROR"
	CodeDisabledInstitution            Code = "DISABLED_INSTITUTION"
	CodeUnauthorized                   Code = "UNAUTHORIZED"
	CodeAccessDenied                   Code = "ACCESS_DENIED"
	CodeMethodNotAvailable             Code = "METHOD_NOT_AVAILABLE"
	CodeInvalidRequest                 Code = "INVALID_REQUEST"
	CodeInvalidLogin                   Code = "INVALID_LOGIN"
	CodeInvalidUsername                Code = "INVALID_USERNAME"
	CodeInvalidPassword                Code = "INVALID_PASSWORD"
	CodeInvalidSecurityResponse        Code = "INVALID_SECURITY_RESPONSE"
	CodeInvalidSecurityResponseNoRetry Code = "INVALID_SECURITY_RESPONSE_NO_RETRY"
	CodeQuestionNotFound               Code = "QUESTION_NOT_FOUND"
	CodeUnknownChallengeKey            Code = "UNKNOWN_CHALLENGE_KEY"
	CodeSecurityResponsesIncomplete    Code = "SECURITYRESPONSES_INCOMPLETE"
	CodeAlreadyAuthorized              Code = "ALREADY_AUTHORIZED"
	CodeDisabledLogin                  Code = "DISABLED_LOGIN"
	CodeNewAccount                     Code = "NEW_ACCOUNT"
	CodeNoTransaction                  Code = "NO_TRANSACTION"
)

// Codes of this package. Flinks never sends them; if it did, they would be unrecognized.
const (
	// CodeSecurityChallenges stands for a 203: the bank asked something.
	CodeSecurityChallenges Code = "SECURITY_CHALLENGES"
	// CodeUnrecognized: a FlinksCode that is not in the catalogue, or is malformed.
	CodeUnrecognized Code = "UNRECOGNIZED"
	// CodeMissing: a readable error of Flinks without a FlinksCode.
	CodeMissing Code = "NO_CODE"
	// CodeServerError: a 5xx without a FlinksCode.
	CodeServerError Code = "SERVER_ERROR"
	// CodeUnreadable: an answer that is not Flinks' (HTML, truncated, oversized, redirect).
	CodeUnreadable Code = "UNREADABLE_ANSWER"
	// CodeNoAnswer: sent, or perhaps sent, and no answer came.
	CodeNoAnswer Code = "NO_ANSWER"
	// CodeNotSent: the request never left.
	CodeNotSent Code = "NOT_SENT"
	// CodeCredentialMissing: the call needs a credential that was not given.
	CodeCredentialMissing Code = "CREDENTIAL_MISSING"
	// CodeInvalidCall: an endpoint or identifier was missing; nothing was sent.
	CodeInvalidCall Code = "INVALID_CALL"
	// CodeHostUnproven: a host that has never answered for a login says that it does not
	// know the login. This package cannot tell; its callers can.
	CodeHostUnproven Code = "HOST_UNPROVEN"
)

// Meaning tells rows of the same code apart.
type Meaning string

const (
	// MeaningOnly: the code has one meaning.
	MeaningOnly Meaning = ""
	// MeaningInSession: the body held a RequestId, so the bank session is meant.
	MeaningInSession Meaning = "InSession"
	// MeaningOutOfSession: the body held no RequestId, so a key or the loginId is meant.
	MeaningOutOfSession Meaning = "OutOfSession"
	// MeaningUnknownLogin: the message says that the loginId is not known.
	MeaningUnknownLogin Meaning = "UnknownLogin"
)

// Entry is one row of the catalogue.
type Entry struct {
	Code    Code
	Meaning Meaning
	Class   Class
	Remedy  string // one or two plain sentences: who must do what
	Ours    bool   // the code is this package's own, not Flinks'
}

// The closed vocabulary of remedies.
const (
	remedyNone        = "Nothing to do."
	remedyWait        = "Nothing to do. Flinks is still working; the operator asks again."
	remedyRetry       = "Nothing to do. The operator tries again later."
	remedyBankDown    = "Nothing to do. The bank cannot be reached now; the operator tries again later."
	remedyBankOff     = "Nothing to do. Flinks has switched this bank off for now; the operator keeps checking. Do not ask the customer to link again."
	remedyInUse       = "Nothing to do. Flinks is still processing this login; the operator tries again."
	remedyConcurrent  = "Nothing to do. Another session for this login is open; the operator waits until it has ended."
	remedyThrottled   = "Nothing to do. Flinks asks for fewer calls; the operator slows down. If this lasts, lower the limits of the instance."
	remedyFlinksFault = "Nothing to do. Flinks has an internal fault; the operator tries again later. If this lasts, contact Flinks."
	remedyChallenge   = "The customer must answer the bank's question. Request a refresh when they are available, then send them the reconnect link."
	remedyReconnect   = "The customer must connect again. Request a refresh when they are available, then send them the reconnect link."
	remedyCredentials = "The customer must link the bank again with the current credentials. Repeated attempts with the old ones may lock the login at the bank."
	remedyLocked      = "The bank has locked this login. The customer must call the bank, then connect again."
	remedyBankAction  = "The customer must sign in at the bank's own site and finish what the bank asks there, then connect again."
	remedyKeys        = "An administrator must check the keys and the customerId of the Flinks instance; Flinks refuses them."
	remedyGone        = "Flinks does not know this loginId. Check instance and customerId; if they are right, the customer must link the bank again."
	remedyNotEnabled  = "An administrator must ask Flinks to enable this call for the instance."
	remedyRequest     = "An administrator must check the connection's settings; Flinks does not accept the request."
	remedyNoData      = "Nothing to do. The connection works; the bank reports few or no transactions."
	remedyUnreachable = "An administrator must check the network and the instance's address if this lasts; Flinks could not be reached and nothing was sent."
	remedyUnreadable  = "An administrator must check proxies and the instance's address if this lasts; the answer did not come from Flinks."
	remedyNoAnswer    = "Nothing to do. No answer came, so the operator waits and then reads the outcome."
	remedyCredential  = "An administrator must add the missing key to the credentials Secret of the instance."
	remedyInvalidCall = "An administrator must check instance, customerId and loginId; the call could not be made."
	remedyHost        = "An administrator must check the instance's endpoints; the host says that it does not know the login, and has never answered for it."
	remedyUnknown     = "Flinks gave an unknown answer; the operator tries again. If this lasts, contact Flinks."
)

// One row per code and meaning. Switch on the code, never on the HTTP status: the
// documentation gives 400 and 401 for the same code in different years.
var catalogue = []Entry{
	{CodeOK, MeaningOnly, ClassSuccess, remedyNone, false},
	{CodeCreated, MeaningOnly, ClassSuccess, remedyNone, false},
	{CodeAlreadyAuthorized, MeaningOnly, ClassSuccess, remedyNone, false},

	{CodeOperationPending, MeaningOnly, ClassPending, remedyWait, false},
	{CodeOperationDispatched, MeaningOnly, ClassPending, remedyWait, false},

	{CodeSecurityChallenges, MeaningOnly, ClassUser, remedyChallenge, true},
	{CodeQuestionNotFound, MeaningOnly, ClassUser, remedyChallenge, false},
	{CodeInvalidSecurityResponse, MeaningOnly, ClassUser, remedyChallenge, false},
	{CodeInvalidSecurityResponseNoRetry, MeaningOnly, ClassUser, remedyReconnect, false},
	{CodeUnknownChallengeKey, MeaningOnly, ClassUser, remedyChallenge, false},
	{CodeSecurityResponsesIncomplete, MeaningOnly, ClassUser, remedyChallenge, false},
	{CodeInvalidUsername, MeaningOnly, ClassUser, remedyCredentials, false},
	{CodeInvalidPassword, MeaningOnly, ClassUser, remedyCredentials, false},
	{CodeDisabledLogin, MeaningOnly, ClassUser, remedyLocked, false},
	{CodeNewAccount, MeaningOnly, ClassUser, remedyBankAction, false},

	{CodeSessionNonexistent, MeaningOnly, ClassTransient, remedyRetry, false},
	{CodeSessionExpired, MeaningOnly, ClassTransient, remedyRetry, false},
	{CodeCardInUse, MeaningOnly, ClassTransient, remedyInUse, false},
	{CodeConcurrentSession, MeaningOnly, ClassTransient, remedyConcurrent, false},
	{CodeRetryLater, MeaningOnly, ClassTransient, remedyBankDown, false},
	{CodeBankMaintenanceRetryLater, MeaningOnly, ClassTransient, remedyBankDown, false},
	{CodeAggregationError, MeaningOnly, ClassTransient, remedyFlinksFault, false},
	{CodeDisabledInstitution, MeaningOnly, ClassTransient, remedyBankOff, false},

	{CodeTooManyRequests, MeaningOnly, ClassThrottled, remedyThrottled, false},

	// With a RequestId the bank said no; without one a key, the token or the loginId is wrong.
	{CodeUnauthorized, MeaningInSession, ClassUser, remedyReconnect, false},
	{CodeUnauthorized, MeaningOutOfSession, ClassInstance, remedyKeys, false},
	{CodeUnauthorized, MeaningUnknownLogin, ClassGone, remedyGone, false},
	{CodeAccessDenied, MeaningInSession, ClassUser, remedyReconnect, false},
	{CodeAccessDenied, MeaningOutOfSession, ClassInstance, remedyKeys, false},
	{CodeInvalidLogin, MeaningInSession, ClassUser, remedyCredentials, false},
	{CodeInvalidLogin, MeaningOutOfSession, ClassGone, remedyGone, false},

	{CodeInvalidRequest, MeaningOnly, ClassConfig, remedyRequest, false},
	{CodeInvalidRequest, MeaningUnknownLogin, ClassGone, remedyGone, false},
	{CodeMethodNotAvailable, MeaningOnly, ClassConfig, remedyNotEnabled, false},

	{CodeNoTransaction, MeaningOnly, ClassData, remedyNoData, false},

	{CodeUnrecognized, MeaningOnly, ClassUnknown, remedyUnknown, true},
	{CodeMissing, MeaningOnly, ClassUnknown, remedyUnknown, true},
	{CodeServerError, MeaningOnly, ClassTransient, remedyFlinksFault, true},
	{CodeUnreadable, MeaningOnly, ClassUnknown, remedyUnreadable, true},
	{CodeNoAnswer, MeaningOnly, ClassTransient, remedyNoAnswer, true},
	{CodeNotSent, MeaningOnly, ClassTransient, remedyUnreachable, true},
	{CodeCredentialMissing, MeaningOnly, ClassConfig, remedyCredential, true},
	{CodeInvalidCall, MeaningOnly, ClassConfig, remedyInvalidCall, true},
	{CodeHostUnproven, MeaningOnly, ClassConfig, remedyHost, true},
}

// Catalogue returns a copy of the whole table.
func Catalogue() []Entry { return append([]Entry(nil), catalogue...) }

// Lookup finds the row of a code. inSession says whether the body held a RequestId. Any
// other code gives the CodeUnrecognized row; the argument is never part of the result.
func Lookup(code string, inSession bool) Entry {
	if e, ok := find(Code(code), inSession); ok {
		return e
	}
	if isMaintenance(code) {
		return EntryFor(CodeBankMaintenanceRetryLater, MeaningOnly)
	}
	return EntryFor(CodeUnrecognized, MeaningOnly)
}

func find(code Code, inSession bool) (Entry, bool) {
	meaning := MeaningOutOfSession
	if inSession {
		meaning = MeaningInSession
	}
	for _, e := range catalogue {
		if e.Code == code && (e.Meaning == MeaningOnly || e.Meaning == meaning) {
			return e, true
		}
	}
	return Entry{}, false
}

// EntryFor finds the row of a code that has exactly this meaning. Without such a row it
// returns that of CodeUnrecognized.
func EntryFor(code Code, meaning Meaning) Entry {
	for _, e := range catalogue {
		if e.Code == code && e.Meaning == meaning {
			return e
		}
	}
	return Entry{Code: CodeUnrecognized, Class: ClassUnknown, Remedy: remedyUnknown, Ours: true}
}

// isMaintenance matches the maintenance code, which the documentation spells in three ways.
func isMaintenance(code string) bool {
	if len(code) > 64 || !strings.HasSuffix(code, "RETRY_LATER") {
		return false
	}
	return strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_ ") == ""
}
