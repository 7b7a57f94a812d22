package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FlinksInstance is one Flinks instance, for the connections of its own
// namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=flinks
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Instance",type=string,JSONPath=`.spec.instance`
// +kubebuilder:printcolumn:name="Connections",type=integer,JSONPath=`.status.connections.total`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type FlinksInstance struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state of the instance.
	//
	// +required
	Spec FlinksInstanceSpec `json:"spec"`

	// status is the observed state of the instance. Its default,
	// observedGeneration -1, marks an object that the operator has not reconciled
	// yet, so that no tool reports it as healthy.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status InstanceStatus `json:"status,omitzero"`
}

// FlinksInstanceList is a list of FlinksInstances.
//
// +kubebuilder:object:root=true
type FlinksInstanceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []FlinksInstance `json:"items"`
}

// ClusterFlinksInstance is one Flinks instance that several namespaces share.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=flinks
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Instance",type=string,JSONPath=`.spec.instance`
// +kubebuilder:printcolumn:name="Connections",type=integer,JSONPath=`.status.connections.total`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterFlinksInstance struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the desired state of the instance.
	//
	// +required
	Spec ClusterFlinksInstanceSpec `json:"spec"`

	// status is the observed state of the instance. Its default,
	// observedGeneration -1, marks an object that the operator has not reconciled
	// yet, so that no tool reports it as healthy.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status InstanceStatus `json:"status,omitzero"`
}

// ClusterFlinksInstanceList is a list of ClusterFlinksInstances.
//
// +kubebuilder:object:root=true
type ClusterFlinksInstanceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterFlinksInstance `json:"items"`
}

// InstanceIdentity contains the fields that both kinds of instance have.
type InstanceIdentity struct {
	// instance is the name of the instance at Flinks, such as toolbox or acme-ca:
	// at most 40 lower-case letters, digits and '-'. The operator derives the hosts
	// from it.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Instance string `json:"instance"`

	// customerId is the customer GUID that Flinks issued for the instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=36
	// +kubebuilder:validation:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	CustomerID string `json:"customerId"`

	// suspend stops, while it is true, every call to Flinks for this instance, of
	// whatever kind and for whatever connection, and the deletion of logins. Live
	// sessions that are open already end by themselves, and Flinks' own nightly
	// refresh goes on. false if not given.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// refreshPolicy is the policy of the connections that have none of their own;
	// Manual if not given.
	//
	// +optional
	RefreshPolicy *RefreshPolicySpec `json:"refreshPolicy,omitempty"`

	// limits is the budget of the instance: how much the operator may ask of it,
	// for all its connections together.
	//
	// +optional
	Limits *InstanceLimits `json:"limits,omitempty"`

	// retention is how long Flinks keeps the data and the credentials of a login
	// after its last refresh.
	//
	// +optional
	Retention *Retention `json:"retention,omitempty"`

	// cardCredential is the key that authorises DeleteCard and SetScheduledRefresh,
	// for which Flinks documents none: APIKey (the default), SecretKey or Both. Flinks
	// refuses a wrong choice; the condition CardCredentialRefused then says so, and no
	// login counts as deleted.
	//
	// +optional
	CardCredential CardCredential `json:"cardCredential,omitempty"`

	// authorizeAsync says whether Flinks opened AuthorizeAsync for the instance:
	// Supported or Unsupported (the default). With it a live session is begun by one
	// call and followed by others, while a call of Authorize may take minutes.
	//
	// +optional
	AuthorizeAsync AsyncCapability `json:"authorizeAsync,omitempty"`

	// connect sets how Flinks Connect is opened for the customers of the instance.
	//
	// +optional
	Connect ConnectSpec `json:"connect,omitzero"`

	// gateway is the gateway that links of type Gateway lead to. Without it, no
	// connection of the instance can have such a link.
	//
	// +optional
	Gateway *GatewaySpec `json:"gateway,omitempty"`
}

// CardCredential is what authorises the calls that change a login without opening a
// session: DeleteCard and SetScheduledRefresh.
//
// +kubebuilder:validation:Enum=APIKey;SecretKey;Both
type CardCredential string

const (
	// CardAPIKey sends the apiKey, as x-api-key.
	CardAPIKey CardCredential = "APIKey"
	// CardSecretKey sends the secretKey, as flinks-auth-key: some older instances take
	// nothing else.
	CardSecretKey CardCredential = "SecretKey"
	// CardBoth sends both.
	CardBoth CardCredential = "Both"
)

// AsyncCapability says whether live sessions can be begun with AuthorizeAsync.
//
// +kubebuilder:validation:Enum=Supported;Unsupported
type AsyncCapability string

const (
	// AsyncSupported begins live sessions with AuthorizeAsync. Where Flinks says that
	// the instance does not have it, Authorize is called instead.
	AsyncSupported AsyncCapability = "Supported"
	// AsyncUnsupported begins live sessions with Authorize.
	AsyncUnsupported AsyncCapability = "Unsupported"
)

// InstanceLimits limit what the operator may ask of an instance.
type InstanceLimits struct {
	// requestsPerSecond is the number of calls per second, from 1 to 1000; 5 if
	// not given. A fifth is reserved for work that people wait for: requested
	// refreshes, new objects and deletions.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	RequestsPerSecond *int32 `json:"requestsPerSecond,omitempty"`

	// burst is the number of calls that may follow each other at once after a
	// pause, from 2 to 1000; 10 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=1000
	Burst *int32 `json:"burst,omitempty"`

	// liveSessions is the number of live sessions at once, from 1 to 1000; 10 if
	// not given, and never more than the operator's --live-sessions-per-instance.
	// A fifth is reserved for requested and attended refreshes, and one namespace
	// never gets all of them if there are more than a few.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	LiveSessions *int32 `json:"liveSessions,omitempty"`

	// deletions is how many logins may be deleted in ten minutes. More of them
	// wait until a person confirms them.
	//
	// +optional
	Deletions *DeletionLimit `json:"deletions,omitempty"`
}

// DeletionLimit is the number of logins that may be deleted in ten minutes: the
// larger one of count and percent applies.
type DeletionLimit struct {
	// count is a number of logins, from 0 to 1000000; 10 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Count *int32 `json:"count,omitempty"`

	// percent is a part of the instance's logins, in percent, from 0 to 100; 5 if
	// not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`

	// perNamespace is the same limit for each namespace by itself.
	//
	// +optional
	PerNamespace *NamespaceDeletionLimit `json:"perNamespace,omitempty"`
}

// NamespaceDeletionLimit is the number of logins of one namespace that may be
// deleted in ten minutes: the larger one of count and percent applies.
type NamespaceDeletionLimit struct {
	// count is a number of logins, from 0 to 1000000; the count of the instance if
	// not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Count *int32 `json:"count,omitempty"`

	// percent is a part of the logins that the namespace has at the instance, in
	// percent, from 0 to 100; the percent of the instance if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`
}

// Retention is how long Flinks keeps the data and the credentials of a login
// after its last refresh. Flinks' own documents contradict each other on it.
type Retention struct {
	// data is how long Flinks keeps the data: a duration between 24h and 87600h;
	// 2160h (90 days) if not given. status.dataExpiryTime of the connections
	// follows from it.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('24h') && duration(self) <= duration('87600h')",message="data must be a duration between 24h and 87600h, such as 2160h"
	Data *metav1.Duration `json:"data,omitempty"`

	// credentials is how long Flinks keeps the credentials that the customer
	// entered: a duration between 24h and 87600h; 720h (30 days) if not given.
	// status.credentialsExpiryTime of the connections follows from it.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('24h') && duration(self) <= duration('87600h')",message="credentials must be a duration between 24h and 87600h, such as 720h"
	Credentials *metav1.Duration `json:"credentials,omitempty"`
}

// FlinksInstanceSpec is the desired state of a FlinksInstance: the instance and
// the keys to it.
type FlinksInstanceSpec struct {
	InstanceIdentity `json:",inline"`

	// credentialsSecretRef names the Secret, in the namespace of this object, that
	// contains the keys of the instance.
	//
	// +required
	CredentialsSecretRef LocalSecretReference `json:"credentialsSecretRef"`
}

// LocalSecretReference names the Secret with the keys of an instance in the namespace of
// the instance.
type LocalSecretReference struct {
	// name is the name of the Secret: a DNS subdomain of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// keys says under which keys the Secret has what.
	//
	// +optional
	Keys CredentialKeys `json:"keys,omitzero"`
}

// ClusterFlinksInstanceSpec is the desired state of a ClusterFlinksInstance:
// the instance, the keys to it, and the namespaces that may use it.
type ClusterFlinksInstanceSpec struct {
	InstanceIdentity `json:",inline"`

	// credentialsSecretRef names the Secret, in any namespace, that contains the
	// keys of the instance.
	//
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef"`

	// allowedNamespaces selects the namespaces whose connections may use this
	// instance; all namespaces if not given.
	//
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`

	// endpoints is where the operator finds Flinks, if not at the hosts that it
	// derives from the instance: a simulator, or a proxy. They may change at any
	// time: a login is the same through another host. Only a ClusterFlinksInstance
	// has them, so that no tenant can send keys to a host of their own. The hosts
	// may have private addresses, but no link-local ones; the operator connects to
	// derived hosts on the Internet only.
	//
	// +optional
	Endpoints *Endpoints `json:"endpoints,omitempty"`

	// proxy is the proxy through which the operator calls the instance; that of the
	// operator's environment if not given. Only a ClusterFlinksInstance has one, so
	// that no tenant chooses a host that the operator connects to.
	//
	// +optional
	Proxy *ProxySpec `json:"proxy,omitempty"`

	// caBundle is the certificates, in PEM, of the only authorities that the operator
	// trusts for the instance, such as that of a proxy which inspects TLS: at least
	// one, and at most 65536 bytes together. The authorities of the operator's system
	// if not given.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=87384
	CABundle []byte `json:"caBundle,omitempty"`
}

// ProxySpec names a proxy.
type ProxySpec struct {
	// url is the address of the proxy: http or https, at most 268 characters, a host
	// and perhaps a port, without a path and a user. The operator asks it for tunnels
	// (CONNECT) to hosts of Flinks, so it learns which hosts these are, and no more. Its
	// address may be private, but not link-local.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && self.matches('^https?://[0-9A-Za-z._:\\\\[\\\\]-]+/?$')",message="url must be an http or https URL of a host and perhaps a port, without path, query or user"
	URL string `json:"url"`
}

// CredentialKeys are the keys of a Secret under which it has the keys of an instance. Each
// is the key of a Secret: at most 253 letters, digits, '-', '_' and '.'.
type CredentialKeys struct {
	// secretKey is the key of the secret for /GenerateAuthorizeToken; secretKey if not
	// given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	SecretKey string `json:"secretKey,omitempty"`

	// apiKey is the key of the x-api-key for the data endpoints; apiKey if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	APIKey string `json:"apiKey,omitempty"`

	// bearerToken is the key of the API secret for /GetNightlyRefreshStatus, where
	// Flinks issued one; bearerToken if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	BearerToken string `json:"bearerToken,omitempty"`

	// webhookKey is the key of what webhooks of Flinks are signed with, where Flinks
	// sends any; webhookKey if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	WebhookKey string `json:"webhookKey,omitempty"`

	// previousWebhookKey is the key of what they were signed with before, while that
	// changes; previousWebhookKey if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	PreviousWebhookKey string `json:"previousWebhookKey,omitempty"`
}

// SecretReference names the Secret with the keys of an instance, in any namespace.
type SecretReference struct {
	// name is the name of the Secret: a DNS subdomain of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// namespace is the namespace of the Secret: a DNS label of at most 63
	// characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace"`

	// keys says under which keys the Secret has what.
	//
	// +optional
	Keys CredentialKeys `json:"keys,omitzero"`
}

// AllowedNamespaces selects namespaces by their labels.
type AllowedNamespaces struct {
	// selector selects namespaces by their labels, with at most 16 labels and 16
	// expressions; an empty selector selects all namespaces.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.matchLabels) || size(self.matchLabels) <= 16 && self.matchLabels.all(k, size(k) <= 317 && size(self.matchLabels[k]) <= 63)",fieldPath=".matchLabels",message="at most 16 labels, with a key of at most 317 and a value of at most 63 characters"
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || size(self.matchExpressions) <= 16 && self.matchExpressions.all(e, size(e.key) <= 317 && (!has(e.values) || size(e.values) <= 64))",fieldPath=".matchExpressions",message="at most 16 expressions, with a key of at most 317 characters and at most 64 values"
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && size(e.values) > 0 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || size(e.values) == 0))",fieldPath=".matchExpressions",message="the operator is In or NotIn with values, or Exists or DoesNotExist without"
	Selector metav1.LabelSelector `json:"selector"`
}

// Endpoints are base URLs of Flinks.
type Endpoints struct {
	// api is the base URL of the API: http or https, at most 268 characters, without
	// a path.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && self.matches('^https?://[0-9A-Za-z._:\\\\[\\\\]-]+/?$')",message="api must be an http or https URL of a host and perhaps a port, without path, query or user"
	API string `json:"api"`

	// connect is the base URL of Flinks Connect: http or https, at most 268
	// characters, without a path.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && self.matches('^https?://[0-9A-Za-z._:\\\\[\\\\]-]+/?$')",message="connect must be an http or https URL of a host and perhaps a port, without path, query or user"
	Connect string `json:"connect"`
}
