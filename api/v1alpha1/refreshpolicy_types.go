package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RefreshPolicy says when the data of the connections that name it are read and
// refreshed.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=flinks
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Connections",type=integer,JSONPath=`.status.connections`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type RefreshPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec RefreshPolicySpec `json:"spec"`

	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status RefreshPolicyStatus `json:"status,omitzero"`
}

// RefreshPolicyList is a list of RefreshPolicies.
//
// +kubebuilder:object:root=true
type RefreshPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RefreshPolicy `json:"items"`
}

// RefreshPolicyStatus is what the operator knows of a policy.
type RefreshPolicyStatus struct {
	// Generation of the spec that this status speaks of; -1 before the first
	// look.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready is true while the policy can work; Stalled is there while it cannot.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Number of connections that name the policy.
	//
	// +optional
	Connections int32 `json:"connections"`
}

// RefreshPolicyType says who starts a refresh.
//
// +kubebuilder:validation:Enum=Manual;Scheduled;Nightly
type RefreshPolicyType string

const (
	// RefreshManual refreshes only when asked to. It never disturbs a person.
	RefreshManual RefreshPolicyType = "Manual"
	// RefreshScheduled refreshes when the data are older than the interval, or at
	// the times of a schedule.
	RefreshScheduled RefreshPolicyType = "Scheduled"
	// RefreshNightly leaves it to Flinks' own nightly refresh.
	RefreshNightly RefreshPolicyType = "Nightly"
)

// RefreshPolicySpec says when data are read and refreshed. A refresh contacts
// the bank and may make it text a code to a person; an observe does neither.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Scheduled' || has(self.interval) || has(self.schedule)",fieldPath=".interval",reason=FieldValueRequired,message="type Scheduled needs an interval or a schedule"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.interval)",fieldPath=".interval",reason=FieldValueForbidden,message="only type Scheduled has an interval"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.schedule)",fieldPath=".schedule",reason=FieldValueForbidden,message="only type Scheduled has a schedule"
// +kubebuilder:validation:XValidation:rule="!has(self.interval) || !has(self.schedule)",fieldPath=".schedule",reason=FieldValueForbidden,message="interval and schedule exclude each other"
// +kubebuilder:validation:XValidation:rule="has(self.schedule) || !has(self.timeZone)",fieldPath=".timeZone",reason=FieldValueForbidden,message="only a schedule has a timeZone"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.allowedWindows)",fieldPath=".allowedWindows",reason=FieldValueForbidden,message="only type Scheduled has allowedWindows"
// +kubebuilder:validation:XValidation:rule="self.type != 'Nightly' || !has(self.observeInterval) || duration(self.observeInterval) <= duration('144h')",fieldPath=".observeInterval",reason=FieldValueInvalid,message="observeInterval of type Nightly must be at most 144h: Flinks leaves out logins that nobody reads for seven days"
type RefreshPolicySpec struct {
	// Manual refreshes only when asked to. Scheduled refreshes by interval or
	// schedule. Nightly switches Flinks' own nightly refresh on, for which no
	// person is asked anything: when it fails until the data are older than
	// maxDataAge, the person is wanted.
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

	// Cron expression of five fields, such as "0 9 * * 1-5": when a Scheduled
	// connection is refreshed. At most once an hour. The refresh comes up to six
	// minutes later, by an amount that is fixed for each object, and never
	// earlier. A time that was missed because nothing ran is made up for, once.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('@every') && !self.contains('TZ=')",message="schedule must be a cron expression without @every and TZ="
	Schedule string `json:"schedule,omitempty"`

	// IANA name of the time zone that the schedule is meant in, such as
	// America/Toronto; UTC if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_+/-]+$`
	TimeZone string `json:"timeZone,omitempty"`

	// When a person may be disturbed: a refresh that is due outside of these
	// windows waits for the next one. A refresh that is asked for does not.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=14
	AllowedWindows []RefreshWindow `json:"allowedWindows,omitempty"`

	// How often the state of the login is read from Flinks, without contacting
	// the bank; 24h if not given.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('720h')",message="observeInterval must be a duration between 5m and 720h, such as 24h"
	ObserveInterval *metav1.Duration `json:"observeInterval,omitempty"`

	// Age from which the data are no longer good enough. If not given: 72h for
	// type Nightly, else 2160h (90 days, as long as Flinks keeps them).
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="maxDataAge must be a duration between 1h and 8760h, such as 24h"
	MaxDataAge *metav1.Duration `json:"maxDataAge,omitempty"`
}

// PolicySource is where a connection's refresh policy comes from.
//
// +kubebuilder:validation:Enum=BankConnection;RefreshPolicy;Instance;Default
type PolicySource string

const (
	// PolicyFromConnection: spec.refreshPolicy.
	PolicyFromConnection PolicySource = "BankConnection"
	// PolicyFromRefreshPolicy: the RefreshPolicy that spec.refreshPolicyRef names.
	PolicyFromRefreshPolicy PolicySource = "RefreshPolicy"
	// PolicyFromInstance: the default of the instance.
	PolicyFromInstance PolicySource = "Instance"
	// PolicyDefault: neither has one, so the policy is Manual.
	PolicyDefault PolicySource = "Default"
)

// EffectivePolicy is the refresh policy that holds for a connection.
type EffectivePolicy struct {
	// Where the policy comes from.
	//
	// +required
	Source PolicySource `json:"source"`

	// Manual, Scheduled or Nightly.
	//
	// +required
	Type RefreshPolicyType `json:"type"`

	// Age at which data are refreshed, if that is what refreshes follow.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="interval must be a duration"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// Schedule that refreshes follow, if they follow one.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Schedule string `json:"schedule,omitempty"`

	// Time zone of the schedule.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// How often the state of the login is read.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="observeInterval must be a duration"
	ObserveInterval *metav1.Duration `json:"observeInterval,omitempty"`

	// Age from which the data are no longer good enough.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="maxDataAge must be a duration"
	MaxDataAge *metav1.Duration `json:"maxDataAge,omitempty"`

	// Since when refreshes follow the policy. A schedule has missed nothing before
	// it.
	//
	// +required
	Time metav1.Time `json:"time"`
}

// RefreshWindow is a time of some days of the week.
//
// +kubebuilder:validation:XValidation:rule="self.start != self.end",message="start and end of a window must differ"
type RefreshWindow struct {
	// Days on which the window begins; every day if not given.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`

	// Time of day at which the window begins, such as 09:00.
	//
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	Start string `json:"start"`

	// Time of day before which the window ends, such as 21:00 or 24:00; on the
	// next day if it is earlier than start.
	//
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:Pattern=`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
	End string `json:"end"`

	// IANA name of the time zone, such as America/Toronto; UTC if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_+/-]+$`
	TimeZone string `json:"timeZone,omitempty"`
}

// Weekday is a day of the week.
//
// +kubebuilder:validation:Enum=Mon;Tue;Wed;Thu;Fri;Sat;Sun
type Weekday string
