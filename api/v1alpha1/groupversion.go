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
	// Finalizer keeps a BankConnection until its login was deleted at Flinks, or
	// until it is certain that the operator must not delete it.
	Finalizer = Group + "/delete-card"

	// ReleaseSecretFinalizer keeps a BankConnection until the operator has removed
	// its finalizer from the Secret. It is there from the start, because an object
	// that is being deleted accepts no new finalizers.
	ReleaseSecretFinalizer = Group + "/release-secret"

	// InUseFinalizer keeps what the deletion of a login needs: the Secret with the
	// loginId, the instance and, for a namespaced instance, the Secret with its
	// keys.
	InUseFinalizer = Group + "/in-use"

	// RefreshRequestedAtAnnotation requests one refresh now. Any value that
	// differs from status.lastHandledRequest.value is a new request. A time in RFC
	// 3339 is best: the operator then refuses a request that it finds over an hour
	// late, instead of contacting a customer who no longer waits.
	RefreshRequestedAtAnnotation = Group + "/refresh-requested-at"

	// SessionRequestedAtAnnotation requests a session of Flinks in the Secret of
	// spec.sessionHandOff: one that opens the data that Flinks has. No bank is
	// contacted. Any value that differs from status.lastHandledSessionRequest.value
	// is a new request. The operator refuses a time in RFC 3339 that it finds over
	// an hour late.
	SessionRequestedAtAnnotation = Group + "/session-requested-at"

	// LinkRequestedAtAnnotation requests another link to the gateway, which ends
	// the one before. Any value that differs from status.reconnect.link.request is
	// a new request.
	LinkRequestedAtAnnotation = Group + "/link-requested-at"

	// AbandonLoginAnnotation lets an object go whose login cannot be deleted: with
	// the value "true", the operator removes its finalizers from a BankConnection
	// that is being deleted, and the login stays at Flinks with all its data.
	AbandonLoginAnnotation = Group + "/abandon-login"

	// RebindAnnotation binds a BankConnection to another login. Its value is the
	// status.binding.loginFingerprint of the login to give up, which stays at
	// Flinks with all its data.
	RebindAnnotation = Group + "/rebind"

	// AllowDeletionsUntilAnnotation, on an instance, confirms that more logins
	// than its limits allow are to be deleted. Its value is a time in RFC 3339, at
	// most 24 hours ahead when the operator first sees it, until which there is no
	// limit.
	AllowDeletionsUntilAnnotation = Group + "/allow-deletions-until"

	// RevokeLinksBeforeAnnotation, on an instance, ends links to its gateway. Its
	// value is a time in RFC 3339: a link that was issued before it does not work
	// any more, and a customer who is still required gets another. A time in the
	// future ends the links that there are when the operator first sees it, and no
	// later ones. Removing the annotation makes no link work again.
	RevokeLinksBeforeAnnotation = Group + "/revoke-links-before"

	// PurposeLabel is on every Secret that the operator creates, and says what for.
	// The operator never sets it on a Secret of others, and writes to no Secret with
	// another purpose than it has in mind.
	PurposeLabel = Group + "/purpose"
)

// Values of PurposeLabel.
const (
	// PurposeLink is that of a Secret with a link for the customer.
	PurposeLink = "link"
	// PurposeSession is that of a Secret with a session for applications.
	PurposeSession = "session"
	// PurposeLogin is that of a Secret with a login that a customer linked at the
	// gateway.
	PurposeLogin = "login"
	// PurposeLinkProof is that of a Secret with the key that an application signs
	// tickets with. The application creates it; the operator only reads it.
	PurposeLinkProof = "link-proof"
	// PurposeLinkKeys is that of the Secret with the keys of links.
	PurposeLinkKeys = "link-keys"
	// PurposeLinkAPICertificate is that of the Secret with the certificate of the
	// link API.
	PurposeLinkAPICertificate = "link-api-certificate"
	// PurposeDataAPICertificate is that of the Secret with the certificate of the
	// data API.
	PurposeDataAPICertificate = "data-api-certificate"
)

// GroupVersion is the group and version of the types in this package.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the types of this package.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&BankConnection{}, &BankConnectionList{},
		&RefreshPolicy{}, &RefreshPolicyList{},
		&FlinksInstance{}, &FlinksInstanceList{},
		&ClusterFlinksInstance{}, &ClusterFlinksInstanceList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
