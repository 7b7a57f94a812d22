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

// Visibility says whether Flinks Connect shows something.
//
// +kubebuilder:validation:Enum=Shown;Hidden
type Visibility string

const (
	// Shown shows it.
	Shown Visibility = "Shown"
	// Hidden leaves it out.
	Hidden Visibility = "Hidden"
)

// ConnectSpec sets how Flinks Connect is opened for the customers of an instance.
type ConnectSpec struct {
	// form is the form of the addresses of Flinks Connect that the instance serves:
	// V2 (the default) or Classic, for an instance that has only the first design.
	// A link that exists keeps its form.
	//
	// +optional
	Form ConnectForm `json:"form,omitempty"`

	// demo says whether Flinks Connect shows Flinks' test bank, Flinks Capital:
	// Shown or Hidden. If not given, only the instance toolbox, which has no other
	// bank, shows it.
	//
	// +optional
	Demo Visibility `json:"demo,omitempty"`
}
