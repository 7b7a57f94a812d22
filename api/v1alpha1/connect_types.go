package v1alpha1

// ConnectForm is the form of the addresses of Flinks Connect.
//
// +kubebuilder:validation:Enum=V2;Classic
type ConnectForm string

const (
	// ConnectV2 is the current design, whose paths begin with /v2/.
	ConnectV2 ConnectForm = "V2"
	// ConnectClassic is the first design, which has no /v2/ in its path.
	ConnectClassic ConnectForm = "Classic"
)

// ConnectSpec sets how Flinks Connect is opened for the customers of an instance.
type ConnectSpec struct {
	// form is the form of the addresses of Flinks Connect that the instance serves:
	// V2 (the default) or Classic.
	//
	// +optional
	Form ConnectForm `json:"form,omitempty"`
}
