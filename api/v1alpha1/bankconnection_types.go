package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BankConnection is one bank login that a customer linked through Flinks.
//
// +kubebuilder:object:root=true
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 243 || (!has(self.spec.sessionHandOff) || self.spec.sessionHandOff.?secretTemplate.?name.hasValue()) && (self.spec.?reconnect.?link.?secretTemplate.?name.hasValue() || self.spec.?reconnect.?link.?type.orValue('Direct') == 'Gateway' && self.spec.reconnect.link.?destination.orValue('Status') != 'Secret')",message="the name must have at most 243 characters, so that it can be a part of a Secret's name"
// +kubebuilder:validation:XValidation:rule="self.spec.loginIdSecretRef.name != self.spec.?reconnect.?link.?secretTemplate.?name.orValue(self.metadata.name + '-reconnect')",fieldPath=".spec.loginIdSecretRef.name",message="loginIdSecretRef must not name the Secret that the operator writes the link to"
// +kubebuilder:validation:XValidation:rule="self.spec.loginIdSecretRef.name != self.spec.?sessionHandOff.?secretTemplate.?name.orValue(self.metadata.name + '-session')",fieldPath=".spec.loginIdSecretRef.name",message="loginIdSecretRef must not name the Secret that the operator writes the session to"
// +kubebuilder:validation:XValidation:rule="(!self.spec.?reconnect.?link.?secretTemplate.?name.hasValue() || self.spec.reconnect.link.secretTemplate.name != self.spec.?sessionHandOff.?secretTemplate.?name.orValue(self.metadata.name + '-session')) && (!self.spec.?sessionHandOff.?secretTemplate.?name.hasValue() || self.spec.sessionHandOff.secretTemplate.name != self.spec.?reconnect.?link.?secretTemplate.?name.orValue(self.metadata.name + '-reconnect'))",fieldPath=".spec.sessionHandOff.secretTemplate.name",message="the link and the session need a Secret each"
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
// +kubebuilder:printcolumn:name="Link Expiry",type=string,format=date-time,priority=1,JSONPath=`.status.reconnect.link.expirationTime`
// +kubebuilder:printcolumn:name="Instance",type=string,priority=1,JSONPath=`.spec.instanceRef.name`
type BankConnection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state of the connection.
	//
	// +required
	Spec BankConnectionSpec `json:"spec"`

	// status is the observed state of the connection. Its default,
	// observedGeneration -1, marks an object for which the operator has written no
	// status yet, so that no tool reports it as healthy.
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

	// loginIdSecretTemplate is the labels that the Secret of loginIdSecretRef gets
	// if the operator creates it: once the customer has linked their bank on the
	// gateway's page.
	//
	// +optional
	LoginIDSecretTemplate *LoginSecretTemplate `json:"loginIdSecretTemplate,omitempty"`

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

	// reconnect sets which link the customer gets when they have to act, and what
	// the operator does if they do not.
	//
	// +optional
	Reconnect *ReconnectSpec `json:"reconnect,omitempty"`

	// accounts sets which accounts of the login applications may have. Selected (the
	// default) hands out the accounts in status.selection, and none while that is
	// absent. All hands out all accounts of the login while no selection is known, on
	// the platform's word that the customer agreed to share them all: for a login that
	// was not linked on the gateway's page. It adds nothing to a selection that is
	// known.
	//
	// +optional
	Accounts AccountScope `json:"accounts,omitempty"`

	// connect sets how Flinks Connect is opened for the customer of this
	// connection, where that differs from the instance.
	//
	// +optional
	Connect ConnectOptions `json:"connect,omitzero"`

	// sessionHandOff delivers a session of Flinks after each refresh, and when the
	// annotation session-requested-at asks for one, for applications that call
	// /GetAccountsDetail themselves. Without it the operator delivers none.
	//
	// +optional
	SessionHandOff *SessionHandOff `json:"sessionHandOff,omitempty"`

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

// SessionHandOff sets how applications get a session of Flinks.
type SessionHandOff struct {
	// destination is where the operator puts the session. Secret puts it into a
	// Secret, under the keys requestId, institution, expirationTime, instance (its
	// name at Flinks), dataTime and accountIds (separated by commas: pass them as
	// AccountsFilter). The Secret stays until the next session; an expired requestId
	// opens nothing.
	//
	// +required
	Destination SessionDestination `json:"destination"`

	// secretTemplate is the name and the labels of that Secret. Its name is that
	// of this object and "-session" if not given.
	//
	// +optional
	SecretTemplate *SecretTemplate `json:"secretTemplate,omitempty"`
}

// SessionDestination is where the operator puts a session for applications.
//
// +kubebuilder:validation:Enum=Secret
type SessionDestination string

const (
	// SessionInSecret writes a Secret after each refresh, and on request.
	SessionInSecret SessionDestination = "Secret"
)

// SecretTemplate is the name and the labels of a Secret that the operator writes.
type SecretTemplate struct {
	// name is the name of the Secret: a DNS subdomain of at most 253 characters.
	// After a change, the operator deletes the Secret of the old name, and the next
	// one that it writes has the new name.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name,omitempty"`

	// labels are 1 to 16 labels for the Secret. A change applies to the next Secret
	// that the operator writes. The operator sets app.kubernetes.io/managed-by and
	// connect.flinks-operator.dev/purpose itself.
	//
	// +optional
	Labels SecretLabels `json:"labels,omitempty"`
}

// SecretLabels are labels for a Secret that the operator writes.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=16
// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) <= 317 && k.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))",message="a key is a name of at most 63 characters, after the prefix of a domain and a slash if there is one"
// +kubebuilder:validation:XValidation:rule="self.all(k, k != 'app.kubernetes.io/managed-by' && !k.startsWith('connect.flinks-operator.dev/'))",message="the operator sets app.kubernetes.io/managed-by and the labels of connect.flinks-operator.dev itself"
type SecretLabels map[string]LabelValue

// LabelValue is the value of a label: at most 63 letters, digits, '-', '_' and '.',
// with a letter or digit at either end.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`
type LabelValue string

// LoginSecretTemplate is the labels of a Secret with a loginId that the operator
// creates.
type LoginSecretTemplate struct {
	// labels are 1 to 16 labels for the Secret. The operator never changes those of
	// a Secret that exists. It sets app.kubernetes.io/managed-by and
	// connect.flinks-operator.dev/purpose itself.
	//
	// +required
	Labels SecretLabels `json:"labels"`
}

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

	// name is the name of the instance: a DNS subdomain of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// RefreshPolicyReference names a RefreshPolicy in the same namespace.
type RefreshPolicyReference struct {
	// name is the name of the RefreshPolicy: a DNS subdomain of at most 253
	// characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// LoginIDSecretReference names a key of a Secret in the same namespace.
type LoginIDSecretReference struct {
	// name is the name of the Secret: a DNS subdomain of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// key is the key of the Secret's data that contains the loginId: at most 253
	// letters, digits, '-', '_' and '.'; loginId if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// DefaultLoginIDKey is the Secret key that holds the loginId by default.
const DefaultLoginIDKey = "loginId"

// LinkType is where the link for the customer leads.
//
// +kubebuilder:validation:Enum=Direct;Gateway
type LinkType string

const (
	// LinkDirect leads to the bank's question in Flinks Connect.
	LinkDirect LinkType = "Direct"
	// LinkGateway leads to the page of the instance's gateway.
	LinkGateway LinkType = "Gateway"
)

// LinkDestination is where the operator puts the link for the customer.
//
// +kubebuilder:validation:Enum=Status;Secret
type LinkDestination string

const (
	// LinkInStatus puts the link into status.reconnect.link.url.
	LinkInStatus LinkDestination = "Status"
	// LinkInSecret puts the link into a Secret.
	LinkInSecret LinkDestination = "Secret"
)

// LinkSpec sets where the link of the customer leads, and where the operator puts
// it.
//
// +kubebuilder:validation:XValidation:rule="!has(self.secretTemplate) || has(self.destination) && self.destination == 'Secret'",fieldPath=".secretTemplate",reason=FieldValueForbidden,message="only destination Secret has a secretTemplate"
// +kubebuilder:validation:XValidation:rule="!has(self.proof) || self.proof == 'None' || !has(self.type) || self.type != 'Direct'",fieldPath=".proof",reason=FieldValueForbidden,message="type Direct has no proof"
// +kubebuilder:validation:XValidation:rule="has(self.application) == (has(self.proof) && self.proof == 'Application')",fieldPath=".application",message="proof Application needs an application, and no other has one"
type LinkSpec struct {
	// type is where the link leads: Direct or Gateway. If not given, it is Gateway
	// where the instance has spec.gateway, and Direct where it has none. Direct
	// leads to the bank's question in Flinks Connect, for as long as the question
	// works: some minutes. Gateway leads to the page of the instance's gateway: the
	// link works for the linkLifetime of the instance, and a live session starts
	// when the customer clicks the button there. With Gateway the Secret with the
	// loginId need not exist yet: the customer links their bank on the same page,
	// and the operator writes the Secret. After a change, of this field or of what
	// the instance has, the operator removes the link of the former type.
	//
	// +optional
	Type LinkType `json:"type,omitempty"`

	// destination is where the operator puts the link. Status (the default) puts
	// it into status.reconnect.link.url, where everyone who may read this object
	// can see it. Secret puts it into a Secret, under the keys url and
	// expirationTime; so does Status with a Direct link that has an authorize token,
	// if spec.connect.tokenInStatus of the instance is Never. After a change, a
	// Gateway link moves at once; a Direct link stays where it is until it expires.
	//
	// +optional
	Destination LinkDestination `json:"destination,omitempty"`

	// secretTemplate is the name and the labels of that Secret. Its name is that
	// of this object and "-reconnect" if not given. Only destination Secret has it.
	//
	// +optional
	SecretTemplate *SecretTemplate `json:"secretTemplate,omitempty"`

	// title says what the customer links their bank for, in their language, such
	// as "Mortgage application": at most 100 characters, without control
	// characters. Every page of a link of type Gateway shows it to everyone who
	// has the link, so it must contain nothing that only the customer may know.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[^\pC\pZ]([^\pC\p{Zl}\p{Zp}]*[^\pC\pZ])?$`
	Title string `json:"title,omitempty"`

	// proof is what the browser in which the link is opened has to prove before
	// anything starts. None (the default) asks for nothing. Application asks the
	// application of the field application, in the same browser, whether the
	// person is the customer of this object: a link that someone sent to another
	// person then starts nothing. Type Direct has no proof, and it has no effect
	// where the type is not given and the instance has no gateway.
	//
	// +optional
	Proof LinkProof `json:"proof,omitempty"`

	// application is the application that vouches for the browser. Only proof
	// Application has it, and needs it.
	//
	// +optional
	Application *LinkApplication `json:"application,omitempty"`
}

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

// ReconnectSpec sets which link the customer gets when they have to act, and what
// the operator does if they do not.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxReissues) || has(self.onExpiry) && self.onExpiry == 'Reissue'",fieldPath=".maxReissues",reason=FieldValueForbidden,message="only onExpiry Reissue has maxReissues"
type ReconnectSpec struct {
	// link sets where the link of the customer leads, and where the operator puts
	// it; if not given, a link in the status, to the gateway if the instance has
	// one.
	//
	// +optional
	Link LinkSpec `json:"link,omitzero"`

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

	// accountIds are the accounts that the customer had selected, 1 to 100 GUIDs. They
	// count until the customer selects accounts on the gateway's page: applications get
	// no others, and Flinks Connect does not ask for a selection again. The
	// operator omits those that the login no longer has. If none remains, the customer
	// selects accounts again.
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
	// 24 hours. It has no effect with a link of type Gateway, where the customer
	// starts the next session.
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
