package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LinkProof is what the browser in which a link is opened has to prove.
//
// +kubebuilder:validation:Enum=None;Application
type LinkProof string

const (
	// ProofNone lets everyone who has the link act for the customer.
	ProofNone LinkProof = "None"
	// ProofApplication lets only a browser act that the application vouches for.
	ProofApplication LinkProof = "Application"
)

// LinkApplication is the application that vouches for the customer's browser.
type LinkApplication struct {
	// url is the page of the application that the gateway's page sends the
	// customer to: an https URL of at most 1024 characters, without a fragment,
	// percent-encoded where it is not ASCII. The operator never calls it. It has
	// two query parameters added: connection, the UID of this object, and
	// challenge. If the customer of this object is logged in there, the
	// application sends them back to the link, with a ticket as the fragment.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="url must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="url must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$') && !self.contains('#')",message="url must be printable ASCII without spaces and fragment; percent-encode the rest"
	URL string `json:"url"`

	// keySecretRef names the Secret, in the namespace of this object, with the key
	// that the application signs tickets with.
	//
	// +required
	KeySecretRef LinkKeySecretReference `json:"keySecretRef"`
}

// LinkKeySecretReference names a Secret in the same namespace.
type LinkKeySecretReference struct {
	// name is the name of the Secret. It has the label
	// connect.flinks-operator.dev/purpose: link-proof, and in key at least 32
	// random bytes. While the application changes its key, previousKey has the
	// former one.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`
}

// Keys of the Secret with the key that an application signs tickets with.
const (
	// LinkProofKey is that of the key.
	LinkProofKey = "key"
	// LinkProofPreviousKey is that of the key before, whose tickets count as well.
	LinkProofPreviousKey = "previousKey"
)

// LinkUse is the browser that the newest link to the gateway is used in.
type LinkUse struct {
	// challenge is a hash of the secret that the gateway gave the browser.
	//
	// +required
	// +kubebuilder:validation:MinLength=43
	// +kubebuilder:validation:MaxLength=43
	Challenge string `json:"challenge"`

	// linkIssueTime is status.reconnect.link.issueTime of the link.
	//
	// +required
	LinkIssueTime metav1.Time `json:"linkIssueTime"`

	// useTime is when the customer last clicked a button there. Other browsers can
	// only look on for a quarter of an hour.
	//
	// +required
	UseTime metav1.Time `json:"useTime"`

	// proofTime is when the application vouched for the browser; it counts for an
	// hour. Absent if it did not.
	//
	// +optional
	ProofTime *metav1.Time `json:"proofTime,omitempty"`
}
