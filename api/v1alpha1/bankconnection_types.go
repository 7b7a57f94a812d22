package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BankConnection is one bank login that a customer linked through Flinks.
//
// +kubebuilder:object:root=true
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 243 || (!has(self.spec.sessionHandOff) || self.spec.sessionHandOff != 'Secret') && (!has(self.spec.reconnect) || !has(self.spec.reconnect.delivery) || self.spec.reconnect.delivery != 'Secret')",message="the name must have at most 243 characters, so that it can be a part of a Secret's name"
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=bankconn,categories=flinks
// +kubebuilder:selectablefield:JSONPath=`.spec.instanceRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.loginIdSecretRef.name`
// +kubebuilder:selectablefield:JSONPath=`.status.institution`
// +kubebuilder:selectablefield:JSONPath=`.status.binding.loginFingerprint`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Institution",type=string,JSONPath=`.status.institution`
// +kubebuilder:printcolumn:name="Last Refresh",type=date,JSONPath=`.status.lastRefreshTime`
// +kubebuilder:printcolumn:name="Next Refresh",type=string,format=date-time,JSONPath=`.status.nextRefreshTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="User Action",type=string,priority=1,JSONPath=`.status.reconnect.reason`
// +kubebuilder:printcolumn:name="Question Expiry",type=string,format=date-time,priority=1,JSONPath=`.status.reconnect.expirationTime`
// +kubebuilder:printcolumn:name="Instance",type=string,priority=1,JSONPath=`.spec.instanceRef.name`
type BankConnection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state of the connection.
	//
	// +required
	Spec BankConnectionSpec `json:"spec"`

	// status is the observed state of the connection. Its default,
	// observedGeneration -1, marks an object that the operator has not reconciled
	// yet, so that no tool reports it as healthy.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status BankConnectionStatus `json:"status,omitzero"`
}

// BankConnectionList is a list of BankConnections.
//
// +kubebuilder:object:root=true
type BankConnectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BankConnection `json:"items"`
}

// BankConnectionSpec is the desired state of a BankConnection.
//
// +kubebuilder:validation:XValidation:rule="!has(self.refreshPolicy) || !has(self.refreshPolicyRef)",fieldPath=".refreshPolicyRef",reason=FieldValueForbidden,message="refreshPolicy and refreshPolicyRef exclude each other"
type BankConnectionSpec struct {
	// instanceRef names the Flinks instance that issued the login. It is
	// immutable: a login of another instance is another login.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="instanceRef is immutable: a login belongs to the instance that issued it"
	InstanceRef InstanceReference `json:"instanceRef"`

	// loginIdSecretRef names the Secret, in the namespace of this object, that
	// contains the loginId. The value must be a GUID; the operator ignores
	// surrounding white space and a byte order mark.
	//
	// +required
	LoginIDSecretRef LoginIDSecretReference `json:"loginIdSecretRef"`

	// refreshPolicy sets when the operator reads and refreshes the data. Without
	// it and without refreshPolicyRef, the default policy of the instance applies,
	// and without that, Manual.
	//
	// +optional
	RefreshPolicy *RefreshPolicySpec `json:"refreshPolicy,omitempty"`

	// refreshPolicyRef names the RefreshPolicy, in the namespace of this object,
	// that sets when the operator reads and refreshes the data. It excludes
	// refreshPolicy.
	//
	// +optional
	RefreshPolicyRef *RefreshPolicyReference `json:"refreshPolicyRef,omitempty"`

	// reconnect sets how the customer gets to the bank's question when the bank
	// requires them.
	//
	// +optional
	Reconnect *ReconnectSpec `json:"reconnect,omitempty"`

	// sessionHandOff sets whether applications get a session of Flinks. Secret
	// writes the Secret "<name>-session" after each refresh, with the keys
	// requestId, institution and expirationTime, for an application that calls
	// /GetAccountsDetail itself. The Secret stays until the next refresh; an
	// expired requestId opens nothing. None (the default) writes no Secret.
	//
	// +optional
	SessionHandOff SessionHandOff `json:"sessionHandOff,omitempty"`

	// deletionPolicy sets what happens to the login at Flinks when this object is
	// deleted. Delete (the default) calls /DeleteCard, which removes the login and
	// all its data irrevocably. Retain leaves the login at Flinks.
	//
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend stops, while it is true, every call to Flinks for this connection,
	// except one: the operator switches off nightly refresh that it had switched
	// on, because Flinks would continue it and charge for it. Deleting the object
	// still deletes the login.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// SessionHandOff sets whether applications get a session of Flinks.
//
// +kubebuilder:validation:Enum=None;Secret
type SessionHandOff string

const (
	// SessionHandOffNone delivers no session.
	SessionHandOffNone SessionHandOff = "None"
	// SessionHandOffSecret writes a Secret after each refresh.
	SessionHandOffSecret SessionHandOff = "Secret"
)

// DeletionPolicy sets what happens to the login when its BankConnection is
// deleted.
//
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionPolicyDelete calls /DeleteCard.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the login at Flinks.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// InstanceKind is the kind of a Flinks instance.
//
// +kubebuilder:validation:Enum=FlinksInstance;ClusterFlinksInstance
type InstanceKind string

const (
	// KindFlinksInstance is an instance in the namespace of its connections.
	KindFlinksInstance InstanceKind = "FlinksInstance"
	// KindClusterFlinksInstance is an instance that several namespaces share.
	KindClusterFlinksInstance InstanceKind = "ClusterFlinksInstance"
)

// InstanceReference names a FlinksInstance in the same namespace, or a
// ClusterFlinksInstance.
type InstanceReference struct {
	// kind is the kind of the instance: FlinksInstance, in the namespace of this
	// object, or ClusterFlinksInstance.
	//
	// +required
	Kind InstanceKind `json:"kind"`

	// name is the name of the instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// RefreshPolicyReference names a RefreshPolicy in the same namespace.
type RefreshPolicyReference struct {
	// name is the name of the RefreshPolicy.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// LoginIDSecretReference names a key of a Secret in the same namespace.
type LoginIDSecretReference struct {
	// name is the name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// key is the key of the Secret's data that contains the loginId; loginId if
	// not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// DefaultLoginIDKey is the Secret key that holds the loginId by default.
const DefaultLoginIDKey = "loginId"

// LinkDelivery sets where the operator puts the link for the customer.
//
// +kubebuilder:validation:Enum=Status;Secret;Gateway
type LinkDelivery string

const (
	// DeliverInStatus puts the link into status.reconnect.url.
	DeliverInStatus LinkDelivery = "Status"
	// DeliverInSecret puts the link into a Secret.
	DeliverInSecret LinkDelivery = "Secret"
	// DeliverByGateway puts a link to the gateway into status.reconnect.url.
	DeliverByGateway LinkDelivery = "Gateway"
)

// ExpiryAction sets what the operator does when a link expires unused.
//
// +kubebuilder:validation:Enum=WaitForRequest;Reissue
type ExpiryAction string

const (
	// WaitForRequest waits until a refresh is requested.
	WaitForRequest ExpiryAction = "WaitForRequest"
	// Reissue starts another live session, in which the bank asks again.
	Reissue ExpiryAction = "Reissue"
)

// ReconnectSpec sets how the customer gets to the bank's question.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxReissues) || has(self.onExpiry) && self.onExpiry == 'Reissue'",fieldPath=".maxReissues",reason=FieldValueForbidden,message="only onExpiry Reissue has maxReissues"
type ReconnectSpec struct {
	// delivery sets where the operator puts the link for the customer. Status (the
	// default) puts it into status.reconnect.url, where everyone who may read this
	// object can see it; that link has a requestId and no authorize token. Secret
	// puts it, complete with a token, into the Secret "<name>-reconnect", under
	// the keys url, expirationTime and reason. Gateway puts a link to the page of
	// the instance's gateway into status.reconnect.url: the link works for days,
	// and a live session starts when the customer clicks the button there. With
	// Gateway the Secret with the loginId need not exist yet: the customer links
	// their bank on the same page, and the operator writes the Secret. A change
	// applies from the next link on.
	//
	// +optional
	Delivery LinkDelivery `json:"delivery,omitempty"`

	// language is the language of Flinks Connect: en or fr. Flinks counts the
	// language as a part of the login's identity: use the one in which the
	// customer linked the login.
	//
	// +optional
	// +kubebuilder:validation:Enum=en;fr
	Language string `json:"language,omitempty"`

	// redirectURL is the page to which the customer returns afterwards: an https
	// URL of at most 1024 characters, percent-encoded where it is not ASCII.
	// Flinks must have allowed its domain.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="redirectURL must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="redirectURL must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="redirectURL must be printable ASCII without spaces; percent-encode the rest"
	RedirectURL string `json:"redirectURL,omitempty"`

	// accountIds are the accounts that the customer had selected, as GUIDs, so
	// that Flinks Connect does not ask again; those of status.accounts if not
	// given. The operator omits those that the login no longer has. If none
	// remains, the customer selects accounts again.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=36
	// +kubebuilder:validation:items:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	AccountIDs []string `json:"accountIds,omitempty"`

	// onExpiry sets what the operator does when a link expires unused.
	// WaitForRequest (the default) waits until a refresh is requested. Reissue
	// makes the bank ask again, which contacts the customer again, under any
	// refresh policy: half an hour after the last time at the earliest, at most
	// maxReissues times, within allowedWindows, and never more than three times in
	// 24 hours. It has no effect with delivery Gateway, where the customer starts
	// the next session.
	//
	// +optional
	OnExpiry ExpiryAction `json:"onExpiry,omitempty"`

	// maxReissues is how many links may follow the first one without a request,
	// from 1 to 10; 1 if not given. Only onExpiry Reissue has it.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	MaxReissues *int32 `json:"maxReissues,omitempty"`

	// deadline is how long the condition UserActionRequired may be true before its
	// reason becomes DeadlineExceeded, with an event and a metric: a duration
	// between 1h and 8760h, such as 72h; no deadline if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="deadline must be a duration between 1h and 8760h, such as 72h"
	Deadline *metav1.Duration `json:"deadline,omitempty"`
}
