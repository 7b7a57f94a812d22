package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InstanceStatus is the observed state of an instance.
type InstanceStatus struct {
	// observedGeneration is the generation of the spec that this status describes;
	// -1 before the first reconcile.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are the conditions of the instance. Ready is true while Flinks
	// accepts the keys, as far as the operator last knew. Ready, CallsPaused and
	// DeletionsPaused are always present; Suspended, ConfirmationInvalid,
	// RevocationInvalid, SecretUnprotected, LinkProofUnavailable and
	// CardCredentialRefused are present only while they are true.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// probedFingerprint is a hash of what the condition Ready describes: the
	// instance, its customerId, the address of the API, the way to it, and the Secret
	// with the names of its keys. While the spec names others, the connections make no calls.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ProbedFingerprint string `json:"probedFingerprint,omitempty"`

	// connections counts the connections that refer to the instance.
	//
	// +optional
	Connections *ConnectionCounts `json:"connections,omitempty"`

	// protectedSecretName is the name of the Secret with the keys that carries the
	// operator's finalizer, so that it exists until the logins that need it are
	// deleted. Only a FlinksInstance has it: its Secret is deleted with its
	// namespace.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ProtectedSecretName string `json:"protectedSecretName,omitempty"`

	// nightlyCheckTime is when the operator last asked Flinks which logins its
	// nightly refresh leaves out.
	//
	// +optional
	NightlyCheckTime *metav1.Time `json:"nightlyCheckTime,omitempty"`

	// pausedDeletions counts the deletions that wait for a confirmation. Present
	// while the condition DeletionsPaused is true.
	//
	// +optional
	PausedDeletions *PausedDeletions `json:"pausedDeletions,omitempty"`

	// deletionConfirmation is the time in the annotation allow-deletions-until, as
	// the operator first saw it. Absent while there is no readable time in the
	// annotation.
	//
	// +optional
	DeletionConfirmation *DeletionConfirmation `json:"deletionConfirmation,omitempty"`

	// linkRevocation is when links to the gateway were last revoked. Absent if they
	// never were.
	//
	// +optional
	LinkRevocation *LinkRevocation `json:"linkRevocation,omitempty"`

	// linkProofTime is when Flinks first proved that a customer linked their bank
	// with a link of the gateway.
	//
	// +optional
	LinkProofTime *metav1.Time `json:"linkProofTime,omitempty"`

	// linkProofMissingTime is when a customer last linked their bank and Flinks
	// returned nothing that proves it, while linkProofTime is absent. For an hour
	// from then, links of the gateway link no bank.
	//
	// +optional
	LinkProofMissingTime *metav1.Time `json:"linkProofMissingTime,omitempty"`
}

// PausedDeletions counts the logins that are not deleted before a person
// confirms it.
type PausedDeletions struct {
	// logins is the number of logins whose deletion waits.
	//
	// +optional
	Logins int32 `json:"logins"`

	// namespaceCount is the number of namespaces in which deletions wait.
	//
	// +optional
	NamespaceCount int32 `json:"namespaceCount"`

	// namespaces are the names of these namespaces, the first ten in alphabetical
	// order.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`
}

// DeletionConfirmation is the value of the annotation allow-deletions-until. It
// is valid if its time was at most 24 hours ahead when the operator first saw
// it.
type DeletionConfirmation struct {
	// until is the time until which deletions are confirmed.
	//
	// +required
	Until metav1.Time `json:"until"`

	// firstSeenTime is when the operator first saw the annotation with this value.
	//
	// +required
	FirstSeenTime metav1.Time `json:"firstSeenTime"`
}

// LinkRevocation is the value of the annotation revoke-links-before, and what follows
// from it.
type LinkRevocation struct {
	// requestTime is the time that was last in the annotation.
	//
	// +required
	RequestTime metav1.Time `json:"requestTime"`

	// effectiveTime is the time before which no link was issued that still works:
	// requestTime, or when the operator first saw that, if it was earlier. It never
	// goes back.
	//
	// +required
	EffectiveTime metav1.Time `json:"effectiveTime"`
}

// ConnectionCounts counts the connections of an instance.
type ConnectionCounts struct {
	// total is the number of connections that refer to the instance.
	//
	// +optional
	Total int32 `json:"total"`

	// ready is the number of these connections that are ready.
	//
	// +optional
	Ready int32 `json:"ready"`

	// userActionRequired is the number of these connections whose customer has to
	// act.
	//
	// +optional
	UserActionRequired int32 `json:"userActionRequired"`

	// overdue is the number of these connections whose customer has had to act for
	// longer than the deadline.
	//
	// +optional
	Overdue int32 `json:"overdue"`
}
