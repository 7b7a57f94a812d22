package flinkssim

import "net/http"

// The FlinksCodes that the simulator can answer with.
const (
	codeOK                   = "OK"
	codeOperationPending     = "OPERATION_PENDING"
	codeOperationDispatched  = "OPERATION_DISPATCHED"
	codeUnauthorized         = "UNAUTHORIZED"
	codeInvalidRequest       = "INVALID_REQUEST"
	codeInvalidLogin         = "INVALID_LOGIN"
	codeInvalidUsername      = "INVALID_USERNAME"
	codeInvalidPassword      = "INVALID_PASSWORD"
	codeInvalidAnswer        = "INVALID_SECURITY_RESPONSE"
	codeInvalidAnswerNoRetry = "INVALID_SECURITY_RESPONSE_NO_RETRY"
	codeQuestionNotFound     = "QUESTION_NOT_FOUND"
	codeUnknownChallengeKey  = "UNKNOWN_CHALLENGE_KEY"
	codeAnswersIncomplete    = "SECURITYRESPONSES_INCOMPLETE"
	codeAlreadyAuthorized    = "ALREADY_AUTHORIZED"
	codeSessionNonexistent   = "SESSION_NONEXISTENT"
	codeSessionExpired       = "SESSION_EXPIRED"
	codeCardInUse            = "CARD_IN_USE"
	codeConcurrentSession    = "CONCURRENT_SESSION"
	codeTooManyRequests      = "TOO_MANY_REQUESTS"
	codeRetryLater           = "RETRY_LATER"
	codeAggregationError     = "AGGREGATION_ERROR"
	codeDisabledInstitution  = "DISABLED_INSTITUTION"
	codeDisabledLogin        = "DISABLED_LOGIN"
	codeNewAccount           = "NEW_ACCOUNT"
	codeMethodNotAvailable   = "METHOD_NOT_AVAILABLE"
)

// The message strings that Flinks publishes. Two codes have two meanings each,
// which only the message (and the presence of a RequestId) tells apart.
const (
	messageAuthKey         = "You must provide a valid auth key"
	messageAuthorizeToken  = "You must provide a valid authorize token"
	messageUnknownLogin    = "The LoginId provided is either invalid or does not belong to the CustomerId"
	messageLoginNotFound   = "LoginId not found or invalid"
	messageCredentials     = "The card number (username) or password provided is invalid"
	messageNoSession       = "Inputs session id or card if were not found."
	messagePending         = "Your operation is still processing"
	messageDispatched      = "Your operations had been dispatched to background process for long running jobs"
	messageCardInUse       = "Call still processing"
	messageInvalidLoginID  = "Invalid LoginId"
	messageMalformedLogin  = "The login '%s' is invalid."
	messageInvalidRequest  = "The request is invalid."
	messageTooManyRequests = "Too many requests."
)

// statusOf returns the HTTP status that goes with a code. Flinks' documents of
// different age disagree on several of them: those are knobs.
func (k *Knobs) statusOf(code string) int {
	switch code {
	case codeOK:
		return http.StatusOK
	case codeOperationPending, codeOperationDispatched:
		return http.StatusAccepted
	case codeSessionNonexistent, codeCardInUse:
		return http.StatusBadRequest
	case codeInvalidLogin:
		return k.InvalidLoginStatus
	case codeInvalidRequest:
		return k.InvalidRequestStatus
	case codeSessionExpired:
		return k.SessionExpiredStatus
	case codeTooManyRequests:
		return k.ThrottleStatus
	case codeRetryLater:
		return k.RetryLaterStatus
	case codeAggregationError, codeMethodNotAvailable:
		return http.StatusInternalServerError
	case codeDisabledInstitution:
		return http.StatusMethodNotAllowed
	default:
		return http.StatusUnauthorized
	}
}

// messageOf returns the published message of a code, empty where none is published.
func messageOf(code string) string {
	switch code {
	case codeInvalidLogin:
		return messageCredentials
	case codeSessionNonexistent:
		return messageNoSession
	case codeOperationPending:
		return messagePending
	case codeOperationDispatched:
		return messageDispatched
	case codeCardInUse:
		return messageCardInUse
	case codeInvalidRequest:
		return messageInvalidRequest
	case codeTooManyRequests:
		return messageTooManyRequests
	default:
		return ""
	}
}
