package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// messages holds every text that a condition or an event can carry. No text of Flinks or
// of a bank gets here.
var messages = map[string]string{
	v1alpha1.ReasonRefreshed:           "The bank lets Flinks in and the data are fresh",
	v1alpha1.ReasonUserActionRequired:  "A person is needed; see UserActionRequired",
	v1alpha1.ReasonDataStale:           "The data are older than maxDataAge",
	v1alpha1.ReasonDataFresh:           "The data are younger than maxDataAge",
	v1alpha1.ReasonNeverRefreshed:      "Flinks knows the login but has no data of it",
	v1alpha1.ReasonNotObserved:         "The state of the login was not read yet",
	v1alpha1.ReasonSecretNotFound:      "The Secret of loginIdSecretRef does not exist",
	v1alpha1.ReasonSecretKeyNotFound:   "The Secret of loginIdSecretRef lacks the key",
	v1alpha1.ReasonSecretInvalid:       "The value in the Secret of loginIdSecretRef is not a loginId",
	v1alpha1.ReasonSecretForbidden:     "The operator may not read the Secret of loginIdSecretRef",
	v1alpha1.ReasonLoginChanged:        "Secret and instance no longer name the login that this object is bound to; put it back, or give it up: annotate " + v1alpha1.RebindAnnotation + " with status.binding.loginFingerprint",
	v1alpha1.ReasonInstanceNotFound:    "The instance of instanceRef does not exist",
	v1alpha1.ReasonInstanceNotReady:    "The instance of instanceRef is not ready",
	v1alpha1.ReasonNamespaceNotAllowed: "The instance of instanceRef does not serve this namespace",
	v1alpha1.ReasonLoginGone:           "Flinks does not know the login; link the account again",
	v1alpha1.ReasonHostUnproven:        "The API host says that it does not know the login, and has never answered for it; check the endpoints of the instance",
	v1alpha1.ReasonInvalidSpec:         "The refresh policy can never work: schedule, time zone or window is not valid, or the schedule fires more often than hourly",
	v1alpha1.ReasonDuplicateLogin:      "Another BankConnection was bound to the same login first",
	v1alpha1.ReasonLoginBeingDeleted:   "Another BankConnection is about to delete this login at Flinks; nothing is called until that is done",
	v1alpha1.ReasonFlinksUnavailable:   "Flinks or the bank gave no usable answer; the operator tries again",
	v1alpha1.ReasonRequestRejected:     "Flinks rejects what the operator asks; see status.lastError",
	v1alpha1.ReasonSuspended:           "spec.suspend is true; nothing is called",
	v1alpha1.ReasonRefreshing:          "A live session is under way",
	v1alpha1.ReasonAuthorized:          "The bank let Flinks in at the last attempt",

	v1alpha1.ReasonSecretHoldForbidden:   "The operator may not put a finalizer on the Secret, which can vanish before the login is deleted",
	v1alpha1.ReasonSecretWriteForbidden:  "The operator may not write Secrets in this namespace",
	v1alpha1.ReasonSecretNotOwned:        "The Secret to write belongs to somebody else; rename or delete it",
	v1alpha1.ReasonSecretWriteFailed:     "The API server did not take the Secret; the operator's log says why",
	v1alpha1.ReasonRefreshPolicyNotFound: "The RefreshPolicy of refreshPolicyRef does not exist; no refresh starts by itself until it does",
	v1alpha1.ReasonMethodNotAvailable:    "The instance does not offer nightly refresh; ask Flinks for it or choose another policy",
	v1alpha1.ReasonGatewayNotConfigured:  "spec.reconnect.delivery is Gateway, and the instance has no spec.gateway or the operator runs without its link API; no link is made",
	v1alpha1.ReasonDataExpiresSoon:       "Flinks drops the data within ten days unless they are refreshed; see status.dataExpiryTime",
	v1alpha1.ReasonDataExpired:           "Flinks may have dropped the data; see status.dataExpiryTime",

	v1alpha1.ReasonConnectRequired:     "The person has not linked their bank yet, and does so at the link of status.reconnect",
	v1alpha1.ReasonMFARequired:         "The bank asked a question; the person answers it at the link of status.reconnect, or of the Secret that it names",
	v1alpha1.ReasonLinkExpired:         "The bank's question was not answered in time; request a refresh when the person is there",
	v1alpha1.ReasonCredentialsRejected: "The bank refuses user name or password; the person links the account again",
	v1alpha1.ReasonQuestionUnanswered:  "The bank asks what nobody answered; request a refresh when the person is there",
	v1alpha1.ReasonBankActionRequired:  "The person has to do something at their bank, then request a refresh",
	v1alpha1.ReasonLoginLocked:         "The bank locked the login; the person has to call the bank",

	v1alpha1.ReasonNightlyRefreshFailed: "Flinks' nightly refresh brings no data; request a refresh when the person is there",
	v1alpha1.ReasonDeadlineExceeded:     "The person is wanted for longer than the deadline; status.reconnect.reason says what for",

	v1alpha1.ReasonDeletionsPaused: "More logins are to be deleted than the limits of the namespace and the instance allow, see status.pausedDeletions of the instance; to confirm, annotate the instance: " + v1alpha1.AllowDeletionsUntilAnnotation + ", a time within the next 24 hours",
	v1alpha1.ReasonSharedDeletion:  "Other BankConnections with the same login are being deleted too; one of them deletes it, after the others",
	v1alpha1.ReasonCardInUse:       "Flinks is still processing the login; the operator tries again",
	v1alpha1.ReasonSessionOpen:     "A live session may still be open",
	v1alpha1.ReasonRequestOutdated: "The request was made more than an hour ago; request again",
	v1alpha1.ReasonNotBound:        "The request is older than the binding; request again",

	v1alpha1.ReasonPolicyAccepted: "The policy can work",

	v1alpha1.ReasonThrottled:            "Flinks says that it is asked too often; no connection of the instance calls it for a while",
	v1alpha1.ReasonCredentialsAccepted:  "Flinks accepts the keys",
	v1alpha1.ReasonCredentialsNotFound:  "The Secret of credentialsSecretRef, or its key secretKey or apiKey, does not exist",
	v1alpha1.ReasonCredentialsInvalid:   "A value in the Secret of credentialsSecretRef cannot be a key",
	v1alpha1.ReasonCredentialsForbidden: "The operator may not read the Secret of credentialsSecretRef",
	v1alpha1.ReasonInstanceRejected:     "Flinks refuses the secretKey or the customerId",
	v1alpha1.ReasonAPIKeyRefused:        "Flinks refuses the apiKey of the instance; put the right one into the Secret of its credentialsSecretRef",
	v1alpha1.ReasonEndpointInvalid:      "An endpoint is not a usable URL",

	v1alpha1.ReasonConfirmationUnreadable:  "The value of " + v1alpha1.AllowDeletionsUntilAnnotation + " is not a time in RFC 3339; it confirms nothing",
	v1alpha1.ReasonConfirmationTooFarAhead: "The time in " + v1alpha1.AllowDeletionsUntilAnnotation + " was more than 24 hours ahead when it was first seen; it confirms nothing, now or later",

	v1alpha1.ReasonLoginDeleted:     "The login and its data were deleted at Flinks",
	v1alpha1.ReasonSharedLogin:      "Another BankConnection has the same login; it was left at Flinks",
	v1alpha1.ReasonOwnershipMoved:   "The BankConnection that owned the login is gone or gave it up; this one owns it now",
	v1alpha1.ReasonLoginRetained:    "deletionPolicy is Retain; the login was left at Flinks",
	v1alpha1.ReasonLoginAbandoned:   "The break-glass annotation let the object go; the login was left at Flinks with all its data",
	v1alpha1.ReasonLoginSuperseded:  "The bound login was given up for the one in the Secret; it was left at Flinks with all its data",
	v1alpha1.ReasonLinkIssued:       "There is a new link to the gateway in status.reconnect; the one before, if any, no longer works",
	v1alpha1.ReasonAccountsChanged:  "The login has other accounts than before",
	v1alpha1.ReasonNightlyCorrected: "Nightly refresh was switched on or off at Flinks, as the policy says",
	v1alpha1.ReasonNightlyLeftOn:    "Nightly refresh of a login that was left at Flinks may still be on, and is paid for; have Flinks switch it off",
	v1alpha1.ReasonLoginNeverBound:  "The login was never confirmed for this object; nothing was deleted at Flinks",
}

// Message returns the text for a reason of a condition or an event.
func Message(reason string) string { return messages[reason] }
