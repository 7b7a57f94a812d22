package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FlinksInstance is one Flinks instance, for connections of its own namespace.
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

	// +required
	Spec FlinksInstanceSpec `json:"spec"`

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

// ClusterFlinksInstance is one Flinks instance, shared by namespaces.
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

	// +required
	Spec ClusterFlinksInstanceSpec `json:"spec"`

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

// InstanceIdentity is what both kinds of instance have in common.
type InstanceIdentity struct {
	// Name of the instance, such as toolbox or acme-ca. The hosts are derived
	// from it.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Instance string `json:"instance"`

	// Customer GUID that Flinks issued for the instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=36
	// +kubebuilder:validation:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	CustomerID string `json:"customerId"`

	// Policy of connections that have none of their own; Manual if not given.
	//
	// +optional
	RefreshPolicy *RefreshPolicySpec `json:"refreshPolicy,omitempty"`

	// How much the operator may ask of the instance, for all its connections
	// together.
	//
	// +optional
	Limits *InstanceLimits `json:"limits,omitempty"`

	// How long Flinks keeps what belongs to a login.
	//
	// +optional
	Retention *Retention `json:"retention,omitempty"`

	// Gateway that persons reach with their links.
	//
	// +optional
	Gateway *GatewaySpec `json:"gateway,omitempty"`
}

// GatewaySpec says how persons reach the gateway. The operator never calls it.
type GatewaySpec struct {
	// Public address of the gateway, without a path. http is for localhost only.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && (self.matches('^https://[0-9A-Za-z._:\\\\[\\\\]-]+/?$') || self.matches('^http://(localhost|127[.]0[.]0[.]1)(:[0-9]+)?/?$'))",message="url must be an https URL of a host and perhaps a port, without path, query or user"
	URL string `json:"url"`

	// How long a link works; 168h if not given. While the person is wanted,
	// another one follows it.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('2160h')",message="linkLifetime must be a duration between 1h and 2160h, such as 168h"
	LinkLifetime *metav1.Duration `json:"linkLifetime,omitempty"`
}

// InstanceLimits bound what the operator asks of an instance.
type InstanceLimits struct {
	// Calls per second; 5 if not given. A fifth of them is kept for what people
	// wait for: requested refreshes, new objects and deletions.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	RequestsPerSecond *int32 `json:"requestsPerSecond,omitempty"`

	// Calls that may follow each other at once after a pause; 10 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=1000
	Burst *int32 `json:"burst,omitempty"`

	// Live sessions at once; 10 if not given. Never more than the operator's own
	// limit.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	LiveSessions *int32 `json:"liveSessions,omitempty"`

	// How many logins may be deleted in ten minutes. More of them wait until a
	// person confirms.
	//
	// +optional
	Deletions *DeletionLimit `json:"deletions,omitempty"`
}

// DeletionLimit is a number of logins that may be deleted in ten minutes: the
// larger one of count and percent counts.
type DeletionLimit struct {
	// Number of logins; 10 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Count *int32 `json:"count,omitempty"`

	// Part of the instance's logins, in percent; 5 if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`

	// Limit of each namespace.
	//
	// +optional
	PerNamespace *NamespaceDeletionLimit `json:"perNamespace,omitempty"`
}

// NamespaceDeletionLimit is a number of logins of one namespace that may be
// deleted in ten minutes: the larger one of count and percent counts.
type NamespaceDeletionLimit struct {
	// Number of logins; the count of the instance if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Count *int32 `json:"count,omitempty"`

	// Part of the namespace's logins at the instance, in percent; the percent of
	// the instance if not given.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`
}

// Retention says how long Flinks keeps what belongs to a login after its last
// refresh.
type Retention struct {
	// How long data are kept; 2160h (90 days) if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('24h') && duration(self) <= duration('87600h')",message="data must be a duration between 24h and 87600h, such as 2160h"
	Data *metav1.Duration `json:"data,omitempty"`

	// How long the credentials that the person entered are kept; 720h (30 days)
	// if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('24h') && duration(self) <= duration('87600h')",message="credentials must be a duration between 24h and 87600h, such as 720h"
	Credentials *metav1.Duration `json:"credentials,omitempty"`
}

// FlinksInstanceSpec is a Flinks instance and the keys to it.
type FlinksInstanceSpec struct {
	InstanceIdentity `json:",inline"`

	// Secret, in the namespace of this object, with the keys secretKey and
	// apiKey.
	//
	// +required
	CredentialsSecretRef LocalSecretReference `json:"credentialsSecretRef"`
}

// LocalSecretReference names a Secret in the same namespace.
type LocalSecretReference struct {
	// Name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// ClusterFlinksInstanceSpec is a Flinks instance, the keys to it and who may
// use it.
type ClusterFlinksInstanceSpec struct {
	InstanceIdentity `json:",inline"`

	// Secret with the keys secretKey and apiKey.
	//
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef"`

	// Namespaces whose connections may use this instance; all of them if not
	// given.
	//
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`

	// Where to find Flinks, if not at the hosts derived from the instance: a
	// simulator, or a proxy.
	//
	// +optional
	Endpoints *Endpoints `json:"endpoints,omitempty"`
}

// SecretReference names a Secret in any namespace.
type SecretReference struct {
	// Name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// Namespace of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace"`
}

// AllowedNamespaces selects namespaces by their labels.
type AllowedNamespaces struct {
	// Labels of the namespaces; an empty selector selects all of them.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.matchLabels) || size(self.matchLabels) <= 16 && self.matchLabels.all(k, size(k) <= 317 && size(self.matchLabels[k]) <= 63)",fieldPath=".matchLabels",message="at most 16 labels, with a key of at most 317 and a value of at most 63 characters"
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || size(self.matchExpressions) <= 16 && self.matchExpressions.all(e, size(e.key) <= 317 && (!has(e.values) || size(e.values) <= 64))",fieldPath=".matchExpressions",message="at most 16 expressions, with a key of at most 317 characters and at most 64 values"
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && size(e.values) > 0 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || size(e.values) == 0))",fieldPath=".matchExpressions",message="the operator is In or NotIn with values, or Exists or DoesNotExist without"
	Selector metav1.LabelSelector `json:"selector"`
}

// Endpoints are base URLs of Flinks.
type Endpoints struct {
	// Base URL of the API, without a path.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && self.matches('^https?://[0-9A-Za-z._:\\\\[\\\\]-]+/?$')",message="api must be an http or https URL of a host and perhaps a port, without path, query or user"
	API string `json:"api"`

	// Base URL of Flinks Connect, without a path.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && self.matches('^https?://[0-9A-Za-z._:\\\\[\\\\]-]+/?$')",message="connect must be an http or https URL of a host and perhaps a port, without path, query or user"
	Connect string `json:"connect"`
}

// InstanceStatus is what the operator knows of an instance.
type InstanceStatus struct {
	// Generation of the spec that this status speaks of; -1 before the first
	// look.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready is true while Flinks accepts the keys. CallsPaused, DeletionsPaused,
	// ConfirmationInvalid and SecretUnprotected are there while they are true.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Hash of what Ready speaks of: the instance and its customer, the address of
	// the API, and the Secret with the keys. While the spec names others, no
	// connection calls.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ProbedFingerprint string `json:"probedFingerprint,omitempty"`

	// +optional
	Connections *ConnectionCounts `json:"connections,omitempty"`

	// Secret with the keys that carries a finalizer, so that it does not vanish
	// before the logins that need it are deleted. Only a FlinksInstance has one:
	// its Secret goes with its namespace.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	HeldSecretName string `json:"heldSecretName,omitempty"`

	// When Flinks was last asked which logins its nightly refresh leaves out.
	//
	// +optional
	NightlyCheckTime *metav1.Time `json:"nightlyCheckTime,omitempty"`

	// Deletions that wait for a confirmation, while DeletionsPaused is true.
	//
	// +optional
	PausedDeletions *PausedDeletions `json:"pausedDeletions,omitempty"`

	// The time in the allow-deletions-until annotation, as it was first seen.
	// Absent while there is none that can be read.
	//
	// +optional
	DeletionConfirmation *DeletionConfirmation `json:"deletionConfirmation,omitempty"`
}

// PausedDeletions says whose logins are not deleted before a person confirms.
type PausedDeletions struct {
	// Logins that wait.
	//
	// +optional
	Logins int32 `json:"logins"`

	// Namespaces in which they wait.
	//
	// +optional
	NamespaceCount int32 `json:"namespaceCount"`

	// Names of these namespaces, in alphabetical order: the first ten.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`
}

// DeletionConfirmation is an allow-deletions-until annotation. It counts if its
// time was not more than a day ahead when the operator first saw it.
type DeletionConfirmation struct {
	// Until when deletions are confirmed.
	//
	// +required
	Until metav1.Time `json:"until"`

	// When the operator first saw it.
	//
	// +required
	Time metav1.Time `json:"time"`
}

// ConnectionCounts counts the connections of an instance.
type ConnectionCounts struct {
	// Connections that refer to the instance.
	//
	// +optional
	Total int32 `json:"total"`
	// Those that are ready.
	//
	// +optional
	Ready int32 `json:"ready"`
	// Those that wait for a person.
	//
	// +optional
	UserActionRequired int32 `json:"userActionRequired"`
	// Those that wait for a person for longer than their deadline.
	//
	// +optional
	Overdue int32 `json:"overdue"`
}
