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

// TokenRequirement says whether a link to Flinks Connect needs an authorize token.
//
// +kubebuilder:validation:Enum=Required;NotRequired
type TokenRequirement string

const (
	// TokenRequired puts an authorize token into each direct link.
	TokenRequired TokenRequirement = "Required"
	// TokenNotRequired makes direct links without an authorize token.
	TokenNotRequired TokenRequirement = "NotRequired"
)

// TokenPermission says whether an authorize token may stand in the status of a
// BankConnection.
//
// +kubebuilder:validation:Enum=Allowed;Never
type TokenPermission string

const (
	// TokenAllowed lets a direct link with its token stand in a status.
	TokenAllowed TokenPermission = "Allowed"
	// TokenNever puts a direct link that has a token into a Secret.
	TokenNever TokenPermission = "Never"
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

	// tokenInLinks says whether Flinks Connect needs an authorize token to bring the
	// customer back to the bank's question: Required (the default, and what Flinks
	// documents for instances made since October 2024) or NotRequired. It applies
	// to links of type Direct; the gateway's page opens Flinks Connect with a token
	// in any case. After a change, the operator removes a link in a status that
	// does not fit.
	//
	// +optional
	TokenInLinks TokenRequirement `json:"tokenInLinks,omitempty"`

	// tokenInStatus says whether a link of type Direct may stand in the status of a
	// BankConnection if it has an authorize token: Allowed (the default) or Never.
	// With Never such a link goes into a Secret, as if
	// spec.reconnect.link.destination of the connection were Secret, and the
	// operator removes one that is in a status. A link without a token may stand
	// there in any case.
	//
	// +optional
	TokenInStatus TokenPermission `json:"tokenInStatus,omitempty"`
}
