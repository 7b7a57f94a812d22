package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RefreshPolicyType says who starts a refresh.
//
// +kubebuilder:validation:Enum=Manual;Scheduled
type RefreshPolicyType string

const (
	// RefreshManual refreshes only when asked to. It never disturbs a person.
	RefreshManual RefreshPolicyType = "Manual"
	// RefreshScheduled refreshes when the data are older than the interval.
	RefreshScheduled RefreshPolicyType = "Scheduled"
)

// RefreshPolicySpec says when data are read and refreshed. A refresh contacts
// the bank and may make it text a code to a person; an observe does neither.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Scheduled' || has(self.interval)",fieldPath=".interval",reason=FieldValueRequired,message="type Scheduled needs an interval"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.interval)",fieldPath=".interval",reason=FieldValueForbidden,message="only type Scheduled has an interval"
type RefreshPolicySpec struct {
	// Manual, or Scheduled.
	//
	// +required
	Type RefreshPolicyType `json:"type"`

	// Age of the data at which a Scheduled connection is refreshed, such as
	// 24h. At least an hour. The refresh comes up to a tenth of the interval
	// later, by an amount that is fixed for each object, and never earlier.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="interval must be a duration between 1h and 8760h, such as 24h"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// How often the state of the login is read from Flinks, without contacting
	// the bank; 24h if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('720h')",message="observeInterval must be a duration between 5m and 720h, such as 24h"
	ObserveInterval *metav1.Duration `json:"observeInterval,omitempty"`

	// Age from which the data are no longer good enough; 2160h (90 days, as
	// long as Flinks keeps them) if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="maxDataAge must be a duration between 1h and 8760h, such as 24h"
	MaxDataAge *metav1.Duration `json:"maxDataAge,omitempty"`
}
