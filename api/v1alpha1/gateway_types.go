package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GatewaySpec sets where customers reach the gateway, and for how long a link
// to it works.
//
// +kubebuilder:validation:XValidation:rule="!has(self.page) || !has(self.page.logoConfigMapRef) || has(self.displayName)",message="a logo needs a displayName, for customers who do not see it"
type GatewaySpec struct {
	// url is the public address of the gateway: https, a host and perhaps a port,
	// at most 268 characters, without a path. http is allowed for localhost only.
	// The operator never calls it.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=268
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != '' && (self.matches('^https://[0-9A-Za-z._:\\\\[\\\\]-]+/?$') || self.matches('^http://(localhost|127[.]0[.]0[.]1)(:[0-9]+)?/?$'))",message="url must be an https URL of a host and perhaps a port, without path, query or user"
	URL string `json:"url"`

	// displayName is the name of the company that customers give access to their
	// bank data, in its own spelling: at most 64 characters, without control
	// characters. Every page of a link shows it, so that a customer who did not
	// expect the link can see who asks.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[^\pC\pZ]([^\pC\p{Zl}\p{Zp}]*[^\pC\pZ])?$`
	DisplayName string `json:"displayName,omitempty"`

	// page sets how the page of a link looks.
	//
	// +optional
	Page PageSpec `json:"page,omitzero"`

	// linkLifetime is how long a link to the gateway works: a duration between 1h
	// and 2160h; 168h if not given. While the customer has to act, the operator
	// replaces an expired link. A shorter lifetime replaces links that would work
	// for longer; a longer one applies from the next link on.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('2160h')",message="linkLifetime must be a duration between 1h and 2160h, such as 168h"
	LinkLifetime *metav1.Duration `json:"linkLifetime,omitempty"`
}
