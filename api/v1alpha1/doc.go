// Package v1alpha1 is the API of flinks-operator: bank connections made through
// Flinks and the Flinks instances that they belong to.
//
// The package holds types, validation rules and the closed vocabulary of
// conditions and reasons. It has no behaviour.
//
// +kubebuilder:object:generate=true
// +groupName=connect.flinks-operator.dev
package v1alpha1
