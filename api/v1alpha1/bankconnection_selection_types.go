package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccountScope is which accounts of a login applications may have.
//
// +kubebuilder:validation:Enum=Selected;All
type AccountScope string

const (
	// AccountsSelected hands out the accounts that the customer selected.
	AccountsSelected AccountScope = "Selected"
	// AccountsAll hands out all accounts while no selection is known.
	AccountsAll AccountScope = "All"
)

// SelectionSource is who told the operator which accounts the customer selected.
//
// +kubebuilder:validation:Enum=Customer;Spec
type SelectionSource string

const (
	// SelectionOfCustomer means that Flinks Connect reported the accounts when the
	// customer went through it on the gateway's page.
	SelectionOfCustomer SelectionSource = "Customer"
	// SelectionOfSpec means that spec.reconnect.accountIds names the accounts.
	SelectionOfSpec SelectionSource = "Spec"
)

// Selection is the accounts that the customer selected. It belongs to the bound
// login and ends with it.
type Selection struct {
	// accountIds are the accounts that the customer selected, 1 to 100 GUIDs. Only
	// the customer can add to them.
	//
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=36
	// +kubebuilder:validation:items:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	AccountIDs []string `json:"accountIds"`

	// missingAccountIds are those of accountIds that the login did not have at the
	// last collect: the customer closed them, say, or never had them. Links do not
	// name them and applications do not get them. Once none of accountIds is left, the
	// next link lets the customer select again.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=36
	MissingAccountIDs []string `json:"missingAccountIds,omitempty"`

	// source is who told it: Customer (Flinks Connect, on the gateway's page) or Spec
	// (spec.reconnect.accountIds). What the customer selected takes the place of what
	// the spec says, and never the other way round.
	//
	// +required
	Source SelectionSource `json:"source"`

	// selectionTime is when the operator was told.
	//
	// +required
	SelectionTime metav1.Time `json:"selectionTime"`
}

// ReportedSelection is the accounts that Flinks Connect reported to the customer's
// browser, on the gateway's page.
type ReportedSelection struct {
	// loginFingerprint is the fingerprint of the login that the browser named with
	// them, as status.binding.loginFingerprint would be.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// accountIds are the accounts, 1 to 100 GUIDs.
	//
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=36
	// +kubebuilder:validation:items:MaxLength=36
	// +kubebuilder:validation:items:Pattern=`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`
	AccountIDs []string `json:"accountIds"`

	// reportTime is when the browser reported them.
	//
	// +required
	ReportTime metav1.Time `json:"reportTime"`
}
