package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BankConnection is one bank login that a person linked through Flinks.
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
// +kubebuilder:printcolumn:name="Wanted For",type=string,priority=1,JSONPath=`.status.reconnect.reason`
// +kubebuilder:printcolumn:name="Reconnect Expiry",type=string,format=date-time,priority=1,JSONPath=`.status.reconnect.expirationTime`
// +kubebuilder:printcolumn:name="Instance",type=string,priority=1,JSONPath=`.spec.instanceRef.name`
type BankConnection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec BankConnectionSpec `json:"spec"`

	// The default marks an object that the operator has not looked at yet, so
	// that nothing calls it healthy before that.
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

// BankConnectionSpec is what is wanted of a bank connection.
//
// +kubebuilder:validation:XValidation:rule="!has(self.refreshPolicy) || !has(self.refreshPolicyRef)",fieldPath=".refreshPolicyRef",reason=FieldValueForbidden,message="refreshPolicy and refreshPolicyRef exclude each other"
type BankConnectionSpec struct {
	// Flinks instance that issued the login. It cannot be changed: a login of
	// another instance is another login.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="instanceRef is immutable: a login belongs to the instance that issued it"
	InstanceRef InstanceReference `json:"instanceRef"`

	// Secret, in the namespace of this object, that holds the loginId.
	//
	// +required
	LoginIDSecretRef LoginIDSecretReference `json:"loginIdSecretRef"`

	// When the data are read and refreshed. Without it, without refreshPolicyRef
	// and without a default on the instance, nothing is refreshed unless it is
	// asked for.
	//
	// +optional
	RefreshPolicy *RefreshPolicySpec `json:"refreshPolicy,omitempty"`

	// RefreshPolicy, in the namespace of this object, that says when the data are
	// read and refreshed.
	//
	// +optional
	RefreshPolicyRef *RefreshPolicyReference `json:"refreshPolicyRef,omitempty"`

	// How the person is brought back when the bank wants to see them.
	//
	// +optional
	Reconnect *ReconnectSpec `json:"reconnect,omitempty"`

	// Secret hands a session of Flinks to whoever may read the Secret that is
	// named like this object with "-session" behind it: after each refresh it
	// holds a requestId to call /GetAccountsDetail with, the institution, and
	// until when the requestId can be used. It stays there until the next one, as
	// a requestId that died opens nothing.
	//
	// +optional
	SessionHandOff SessionHandOff `json:"sessionHandOff,omitempty"`

	// What becomes of the login at Flinks when this object is deleted. Delete
	// (the default) calls /DeleteCard, which removes the login and all its data
	// for good. Retain leaves it as it is.
	//
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// Stops every call for this connection while true, but for one: nightly
	// refresh, where the policy had it switched on, is switched off at Flinks,
	// which would go on with it and charge for it. Deleting the object still
	// deletes the login.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// SessionHandOff says whether applications get a session of their own.
//
// +kubebuilder:validation:Enum=None;Secret
type SessionHandOff string

const (
	// SessionHandOffNone hands out nothing.
	SessionHandOffNone SessionHandOff = "None"
	// SessionHandOffSecret writes a Secret after each refresh.
	SessionHandOffSecret SessionHandOff = "Secret"
)

// DeletionPolicy says what becomes of the login when its BankConnection goes.
//
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionPolicyDelete calls /DeleteCard.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the login at Flinks.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// InstanceKind is the Kind of a Flinks instance.
//
// +kubebuilder:validation:Enum=FlinksInstance;ClusterFlinksInstance
type InstanceKind string

const (
	// KindFlinksInstance names an instance in the namespace of its connections.
	KindFlinksInstance InstanceKind = "FlinksInstance"
	// KindClusterFlinksInstance names an instance shared by namespaces.
	KindClusterFlinksInstance InstanceKind = "ClusterFlinksInstance"
)

// InstanceReference names a FlinksInstance of the same namespace, or a
// ClusterFlinksInstance.
type InstanceReference struct {
	// FlinksInstance (same namespace) or ClusterFlinksInstance.
	//
	// +required
	Kind InstanceKind `json:"kind"`

	// Name of the instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// RefreshPolicyReference names a RefreshPolicy in the same namespace.
type RefreshPolicyReference struct {
	// Name of the RefreshPolicy.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// LoginIDSecretReference names a key of a Secret in the same namespace.
type LoginIDSecretReference struct {
	// Name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// Key of the Secret that holds the loginId; loginId if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// DefaultLoginIDKey is the Secret key that holds the loginId by default.
const DefaultLoginIDKey = "loginId"

// LinkDelivery says where the link for a person is put.
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

// ExpiryAction says what is done about a link that nobody used.
//
// +kubebuilder:validation:Enum=WaitForRequest;Reissue
type ExpiryAction string

const (
	// WaitForRequest does nothing until a refresh is requested.
	WaitForRequest ExpiryAction = "WaitForRequest"
	// Reissue opens another live session, which makes the bank ask again.
	Reissue ExpiryAction = "Reissue"
)

// ReconnectSpec says how a person is brought back to Flinks Connect.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxReissues) || has(self.onExpiry) && self.onExpiry == 'Reissue'",fieldPath=".maxReissues",reason=FieldValueForbidden,message="only onExpiry Reissue has maxReissues"
type ReconnectSpec struct {
	// Where the link is put while there is one. Status (the default) puts it into
	// status.reconnect.url, for everybody who may read this object. Secret puts
	// it, complete with an authorize token, into the key url of the Secret that
	// is named like this object with "-reconnect" behind it. Gateway puts a link
	// to the page of the instance's gateway into status.reconnect.url: it works
	// for days, and a live session starts when the person presses the button
	// there. With Gateway the login Secret need not exist yet: the person links
	// the bank on the same page, and the operator writes the Secret. A change
	// applies from the next link on.
	//
	// +optional
	Delivery LinkDelivery `json:"delivery,omitempty"`

	// Language of the Connect page. Flinks counts the language as a part of
	// the login's identity, so keep the one that the login was linked with.
	//
	// +optional
	// +kubebuilder:validation:Enum=en;fr
	Language string `json:"language,omitempty"`

	// Page that the person lands on afterwards: an https URL, percent-encoded
	// where it is not ASCII. Flinks must have allowed its domain.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="redirectURL must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="redirectURL must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="redirectURL must be printable ASCII without spaces; percent-encode the rest"
	RedirectURL string `json:"redirectURL,omitempty"`

	// Accounts that the person had selected, so that Connect does not ask
	// again. Those of status.accounts if not given. Those that the login no
	// longer has are left out; if none is left, the person selects anew.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=36
	// +kubebuilder:validation:items:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	AccountIDs []string `json:"accountIds,omitempty"`

	// What is done when a link expires that nobody used. WaitForRequest (the
	// default) waits until a refresh is requested. Reissue makes the bank ask
	// again, whatever the refresh policy is: half an hour after the last time at
	// the earliest, at most maxReissues times, within allowedWindows, and never
	// more than three times in 24 hours.
	//
	// +optional
	OnExpiry ExpiryAction `json:"onExpiry,omitempty"`

	// How many links follow the first one by themselves; 1 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	MaxReissues *int32 `json:"maxReissues,omitempty"`

	// How long a person may be wanted before that is escalated: the reason of
	// UserActionRequired becomes DeadlineExceeded, with an event and a metric.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="deadline must be a duration between 1h and 8760h, such as 72h"
	Deadline *metav1.Duration `json:"deadline,omitempty"`
}
