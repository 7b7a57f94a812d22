package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RefreshPolicy sets when the operator reads and refreshes the data of the
// connections that name it.
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

	// spec is the desired state of the policy.
	//
	// +required
	Spec RefreshPolicySpec `json:"spec"`

	// status is the observed state of the policy. Its default, observedGeneration
	// -1, marks an object that the operator has not reconciled yet, so that no
	// tool reports it as healthy.
	//
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

// RefreshPolicyStatus is the observed state of a RefreshPolicy.
type RefreshPolicyStatus struct {
	// observedGeneration is the generation of the spec that this status describes;
	// -1 before the first reconcile.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are the conditions of the policy. Ready is true while the policy
	// can work. Stalled is present while it cannot.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// connections is the number of connections that name the policy.
	//
	// +optional
	Connections int32 `json:"connections"`
}

// RefreshPolicyType sets what starts a refresh.
//
// +kubebuilder:validation:Enum=Manual;Scheduled;Nightly
type RefreshPolicyType string

const (
	// RefreshManual refreshes on request only. The operator never contacts the
	// customer by itself.
	RefreshManual RefreshPolicyType = "Manual"
	// RefreshScheduled refreshes when the data is older than the interval, or at
	// the times of the schedule.
	RefreshScheduled RefreshPolicyType = "Scheduled"
	// RefreshNightly leaves the refreshing to Flinks' own nightly refresh.
	RefreshNightly RefreshPolicyType = "Nightly"
)

// RefreshPolicySpec sets when the operator reads and refreshes data. A refresh
// contacts the bank, which may text the customer a code; an observe does
// neither.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Scheduled' || has(self.interval) || has(self.schedule)",fieldPath=".interval",reason=FieldValueRequired,message="type Scheduled needs an interval or a schedule"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.interval)",fieldPath=".interval",reason=FieldValueForbidden,message="only type Scheduled has an interval"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.schedule)",fieldPath=".schedule",reason=FieldValueForbidden,message="only type Scheduled has a schedule"
// +kubebuilder:validation:XValidation:rule="!has(self.interval) || !has(self.schedule)",fieldPath=".schedule",reason=FieldValueForbidden,message="interval and schedule exclude each other"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.timeZone)",fieldPath=".timeZone",reason=FieldValueForbidden,message="only type Scheduled has a timeZone"
// +kubebuilder:validation:XValidation:rule="self.type == 'Scheduled' || !has(self.allowedWindows)",fieldPath=".allowedWindows",reason=FieldValueForbidden,message="only type Scheduled has allowedWindows"
// +kubebuilder:validation:XValidation:rule="self.type != 'Nightly' || !has(self.observeInterval) || duration(self.observeInterval) <= duration('144h')",fieldPath=".observeInterval",reason=FieldValueInvalid,message="observeInterval of type Nightly must be at most 144h: Flinks leaves out logins that are not read for seven days"
type RefreshPolicySpec struct {
	// type sets what starts a refresh. Manual refreshes on request only. Scheduled
	// refreshes by interval or schedule, and the bank may text the customer a code
	// each time. Nightly switches on Flinks' own nightly refresh, during which the
	// bank asks the customer nothing: if it fails until the data is older than
	// maxDataAge, the customer has to act.
	//
	// +required
	Type RefreshPolicyType `json:"type"`

	// interval is the age of the data at which a Scheduled connection is
	// refreshed: a duration between 1h and 8760h, such as 24h. The refresh starts
	// up to a tenth of the interval later, by an amount that is fixed for each
	// object, and never earlier. It excludes schedule.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="interval must be a duration between 1h and 8760h, such as 24h"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// schedule is a cron expression of five fields and at most 128 characters, such
	// as "0 9 * * 1-5", that sets when a Scheduled connection is refreshed, at most
	// once an hour. The
	// refresh starts up to six minutes later, by an amount that is fixed for each
	// object, and never earlier. The operator makes up once for a time that it
	// missed because it did not run. On the days when clocks change, the schedule
	// fires exactly once. It excludes interval.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('@every') && !self.contains('TZ=')",message="schedule must be a cron expression without @every and TZ="
	Schedule string `json:"schedule,omitempty"`

	// timeZone is the IANA name of the time zone of the schedule and of the windows
	// that name none, such as America/Toronto; UTC if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_+/-]+$`
	TimeZone string `json:"timeZone,omitempty"`

	// allowedWindows limit when unattended refreshes may contact the customer,
	// with 1 to 14 windows. A refresh that becomes due outside of them waits for
	// the next one; a requested or attended refresh does not.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=14
	AllowedWindows []RefreshWindow `json:"allowedWindows,omitempty"`

	// observeInterval is how often the operator reads the state of the login from
	// Flinks, without contacting the bank: a duration between 5m and 720h; 24h if
	// not given. For type Nightly it is at most 144h, because Flinks leaves out
	// logins that are not read for seven days.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('720h')",message="observeInterval must be a duration between 5m and 720h, such as 24h"
	ObserveInterval *metav1.Duration `json:"observeInterval,omitempty"`

	// maxDataAge is the age from which the data is stale: a duration between 1h
	// and 8760h. If not given, it is 72h for type Nightly, else 2160h (90 days, as
	// long as Flinks keeps data).
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
	// PolicyFromConnection means that the connection has a policy of its own.
	PolicyFromConnection PolicySource = "BankConnection"
	// PolicyFromRefreshPolicy is the RefreshPolicy that spec.refreshPolicyRef
	// names.
	PolicyFromRefreshPolicy PolicySource = "RefreshPolicy"
	// PolicyFromInstance is the default policy of the instance.
	PolicyFromInstance PolicySource = "Instance"
	// PolicyDefault is type Manual, because neither connection nor instance has a
	// policy.
	PolicyDefault PolicySource = "Default"
)

// EffectivePolicy is the refresh policy that applies to a connection.
type EffectivePolicy struct {
	// source is where the policy comes from: BankConnection (spec.refreshPolicy of
	// the connection), RefreshPolicy (the policy that spec.refreshPolicyRef
	// names), Instance (the default policy of the instance) or Default (Manual,
	// because there is no other).
	//
	// +required
	Source PolicySource `json:"source"`

	// type is the type of the policy: Manual, Scheduled or Nightly.
	//
	// +required
	Type RefreshPolicyType `json:"type"`

	// interval is the age of the data at which a refresh is due, if refreshes
	// follow an interval.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="interval must be a duration"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// schedule is the cron expression that refreshes follow, if they follow one.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Schedule string `json:"schedule,omitempty"`

	// timeZone is the IANA name of the time zone of the schedule and of the windows
	// that name none.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// observeInterval is how often the operator reads the state of the login from
	// Flinks.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="observeInterval must be a duration"
	ObserveInterval *metav1.Duration `json:"observeInterval,omitempty"`

	// maxDataAge is the age from which the data is stale.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s')",message="maxDataAge must be a duration"
	MaxDataAge *metav1.Duration `json:"maxDataAge,omitempty"`

	// effectiveTime is when refreshes began to follow this policy. The operator does
	// not make up for times of a schedule before that.
	//
	// +required
	EffectiveTime metav1.Time `json:"effectiveTime"`
}

// RefreshWindow is a period of the day, on some days of the week.
//
// +kubebuilder:validation:XValidation:rule="self.start != self.end",message="start and end of a window must differ"
type RefreshWindow struct {
	// days are the days on which the window begins: Mon, Tue, Wed, Thu, Fri, Sat
	// or Sun; every day if not given.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`

	// start is the time of day at which the window begins, from 00:00 to 23:59,
	// such as 09:00.
	//
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	Start string `json:"start"`

	// end is the time of day before which the window ends, from 00:00 to 24:00,
	// such as 21:00. If it is earlier than start, the window ends on the next day.
	//
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:Pattern=`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
	End string `json:"end"`

	// timeZone is the IANA name of the window's time zone, such as
	// America/Toronto; that of the policy if not given.
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
