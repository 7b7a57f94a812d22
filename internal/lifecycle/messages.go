package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// messages holds every text that a condition or an event can carry. No text of Flinks or
// of a bank gets here.
var messages = map[string]string{
	v1alpha1.ReasonRefreshed:           "The bank lets Flinks in, and the data is younger than maxDataAge",
	v1alpha1.ReasonUserActionRequired:  "The customer has to act; see the condition UserActionRequired",
	v1alpha1.ReasonDataStale:           "The data is older than maxDataAge",
	v1alpha1.ReasonDataFresh:           "The data is younger than maxDataAge",
	v1alpha1.ReasonNeverRefreshed:      "Flinks knows the login, but has no data for it; request a refresh",
	v1alpha1.ReasonNotObserved:         "The operator has not read the state of the login yet",
	v1alpha1.ReasonSecretNotFound:      "The Secret of loginIdSecretRef does not exist; create it with the loginId",
	v1alpha1.ReasonSecretKeyNotFound:   "The Secret of loginIdSecretRef has no such key; add it, or change loginIdSecretRef.key",
	v1alpha1.ReasonSecretInvalid:       "The value in the Secret of loginIdSecretRef is not a loginId; replace it with one",
	v1alpha1.ReasonSecretForbidden:     "The operator may not read the Secret of loginIdSecretRef; grant it by RBAC",
	v1alpha1.ReasonLoginChanged:        "Secret and instance no longer name the login that this object is bound to; restore them, or give the login up: annotate " + v1alpha1.RebindAnnotation + " with status.binding.loginFingerprint",
	v1alpha1.ReasonInstanceNotFound:    "The instance of instanceRef does not exist; create it, or change instanceRef",
	v1alpha1.ReasonInstanceNotReady:    "The instance of instanceRef is not ready; see its condition Ready",
	v1alpha1.ReasonInstanceSuspended:   "spec.suspend of the instance is true; the operator does not call Flinks for any of its connections",
	v1alpha1.ReasonNamespaceNotAllowed: "The instance of instanceRef does not serve this namespace; an administrator can allow it in allowedNamespaces",
	v1alpha1.ReasonLoginGone:           "Flinks does not know the login; the customer has to link their bank again",
	v1alpha1.ReasonHostUnproven:        "The API host does not know the login, and has never confirmed it before; check the endpoints of the instance",
	v1alpha1.ReasonInvalidSpec:         "The refresh policy can never work; correct the schedule, time zone or window that is not valid, or the schedule that fires more often than hourly",
	v1alpha1.ReasonDuplicateLogin:      "Another BankConnection was bound to the same login first; delete one of the two",
	v1alpha1.ReasonLoginBeingDeleted:   "Another BankConnection is deleting this login at Flinks; the operator does not call Flinks for this one until that is done",
	v1alpha1.ReasonFlinksUnavailable:   "Flinks or the bank gave no usable answer; the operator tries again",
	v1alpha1.ReasonRequestRejected:     "Flinks rejects the operator's request; see status.lastError",
	v1alpha1.ReasonSuspended:           "spec.suspend is true; the operator does not call Flinks",
	v1alpha1.ReasonRefreshing:          "A live session is under way",
	v1alpha1.ReasonAuthorized:          "The bank let Flinks in at the last attempt",

	v1alpha1.ReasonSecretFinalizerForbidden: "The operator may not put a finalizer on the Secret, which can therefore be deleted before the login; grant it by RBAC",
	v1alpha1.ReasonSecretWriteForbidden:     "The operator may not write Secrets in this namespace; grant it by RBAC",
	v1alpha1.ReasonSecretWriteUnguarded:     "The ValidatingAdmissionPolicy flinks-operator-secrets is not in force, and without it the operator writes no Secrets; install it with its binding",
	v1alpha1.ReasonSecretNotOwned:           "The Secret to write exists, and the operator did not create it; rename or delete it",
	v1alpha1.ReasonSecretWriteFailed:        "The API server refused the Secret; see the operator's log",
	v1alpha1.ReasonTokenNotIssued:           "Flinks issued no authorize token for the link to the bank's question, which does not work without; request a refresh when the customer is available",
	v1alpha1.ReasonLinkInvalid:              "No link to the bank's question can be made; check the endpoints of the instance, redirectURL and accountIds",
	v1alpha1.ReasonInstanceChanged:          "The instance was changed, and the link to the bank's question may not stand where it would, or does not work; request a refresh when the customer is available",
	v1alpha1.ReasonRefreshPolicyNotFound:    "The RefreshPolicy of refreshPolicyRef does not exist; until it does, only requests start a refresh",
	v1alpha1.ReasonMethodNotAvailable:       "The instance does not offer nightly refresh; ask Flinks for it or choose another policy",
	v1alpha1.ReasonSelectionUnknown:         "The operator was not told which accounts the customer selected; name them in spec.reconnect.accountIds, or set spec.accounts to All if the customer agreed to share them all",
	v1alpha1.ReasonSelectedAccountsGone:     "The login has none of the accounts that the customer selected; the next link lets the customer select again",
	v1alpha1.ReasonGatewayNotConfigured:     "The customer's link is to lead to the gateway, but the instance has no spec.gateway or the operator runs without its link API; the operator makes no link",
	v1alpha1.ReasonDataExpiresSoon:          "Flinks drops the data soon unless it is refreshed; see status.dataExpiryTime",
	v1alpha1.ReasonDataExpired:              "Flinks may have dropped the data; see status.dataExpiryTime",

	v1alpha1.ReasonNoActionRequired:    "The customer does not have to act",
	v1alpha1.ReasonConnectRequired:     "The customer has not linked their bank yet; send them the link of status.reconnect, or of the Secret that it names",
	v1alpha1.ReasonMFARequired:         "The bank asked a question; send the customer the link of status.reconnect, or of the Secret that it names",
	v1alpha1.ReasonLinkExpired:         "The customer did not answer the bank's question in time; request a refresh when the customer is available",
	v1alpha1.ReasonCredentialsRejected: "The bank refuses user name or password; the customer has to link their bank again",
	v1alpha1.ReasonQuestionUnanswered:  "The customer did not answer the bank's question; request a refresh when the customer is available",
	v1alpha1.ReasonBankActionRequired:  "The customer has to do something at their bank; then request a refresh",
	v1alpha1.ReasonLoginLocked:         "The bank locked the login; the customer has to call the bank",

	v1alpha1.ReasonNightlyRefreshFailed: "Flinks' nightly refresh brings no data; request a refresh when the customer is available",
	v1alpha1.ReasonDeadlineExceeded:     "The customer has had to act for longer than the deadline; see status.reconnect.reason",

	v1alpha1.ReasonDeletionsPaused:  "More logins are to be deleted than the limits of the namespace and the instance allow (see status.pausedDeletions of the instance); to confirm, annotate the instance: " + v1alpha1.AllowDeletionsUntilAnnotation + ", a time within the next 24 hours",
	v1alpha1.ReasonDeletionsAllowed: "No more logins are to be deleted than the limits allow, or a person has confirmed the deletions",
	v1alpha1.ReasonSharedDeletion:   "Other BankConnections with the same login are being deleted too; one of them deletes it, after the others",
	v1alpha1.ReasonCardInUse:        "Flinks is still processing the login; the operator tries again",
	v1alpha1.ReasonSessionOpen:      "A live session may still be open",
	v1alpha1.ReasonRequestOutdated:  "The request was made more than an hour ago; request again",
	v1alpha1.ReasonNotBound:         "The request is older than the binding; request again",
	v1alpha1.ReasonNoSessionHandOff: "The spec has no sessionHandOff that says where to put the session",

	v1alpha1.ReasonPolicyAccepted: "The policy is valid",

	v1alpha1.ReasonCallsAllowed:          "Connections may call Flinks",
	v1alpha1.ReasonThrottled:             "Flinks throttles the calls; the operator pauses all calls for the instance",
	v1alpha1.ReasonCredentialsAccepted:   "Flinks accepts the keys",
	v1alpha1.ReasonCredentialsNotFound:   "The Secret of credentialsSecretRef, or its key for the secretKey or the apiKey, does not exist; create it, or correct credentialsSecretRef.keys",
	v1alpha1.ReasonCredentialsInvalid:    "A value in the Secret of credentialsSecretRef is not a valid key; replace it",
	v1alpha1.ReasonCredentialsForbidden:  "The operator may not read the Secret of credentialsSecretRef; grant it by RBAC",
	v1alpha1.ReasonInstanceRejected:      "Flinks refuses the secretKey or the customerId; correct them",
	v1alpha1.ReasonAPIKeyRefused:         "Flinks refuses the apiKey of the instance; put the right one into the Secret of its credentialsSecretRef",
	v1alpha1.ReasonCardCredentialRefused: "Flinks refuses the key with which logins are deleted and nightly refresh is switched; if the instance is ready, choose another in spec.cardCredential of the instance",
	v1alpha1.ReasonCABundleInvalid:       "spec.caBundle is not a list of certificates in PEM; correct it",
	v1alpha1.ReasonEndpointInvalid:       "An endpoint or the proxy is not a valid URL; correct spec.endpoints or spec.proxy",

	v1alpha1.ReasonConfirmationUnreadable:  "The value of " + v1alpha1.AllowDeletionsUntilAnnotation + " is not a time in RFC 3339; the operator ignores it",
	v1alpha1.ReasonConfirmationTooFarAhead: "The time in " + v1alpha1.AllowDeletionsUntilAnnotation + " was more than 24 hours ahead when the operator first saw it; the operator ignores it, also later",

	v1alpha1.ReasonProofNotReturned: "A customer linked their bank, and Flinks returned neither the tag of the link with the data nor the session to the page; ask Flinks for one of the two. For an hour, links of the gateway link no bank",
	v1alpha1.ReasonOtherLogin:       "A customer came back from Flinks Connect with another login than the bound one, which stays; the other one is at Flinks, see status.unverifiedLogins",
	v1alpha1.ReasonLoginNotVerified: "A browser named a login that is at Flinks, and nothing proves that it was linked with the link; the operator did not keep it. To keep it, or to delete it with a BankConnection, write its loginId into a Secret yourself; see status.unverifiedLogins",

	v1alpha1.ReasonRevocationUnreadable: "The value of " + v1alpha1.RevokeLinksBeforeAnnotation + " is not a time in RFC 3339; the operator revokes no links",
	v1alpha1.ReasonLinksRevoked:         "Links that were issued before status.linkRevocation.effectiveTime do not work any more; customers who are still required get others",

	v1alpha1.ReasonLoginDeleted:     "The login and its data are deleted at Flinks",
	v1alpha1.ReasonSharedLogin:      "Another BankConnection has the same login; the operator left it at Flinks",
	v1alpha1.ReasonOwnershipMoved:   "The BankConnection that owned the login was deleted or gave it up; this one owns it now",
	v1alpha1.ReasonLoginRetained:    "deletionPolicy is Retain; the operator left the login at Flinks",
	v1alpha1.ReasonLoginAbandoned:   "The abandon-login annotation released the object; the operator left the login at Flinks with all its data",
	v1alpha1.ReasonLoginSuperseded:  "The bound login was given up for the one in the Secret; the operator left it at Flinks with all its data",
	v1alpha1.ReasonLinkIssued:       "There is a new link to the gateway, in status.reconnect or in the Secret that it names; send it to the customer, as any previous link no longer works",
	v1alpha1.ReasonAccountsChanged:  "The login has other accounts than before",
	v1alpha1.ReasonNightlyCorrected: "The operator switched nightly refresh on or off at Flinks, as the policy says",
	v1alpha1.ReasonNightlyLeftOn:    "Nightly refresh of a login that was left at Flinks may still be on, and Flinks may charge for it; ask Flinks to switch it off",
	v1alpha1.ReasonLoginNeverBound:  "Flinks never confirmed the login for this object; the operator deleted nothing at Flinks",
}

// Message returns the text for a reason of a condition or an event.
func Message(reason string) string { return messages[reason] }
