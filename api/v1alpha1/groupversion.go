package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group, and the prefix of every annotation, label and
// finalizer that the operator sets or reads.
const Group = "connect.flinks-operator.dev"

const (
	// Finalizer keeps a BankConnection until its login was deleted at Flinks,
	// or until it is certain that it must not be.
	Finalizer = Group + "/delete-card"

	// RefreshRequestedAtAnnotation asks for one refresh now. Any value that
	// differs from status.lastHandledRequest.value is a new request. A time in
	// RFC 3339 is best: the request is then refused if it is found over an hour
	// late, rather than carried out when nobody is there any more.
	RefreshRequestedAtAnnotation = Group + "/refresh-requested-at"
)

// GroupVersion is the group and version of the types in this package.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the types of this package.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&BankConnection{}, &BankConnectionList{},
		&FlinksInstance{}, &FlinksInstanceList{},
		&ClusterFlinksInstance{}, &ClusterFlinksInstanceList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
