package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Facts holds what the objects of the cluster say. A restart reads them again.
type Facts struct {
	// Connection as it was read. This package never changes it.
	Connection *v1alpha1.BankConnection
	// Instance that the connection refers to.
	Instance Instance
	// Policy is the RefreshPolicy that the connection names; nil if it names none or the
	// RefreshPolicy does not exist.
	Policy *v1alpha1.RefreshPolicySpec
	// Gateway that links may lead to; nil if the instance has no gateway that the operator
	// can serve.
	Gateway *Gateway
	// Duplicate reports whether another BankConnection owns the login.
	Duplicate bool
	// Sharers are the other connections that share the login; see SharersOf. They matter
	// only to an object that still has to part with its login, and are read live for it.
	Sharers []*v1alpha1.BankConnection
}

// Instance holds what a decision needs to know of a Flinks instance.
type Instance struct {
	// Problem is the reason why the instance cannot be used; empty if it can.
	Problem string
	// Name of the instance at Flinks; empty if the object does not exist.
	Name string
	// CustomerID of the instance.
	CustomerID string
	// Host is a hash of the API host.
	Host string
	// Policy is the instance's default; nil if it has none.
	Policy *v1alpha1.RefreshPolicySpec
	// Retention is how long the instance keeps what belongs to a login; nil if the spec
	// does not say.
	Retention *v1alpha1.Retention
	// LinksPausedUntil is until when links of the gateway link no bank, because Flinks proves
	// none; zero if it may.
	LinksPausedUntil time.Time
	// HasGateway reports whether the spec names a gateway, even if the operator cannot serve it.
	HasGateway bool
	// TokenInLinks and TokenInStatus are what the instance says of authorize tokens in
	// direct links; empty for the defaults.
	TokenInLinks  v1alpha1.TokenRequirement
	TokenInStatus v1alpha1.TokenPermission
	// Reconnect is what it says of sessions that wait for the customer; empty for the default.
	Reconnect v1alpha1.ReconnectCapability
	// Revocation of links to the gateway.
	Revocation Revocation
	// Deletions at the instance. Unused for an object that is not being deleted.
	Deletions Deletions
}

// IsSuspended reports whether no call may be made at all, not even to delete a login.
func (i Instance) IsSuspended() bool { return i.Problem == v1alpha1.ReasonInstanceSuspended }

// Identity identifies a login.
type Identity struct {
	// Instance is the name of the instance at Flinks.
	Instance string
	// CustomerID of the instance.
	CustomerID string
	// Fingerprint of instance, customer and loginId.
	Fingerprint string
	// Host is a hash of the API host. It is not part of the identity.
	Host string
}
