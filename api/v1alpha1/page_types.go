package v1alpha1

// PageSpec sets how the page of a link looks for the customers of an instance. All of it is
// public: everyone who has a link can see it.
type PageSpec struct {
	// logoConfigMapRef is where the logo is, above the page: a PNG or JPEG of at most
	// 65536 bytes and 2048 pixels on a side. Other images are not shown, and an event of
	// the instance says so. It needs a displayName.
	//
	// +optional
	LogoConfigMapRef *ConfigMapKeyReference `json:"logoConfigMapRef,omitempty"`

	// accentColor is the colour of buttons and links, such as #0b57d0: # and six
	// hexadecimal digits. The page makes it lighter or darker where it could not be
	// read, on a light as on a dark background.
	//
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:Pattern=`^#[0-9a-fA-F]{6}$`
	AccentColor string `json:"accentColor,omitempty"`

	// support is how customers reach the people who can help them.
	//
	// +optional
	Support SupportContact `json:"support,omitzero"`

	// privacyURL is the page that says what happens to the customer's data: an https
	// URL of at most 512 characters, percent-encoded where it is not ASCII. The
	// operator never calls it.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="privacyURL must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="privacyURL must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="privacyURL must be printable ASCII without spaces; percent-encode the rest"
	PrivacyURL string `json:"privacyURL,omitempty"`
}

// ConfigMapKeyReference names a key of a ConfigMap in the namespace of the Secret with the keys
// of the instance.
type ConfigMapKeyReference struct {
	// name is the name of the ConfigMap: a DNS subdomain of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// key is a key of its binaryData or data, of at most 253 characters.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`
}

// SupportContact is how customers reach a company. The page shows all that is given.
type SupportContact struct {
	// email is an address such as help@example.com, of at most 128 ASCII characters.
	//
	// +optional
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[0-9A-Za-z_+-]+([.][0-9A-Za-z_+-]+)*@([0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?[.])+[A-Za-z]{2,24}$`
	Email string `json:"email,omitempty"`

	// phone is a number as people write it, such as +1 514 555-0100: 3 to 32 digits,
	// spaces, hyphens, dots and parentheses, and perhaps a + before them.
	//
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[+]?[(]?[0-9][0-9 ().-]*[0-9]$`
	Phone string `json:"phone,omitempty"`

	// url is a page with help: an https URL of at most 512 characters,
	// percent-encoded where it is not ASCII. The operator never calls it.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="url must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="url must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="url must be printable ASCII without spaces; percent-encode the rest"
	URL string `json:"url,omitempty"`
}
