package v1alpha1

// Types of conditions. Ready, Authorized, DataFresh and UserActionRequired are
// always present; the others are present only while they are true.
const (
	// ConditionReady means that the data is younger than maxDataAge and nothing in
	// the cluster has to be fixed.
	ConditionReady = "Ready"
	// ConditionAuthorized means that the bank accepted Flinks at the last attempt.
	ConditionAuthorized = "Authorized"
	// ConditionDataFresh means that Flinks holds data younger than maxDataAge.
	ConditionDataFresh = "DataFresh"
	// ConditionUserActionRequired means that the bank needs the customer to act,
	// or that the customer has yet to link their bank.
	ConditionUserActionRequired = "UserActionRequired"
	// ConditionStalled means that the operator can do nothing until an object
	// changes.
	ConditionStalled = "Stalled"
	// ConditionReconciling means that a live session is in progress for a
	// connection that is not ready.
	ConditionReconciling = "Reconciling"
	// ConditionSuspended means that spec.suspend is true, of a connection or of an
	// instance.
	ConditionSuspended = "Suspended"
	// ConditionDeletionBlocked means that the object is being deleted and its
	// login cannot be deleted yet.
	ConditionDeletionBlocked = "DeletionBlocked"
	// ConditionSecretUnprotected means that the Secret with the loginId or, on a
	// FlinksInstance, the Secret with the keys can disappear before the login is
	// deleted, because the operator may not put a finalizer on it.
	ConditionSecretUnprotected = "SecretUnprotected"
	// ConditionSecretNotDelivered means that the operator could not write, or not
	// delete, the newest Secret for a reconnect link or for a session.
	ConditionSecretNotDelivered = "SecretNotDelivered"
	// ConditionLinkNotIssued means that the bank asked the customer, and that the
	// operator has no direct link to the question that would work.
	ConditionLinkNotIssued = "LinkNotIssued"
	// ConditionPolicyMissing means that spec.refreshPolicyRef names a policy that
	// does not exist. Until it exists, the operator starts no unattended refresh.
	ConditionPolicyMissing = "PolicyMissing"
	// ConditionNightlyUnavailable means that the policy is Nightly and the
	// instance does not offer nightly refresh.
	ConditionNightlyUnavailable = "NightlyUnavailable"
	// ConditionDataExpiring means that Flinks will soon drop the data, or may
	// have.
	ConditionDataExpiring = "DataExpiring"
	// ConditionGatewayUnavailable means that the customer's link is to lead to the
	// gateway, and that the operator can make no link to one.
	ConditionGatewayUnavailable = "GatewayUnavailable"
	// ConditionAccountsWithheld means that the operator hands out no accounts of
	// the bound login, because the customer is not known to have selected any.
	ConditionAccountsWithheld = "AccountsWithheld"
)

// Types of conditions that only instances have, next to Ready. CallsPaused and
// DeletionsPaused are always present; Suspended, ConfirmationInvalid,
// RevocationInvalid, LinkProofUnavailable and CardCredentialRefused are present only
// while they are true.
const (
	// ConditionCallsPaused means that Flinks throttles the operator or cannot be
	// reached, so that no connection of the instance calls it.
	ConditionCallsPaused = "CallsPaused"
	// ConditionDeletionsPaused means that more logins are to be deleted than the
	// limits allow.
	ConditionDeletionsPaused = "DeletionsPaused"
	// ConditionConfirmationInvalid means that the annotation allow-deletions-until
	// confirms nothing.
	ConditionConfirmationInvalid = "ConfirmationInvalid"
	// ConditionRevocationInvalid means that the annotation revoke-links-before
	// revokes no links.
	ConditionRevocationInvalid = "RevocationInvalid"
	// ConditionLinkProofUnavailable means that a customer linked their bank on the
	// gateway's page, and Flinks returned nothing that proves it.
	ConditionLinkProofUnavailable = "LinkProofUnavailable"
	// ConditionCardCredentialRefused means that Flinks accepts the keys of the
	// instance, but not the one of spec.cardCredential for deleting logins and
	// switching nightly refresh.
	ConditionCardCredentialRefused = "CardCredentialRefused"
)

// Reasons of a BankConnection's conditions.
const (
	// ReasonRefreshed means that the bank accepts Flinks and the data is fresh.
	ReasonRefreshed = "Refreshed"
	// ReasonUserActionRequired means that the customer has to act; see the
	// condition of that name.
	ReasonUserActionRequired = "UserActionRequired"
	// ReasonDataStale means that the data is older than maxDataAge.
	ReasonDataStale = "DataStale"
	// ReasonNeverRefreshed means that Flinks knows the login but has no data for
	// it.
	ReasonNeverRefreshed = "NeverRefreshed"
	// ReasonNotObserved means that the operator has not yet read the state of the
	// login.
	ReasonNotObserved = "NotObserved"
	// ReasonSecretNotFound means that the Secret that loginIdSecretRef names is
	// missing. The operator looks for it again within a minute.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyNotFound means that the Secret lacks the key. The operator looks
	// for it again within a minute.
	ReasonSecretKeyNotFound = "SecretKeyNotFound"
	// ReasonSecretInvalid means that the value is not a loginId.
	ReasonSecretInvalid = "SecretInvalid"
	// ReasonSecretForbidden means that the operator may not read the Secret.
	ReasonSecretForbidden = "SecretForbidden"
	// ReasonLoginChanged means that the Secret and the instance name another login
	// than the bound one. If the instance has another name or customerId, the
	// operator knows that without a call.
	ReasonLoginChanged = "LoginChanged"
	// ReasonInstanceNotFound means that the instance that instanceRef names is
	// missing.
	ReasonInstanceNotFound = "InstanceNotFound"
	// ReasonInstanceNotReady means that the instance exists but is not ready.
	// Its own conditions say why.
	ReasonInstanceNotReady = "InstanceNotReady"
	// ReasonInstanceSuspended means that spec.suspend of the instance is true: the
	// operator makes no call for any of its connections.
	ReasonInstanceSuspended = "InstanceSuspended"
	// ReasonNamespaceNotAllowed means that the instance does not serve this
	// namespace.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"
	// ReasonLoginGone means that Flinks does not know the login.
	ReasonLoginGone = "LoginGone"
	// ReasonHostUnproven means that an API host says that it does not know the
	// login, and has never answered for it: the endpoints of the instance may be
	// wrong.
	ReasonHostUnproven = "HostUnproven"
	// ReasonInvalidSpec means that the refresh policy can never work: a schedule, time
	// zone or window is not valid, or the schedule fires more often than hourly.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonDuplicateLogin means that another BankConnection was bound to the
	// login first.
	ReasonDuplicateLogin = "DuplicateLogin"
	// ReasonLoginBeingDeleted means that another BankConnection, which is bound to
	// the login, is about to delete it at Flinks.
	ReasonLoginBeingDeleted = "LoginBeingDeleted"
	// ReasonFlinksUnavailable means that Flinks or the bank gave no usable answer.
	ReasonFlinksUnavailable = "FlinksUnavailable"
	// ReasonRequestRejected means that Flinks rejects what the operator asks;
	// see status.lastError.
	ReasonRequestRejected = "RequestRejected"
	// ReasonSuspended means that spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonRefreshing means that a live session is in progress, or the
	// operator is collecting its data.
	ReasonRefreshing = "Refreshing"
	// ReasonAuthorized means that the bank accepted Flinks at the last attempt.
	ReasonAuthorized = "Authorized"
	// ReasonDataFresh means that Flinks holds data younger than maxDataAge.
	ReasonDataFresh = "DataFresh"
	// ReasonSecretFinalizerForbidden means that the operator may not put a finalizer on
	// the Secret: its role for that was withheld, an admission webhook denies it, or
	// the Secret is being deleted.
	ReasonSecretFinalizerForbidden = "SecretFinalizerForbidden"
	// ReasonSecretWriteForbidden means that the operator may not write Secrets:
	// its role for that was withheld.
	ReasonSecretWriteForbidden = "SecretWriteForbidden"
	// ReasonSecretWriteUnguarded means that the ValidatingAdmissionPolicy that bounds
	// what the operator may do to Secrets is not in force.
	ReasonSecretWriteUnguarded = "SecretWriteUnguarded"
	// ReasonSecretNotOwned means that a Secret of the name that the operator would
	// write does not belong to this object, or is for another purpose.
	ReasonSecretNotOwned = "SecretNotOwned"
	// ReasonSecretWriteFailed means that the API server did not accept the Secret,
	// because of a quota or an admission policy.
	ReasonSecretWriteFailed = "SecretWriteFailed"
	// ReasonTokenNotIssued means that Flinks issued no authorize token for the link,
	// which would not work without.
	ReasonTokenNotIssued = "TokenNotIssued"
	// ReasonLinkInvalid means that no link can be made of the endpoints of the
	// instance and the spec.reconnect of the connection.
	ReasonLinkInvalid = "LinkInvalid"
	// ReasonReconnectUnsupported means that the Flinks Connect of the instance does not
	// go on with a session, so that there is no direct link to the bank's question.
	ReasonReconnectUnsupported = "ReconnectUnsupported"
	// ReasonInstanceChanged means that the instance was changed while the bank was
	// asked or the link was out, and that the link may not stand where it would
	// stand, or would not work there.
	ReasonInstanceChanged = "InstanceChanged"
	// ReasonRefreshPolicyNotFound means that the policy that refreshPolicyRef
	// names is missing. Until it exists, the operator starts no unattended refresh;
	// everything else continues under the policy as last seen.
	ReasonRefreshPolicyNotFound = "RefreshPolicyNotFound"
	// ReasonMethodNotAvailable means that the instance does not offer nightly
	// refresh.
	ReasonMethodNotAvailable = "MethodNotAvailable"
	// ReasonDataExpiresSoon means that Flinks drops the data within ten days.
	ReasonDataExpiresSoon = "DataExpiresSoon"
	// ReasonDataExpired means that Flinks may have dropped the data.
	ReasonDataExpired = "DataExpired"
	// ReasonSelectionUnknown means that the operator was not told which accounts the
	// customer selected, and spec.accounts is not All.
	ReasonSelectionUnknown = "SelectionUnknown"
	// ReasonSelectedAccountsGone means that the login has none of the accounts that
	// the customer selected.
	ReasonSelectedAccountsGone = "SelectedAccountsGone"
	// ReasonGatewayNotConfigured means that the instance has no spec.gateway, or
	// the operator runs without its link API.
	ReasonGatewayNotConfigured = "GatewayNotConfigured"
)

// Reasons of UserActionRequired. While it is true, status.reconnect.reason has the
// same one, except for DeadlineExceeded.
const (
	// ReasonNoActionRequired means that the customer does not have to act. The
	// condition is false then.
	ReasonNoActionRequired = "NoActionRequired"
	// ReasonConnectRequired means that the customer has not linked their bank yet,
	// and has a link to do so.
	ReasonConnectRequired = "ConnectRequired"
	// ReasonMFARequired means that the bank asked a question that has not expired.
	ReasonMFARequired = "MFARequired"
	// ReasonLinkExpired means that the customer did not answer the bank's question
	// in time. The bank asks again when a refresh is requested, when the customer
	// clicks the button on the gateway's page, or as onExpiry says.
	ReasonLinkExpired = "LinkExpired"
	// ReasonCredentialsRejected means that the bank rejects the user name or the
	// password.
	ReasonCredentialsRejected = "CredentialsRejected"
	// ReasonQuestionUnanswered means that the bank's question was not answered.
	ReasonQuestionUnanswered = "QuestionUnanswered"
	// ReasonBankActionRequired means that the customer must act at their bank.
	ReasonBankActionRequired = "BankActionRequired"
	// ReasonLoginLocked means that the bank locked the login.
	ReasonLoginLocked = "LoginLocked"
	// ReasonNightlyRefreshFailed means that Flinks' nightly refresh brought no
	// data for longer than maxDataAge.
	ReasonNightlyRefreshFailed = "NightlyRefreshFailed"
	// ReasonDeadlineExceeded means that the customer has had to act for longer than
	// the deadline; status.reconnect.reason says why.
	ReasonDeadlineExceeded = "DeadlineExceeded"
)

// Reasons of DeletionBlocked. The reasons above that name the Secret or the instance,
// FlinksUnavailable, HostUnproven, InstanceSuspended and SessionOpen are reasons of it,
// too.
const (
	// ReasonSharedDeletion means that other BankConnections with the same login
	// are being deleted too, and this one has to wait for them.
	ReasonSharedDeletion = "SharedDeletion"
	// ReasonCardInUse means that Flinks is still processing the login. That can take
	// half an hour.
	ReasonCardInUse = "CardInUse"
	// ReasonDeletionsPaused means that more logins are to be deleted than the
	// limits of the namespace and the instance allow; a person has to confirm
	// them.
	ReasonDeletionsPaused = "DeletionsPaused"
)

// Reasons of refused requests. Throttled, and each reason above that prevents every
// call, is a reason of them, too.
const (
	// ReasonSessionOpen means that a live session may still be open. After a question
	// of the bank this can last half an hour, because the customer may have opened a
	// direct link in its last minute. After a status was lost, it lasts until
	// status.binding.notBefore. A deletion has this reason if the login is to stay at
	// Flinks.
	ReasonSessionOpen = "SessionOpen"
	// ReasonRequestOutdated means that the value of the annotation is a time more
	// than an hour ago.
	ReasonRequestOutdated = "RequestOutdated"
	// ReasonNotBound means that the request is older than the binding.
	ReasonNotBound = "NotBound"
	// ReasonNoSessionHandOff means that a session was requested, and
	// spec.sessionHandOff does not say where to put it.
	ReasonNoSessionHandOff = "NoSessionHandOff"
)

// Reasons of a RefreshPolicy's Ready condition. InvalidSpec is a reason of it, too.
const (
	// ReasonPolicyAccepted means that the policy can work.
	ReasonPolicyAccepted = "PolicyAccepted"
)

// Reasons of an instance's Ready condition, next to Suspended: of an instance that
// was suspended before its first probe.
const (
	// ReasonCredentialsAccepted means that Flinks issued an authorize token for
	// the secretKey, and answered a call that needs the apiKey.
	ReasonCredentialsAccepted = "CredentialsAccepted"
	// ReasonCredentialsNotFound means that the Secret, or one of its keys, is
	// missing.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsInvalid means that a value in the Secret cannot be a key.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonCredentialsForbidden means that the operator may not read the Secret.
	ReasonCredentialsForbidden = "CredentialsForbidden"
	// ReasonInstanceRejected means that Flinks refuses the secretKey or the
	// customerId.
	ReasonInstanceRejected = "InstanceRejected"
	// ReasonAPIKeyRefused means that Flinks refuses the apiKey. It is also a
	// reason of connections, and of the answers to their requests.
	ReasonAPIKeyRefused = "APIKeyRefused"
	// ReasonEndpointInvalid means that an endpoint or the proxy is not a usable URL.
	ReasonEndpointInvalid = "EndpointInvalid"
	// ReasonCABundleInvalid means that spec.caBundle has no certificate, or has
	// something besides certificates.
	ReasonCABundleInvalid = "CABundleInvalid"
)

// Reasons of an instance's CardCredentialRefused condition.
const (
	// ReasonCardCredentialRefused means that Flinks accepts the keys, but refuses a
	// DeleteCard or SetScheduledRefresh that came with the one of
	// spec.cardCredential. It is also a reason of DeletionBlocked and a code of
	// status.lastError.
	ReasonCardCredentialRefused = "CardCredentialRefused"
)

// Reasons of an instance's CallsPaused condition. FlinksUnavailable is a reason of
// it, too.
const (
	// ReasonCallsAllowed means that connections may call Flinks. CallsPaused is
	// false then.
	ReasonCallsAllowed = "CallsAllowed"
	// ReasonThrottled means that Flinks throttles the operator.
	ReasonThrottled = "Throttled"
)

// Reasons of an instance's DeletionsPaused condition. DeletionsPaused is a reason of
// it, too.
const (
	// ReasonDeletionsAllowed means that no more logins are to be deleted than the
	// limits allow, or a confirmation is in force. DeletionsPaused is false
	// then.
	ReasonDeletionsAllowed = "DeletionsAllowed"
)

// Reasons of an instance's ConfirmationInvalid condition.
const (
	// ReasonConfirmationUnreadable means that the value is not a time in RFC 3339.
	ReasonConfirmationUnreadable = "ConfirmationUnreadable"
	// ReasonConfirmationTooFarAhead means that the time was more than 24 hours
	// ahead when the operator first saw it. It confirms nothing later either.
	ReasonConfirmationTooFarAhead = "ConfirmationTooFarAhead"
)

// Reasons of an instance's LinkProofUnavailable condition.
const (
	// ReasonProofNotReturned means that Flinks returned neither the tag of the
	// link with the data of the login, nor the session of Flinks Connect to the
	// page.
	ReasonProofNotReturned = "ProofNotReturned"
)

// Reasons of an instance's RevocationInvalid condition.
const (
	// ReasonRevocationUnreadable means that the value is not a time in RFC 3339.
	ReasonRevocationUnreadable = "RevocationUnreadable"
)

// Reasons of events that no condition has.
const (
	// ReasonLogoUnusable means that spec.gateway.page.logoConfigMapRef of an instance
	// leads to no image that the page can show, so that it has none.
	ReasonLogoUnusable = "LogoUnusable"
	// ReasonLinksRevoked means that the annotation revoke-links-before ended the
	// links to the gateway of an instance that were issued until then.
	ReasonLinksRevoked = "LinksRevoked"
	// ReasonLoginNotVerified means that the operator did not keep a login that a
	// browser named on the gateway's page, because nothing proves that it was
	// linked with the link. The login stays at Flinks.
	ReasonLoginNotVerified = "LoginNotVerified"
	// ReasonOtherLogin means that a customer came back from Flinks Connect with
	// another login than the one that the object is bound to. The object stays bound to
	// its login, and the operator does not delete the other one.
	ReasonOtherLogin = "OtherLogin"
	// ReasonLoginDeleted means that Flinks answered definitely that the login is
	// gone.
	ReasonLoginDeleted = "LoginDeleted"
	// ReasonSharedLogin means that the object is deleted and another
	// BankConnection has the login, so that the operator kept it.
	ReasonSharedLogin = "SharedLogin"
	// ReasonOwnershipMoved means that the BankConnection that owned the login is
	// gone, or gave it up; this one owns it now.
	ReasonOwnershipMoved = "OwnershipMoved"
	// ReasonLoginRetained means that the object is deleted and deletionPolicy is
	// Retain.
	ReasonLoginRetained = "LoginRetained"
	// ReasonLoginNeverBound means that the object is deleted and had no login that
	// could be deleted safely.
	ReasonLoginNeverBound = "LoginNeverBound"
	// ReasonRequestRefused means that the operator refused a requested refresh or
	// session.
	ReasonRequestRefused = "RequestRefused"
	// ReasonLoginAbandoned means that the annotation abandon-login let the object
	// go.
	ReasonLoginAbandoned = "LoginAbandoned"
	// ReasonLoginSuperseded means that the object was bound to another login; the
	// old one is still at Flinks.
	ReasonLoginSuperseded = "LoginSuperseded"
	// ReasonLinkIssued means that there is a new link to the gateway, in
	// status.reconnect.link.url or in the Secret that status.reconnect.link names.
	ReasonLinkIssued = "LinkIssued"
	// ReasonAccountsChanged means that the login has other accounts than before.
	ReasonAccountsChanged = "AccountsChanged"
	// ReasonNightlyCorrected means that the operator switched nightly refresh on
	// or off at Flinks.
	ReasonNightlyCorrected = "NightlyCorrected"
	// ReasonNightlyLeftOn means that a login stays at Flinks whose nightly refresh
	// may still be on, and Flinks may charge for it: after abandon-login, or a
	// rebinding in the same Secret.
	ReasonNightlyLeftOn = "NightlyLeftOn"
)
