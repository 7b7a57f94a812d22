package v1alpha1

// Types of conditions. Ready, Authorized and DataFresh are always there; the
// others only while they are true.
const (
	// ConditionReady: the connection gives data that are good enough.
	ConditionReady = "Ready"
	// ConditionAuthorized: the bank lets Flinks in.
	ConditionAuthorized = "Authorized"
	// ConditionDataFresh: the data are younger than maxDataAge.
	ConditionDataFresh = "DataFresh"
	// ConditionUserActionRequired: nothing moves until the person acts.
	ConditionUserActionRequired = "UserActionRequired"
	// ConditionStalled: nothing moves until an object is changed.
	ConditionStalled = "Stalled"
	// ConditionReconciling: the operator is at work on a connection that is
	// not ready.
	ConditionReconciling = "Reconciling"
	// ConditionSuspended: spec.suspend is true.
	ConditionSuspended = "Suspended"
	// ConditionDeletionBlocked: the object is being deleted and its login
	// cannot be deleted yet.
	ConditionDeletionBlocked = "DeletionBlocked"
	// ConditionSecretUnprotected: the Secret with the loginId or, on a
	// FlinksInstance, that with the keys can vanish before the login is deleted,
	// because the operator may not put a finalizer on it.
	ConditionSecretUnprotected = "SecretUnprotected"
	// ConditionSecretNotDelivered: the newest Secret for a reconnect link or for a
	// session could not be written, or not be deleted.
	ConditionSecretNotDelivered = "SecretNotDelivered"
	// ConditionPolicyMissing: spec.refreshPolicyRef names a policy that does not
	// exist. No refresh starts by itself until it does.
	ConditionPolicyMissing = "PolicyMissing"
	// ConditionNightlyUnavailable: the instance does not offer nightly refresh.
	ConditionNightlyUnavailable = "NightlyUnavailable"
	// ConditionDataExpiring: Flinks will soon drop the data, or may have.
	ConditionDataExpiring = "DataExpiring"
	// ConditionGatewayUnavailable: reconnect.delivery is Gateway, and no link to
	// one can be made.
	ConditionGatewayUnavailable = "GatewayUnavailable"
)

// Types of conditions that only instances have, next to Ready.
const (
	// ConditionCallsPaused: Flinks throttles the operator or cannot be reached,
	// so that no connection of the instance calls it.
	ConditionCallsPaused = "CallsPaused"
	// ConditionDeletionsPaused: more logins are to be deleted than the limit
	// allows.
	ConditionDeletionsPaused = "DeletionsPaused"
	// ConditionConfirmationInvalid: the allow-deletions-until annotation does not
	// count.
	ConditionConfirmationInvalid = "ConfirmationInvalid"
)

// Reasons of a BankConnection's conditions.
const (
	// ReasonRefreshed: the bank lets Flinks in and the data are fresh.
	ReasonRefreshed = "Refreshed"
	// ReasonUserActionRequired: a person is needed; see the condition of that
	// name.
	ReasonUserActionRequired = "UserActionRequired"
	// ReasonDataStale: the data are older than maxDataAge.
	ReasonDataStale = "DataStale"
	// ReasonNeverRefreshed: Flinks knows the login but has no data of it.
	ReasonNeverRefreshed = "NeverRefreshed"
	// ReasonNotObserved: the state of the login was not read yet.
	ReasonNotObserved = "NotObserved"
	// ReasonSecretNotFound: the Secret that loginIdSecretRef names is missing.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretKeyNotFound: the Secret lacks the key.
	ReasonSecretKeyNotFound = "SecretKeyNotFound"
	// ReasonSecretInvalid: the value is not a loginId.
	ReasonSecretInvalid = "SecretInvalid"
	// ReasonSecretForbidden: the operator may not read the Secret.
	ReasonSecretForbidden = "SecretForbidden"
	// ReasonLoginChanged: the Secret holds another loginId than the one bound.
	ReasonLoginChanged = "LoginChanged"
	// ReasonInstanceNotFound: the instance that instanceRef names is missing.
	ReasonInstanceNotFound = "InstanceNotFound"
	// ReasonInstanceNotReady: the instance is there but not ready.
	ReasonInstanceNotReady = "InstanceNotReady"
	// ReasonNamespaceNotAllowed: the instance does not serve this namespace.
	ReasonNamespaceNotAllowed = "NamespaceNotAllowed"
	// ReasonLoginGone: Flinks does not know the login (any more).
	ReasonLoginGone = "LoginGone"
	// ReasonHostUnproven: an API host says that it does not know the login, and has
	// never answered for it.
	ReasonHostUnproven = "HostUnproven"
	// ReasonInvalidSpec: the refresh policy can never work.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonDuplicateLogin: another BankConnection was bound to the login first.
	ReasonDuplicateLogin = "DuplicateLogin"
	// ReasonLoginBeingDeleted: another BankConnection, which is bound to the login,
	// is about to delete it at Flinks.
	ReasonLoginBeingDeleted = "LoginBeingDeleted"
	// ReasonFlinksUnavailable: Flinks or the bank gave no usable answer.
	ReasonFlinksUnavailable = "FlinksUnavailable"
	// ReasonRequestRejected: Flinks rejects what the operator asks.
	ReasonRequestRejected = "RequestRejected"
	// ReasonSuspended: spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonRefreshing: a live session is under way or its data are being
	// collected.
	ReasonRefreshing = "Refreshing"
	// ReasonAuthorized: the bank let Flinks in at the last attempt.
	ReasonAuthorized = "Authorized"
	// ReasonDataFresh: the data are younger than maxDataAge.
	ReasonDataFresh = "DataFresh"
	// ReasonSecretHoldForbidden: the operator may not put a finalizer on the
	// Secret.
	ReasonSecretHoldForbidden = "SecretHoldForbidden"
	// ReasonSecretWriteForbidden: the operator may not write Secrets.
	ReasonSecretWriteForbidden = "SecretWriteForbidden"
	// ReasonSecretNotOwned: a Secret of that name is somebody else's.
	ReasonSecretNotOwned = "SecretNotOwned"
	// ReasonSecretWriteFailed: the API server did not take the Secret.
	ReasonSecretWriteFailed = "SecretWriteFailed"
	// ReasonRefreshPolicyNotFound: the policy that refreshPolicyRef names is
	// missing.
	ReasonRefreshPolicyNotFound = "RefreshPolicyNotFound"
	// ReasonMethodNotAvailable: the instance does not offer what is asked of it.
	ReasonMethodNotAvailable = "MethodNotAvailable"
	// ReasonDataExpiresSoon: Flinks drops the data within ten days.
	ReasonDataExpiresSoon = "DataExpiresSoon"
	// ReasonDataExpired: Flinks may have dropped the data.
	ReasonDataExpired = "DataExpired"
	// ReasonGatewayNotConfigured: the instance has no spec.gateway, or the operator
	// runs without its link API.
	ReasonGatewayNotConfigured = "GatewayNotConfigured"
)

// Reasons of UserActionRequired, also found in status.reconnect.reason.
const (
	// ReasonConnectRequired: the person has not linked their bank yet, and has a
	// link to do so.
	ReasonConnectRequired = "ConnectRequired"
	// ReasonMFARequired: the bank asked a question and the link works.
	ReasonMFARequired = "MFARequired"
	// ReasonLinkExpired: the question was not answered in time. A new link is
	// made when a refresh is requested.
	ReasonLinkExpired = "LinkExpired"
	// ReasonCredentialsRejected: the bank refuses user name or password.
	ReasonCredentialsRejected = "CredentialsRejected"
	// ReasonQuestionUnanswered: the bank asks what nobody answered yet.
	ReasonQuestionUnanswered = "QuestionUnanswered"
	// ReasonBankActionRequired: the person must act at their bank.
	ReasonBankActionRequired = "BankActionRequired"
	// ReasonLoginLocked: the bank locked the login.
	ReasonLoginLocked = "LoginLocked"
	// ReasonNightlyRefreshFailed: Flinks' nightly refresh brought nothing for
	// longer than maxDataAge.
	ReasonNightlyRefreshFailed = "NightlyRefreshFailed"
	// ReasonDeadlineExceeded: the person is wanted for longer than the deadline;
	// status.reconnect.reason says what for.
	ReasonDeadlineExceeded = "DeadlineExceeded"
)

// Reasons of DeletionBlocked. The reasons that name the Secret or the instance
// are used as well, and SessionOpen.
const (
	// ReasonSharedDeletion: other BankConnections with the same login are being
	// deleted too, and it is not this one's turn.
	ReasonSharedDeletion = "SharedDeletion"
	// ReasonCardInUse: Flinks is still processing the login.
	ReasonCardInUse = "CardInUse"
	// ReasonDeletionsPaused: more logins are to be deleted than the limits of the
	// namespace and the instance allow; a person has to confirm.
	ReasonDeletionsPaused = "DeletionsPaused"
)

// Reasons of refused requests, next to those above.
const (
	// ReasonSessionOpen: a live session may still be open.
	ReasonSessionOpen = "SessionOpen"
	// ReasonRequestOutdated: the request is a time more than an hour ago; ask
	// again.
	ReasonRequestOutdated = "RequestOutdated"
	// ReasonNotBound: the request is older than the binding; ask again.
	ReasonNotBound = "NotBound"
)

// Reasons of a RefreshPolicy's Ready condition, next to InvalidSpec.
const (
	// ReasonPolicyAccepted: the policy can work.
	ReasonPolicyAccepted = "PolicyAccepted"
)

// Reasons of an instance's Ready condition.
const (
	// ReasonCredentialsAccepted: Flinks issued an authorize token, and answered a call
	// that needs the x-api-key.
	ReasonCredentialsAccepted = "CredentialsAccepted"
	// ReasonCredentialsNotFound: the Secret or one of its keys is missing.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsInvalid: a value cannot be a key.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonCredentialsForbidden: the operator may not read the Secret.
	ReasonCredentialsForbidden = "CredentialsForbidden"
	// ReasonInstanceRejected: Flinks refuses the secretKey or the customerId.
	ReasonInstanceRejected = "InstanceRejected"
	// ReasonAPIKeyRefused: Flinks refuses the apiKey. Also a reason of connections,
	// and of the answers to their requests.
	ReasonAPIKeyRefused = "APIKeyRefused"
	// ReasonEndpointInvalid: an endpoint is not a usable URL.
	ReasonEndpointInvalid = "EndpointInvalid"
)

// Reasons of an instance's CallsPaused condition, next to FlinksUnavailable.
const (
	// ReasonThrottled: Flinks says that it is asked too often.
	ReasonThrottled = "Throttled"
)

// Reasons of an instance's ConfirmationInvalid condition.
const (
	// ReasonConfirmationUnreadable: the value is not a time in RFC 3339.
	ReasonConfirmationUnreadable = "ConfirmationUnreadable"
	// ReasonConfirmationTooFarAhead: the time was more than 24 hours ahead when
	// the operator first saw it. It does not count later either.
	ReasonConfirmationTooFarAhead = "ConfirmationTooFarAhead"
)

// Reasons of events that no condition has.
const (
	// ReasonLoginDeleted: /DeleteCard was answered definitely.
	ReasonLoginDeleted = "LoginDeleted"
	// ReasonSharedLogin: another BankConnection has the login, so it was kept.
	ReasonSharedLogin = "SharedLogin"
	// ReasonOwnershipMoved: the BankConnection that owned the login is gone, or gave
	// the login up; this one owns it now.
	ReasonOwnershipMoved = "OwnershipMoved"
	// ReasonLoginRetained: deletionPolicy is Retain.
	ReasonLoginRetained = "LoginRetained"
	// ReasonLoginNeverBound: there was nothing that could be deleted safely.
	ReasonLoginNeverBound = "LoginNeverBound"
	// ReasonRequestRefused: a requested refresh was refused.
	ReasonRequestRefused = "RequestRefused"
	// ReasonLoginAbandoned: the break-glass annotation let the object go.
	ReasonLoginAbandoned = "LoginAbandoned"
	// ReasonLoginSuperseded: the object was bound to another login; the old one
	// is still at Flinks.
	ReasonLoginSuperseded = "LoginSuperseded"
	// ReasonLinkIssued: there is a new link to the gateway in status.reconnect.
	ReasonLinkIssued = "LinkIssued"
	// ReasonAccountsChanged: the login has other accounts than before.
	ReasonAccountsChanged = "AccountsChanged"
	// ReasonNightlyCorrected: nightly refresh was switched on or off at Flinks.
	ReasonNightlyCorrected = "NightlyCorrected"
	// ReasonNightlyLeftOn: a login was left at Flinks whose nightly refresh may still be on.
	ReasonNightlyLeftOn = "NightlyLeftOn"
)
