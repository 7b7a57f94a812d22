package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// Facts are what the objects of the cluster say. A restart reads them again.
type Facts struct {
	// Connection as it was read. It is never changed by this package.
	Connection *v1alpha1.BankConnection
	// Instance that the connection refers to.
	Instance Instance
	// Policy is the RefreshPolicy that the connection names; nil if it names none or
	// there is none of that name.
	Policy *v1alpha1.RefreshPolicySpec
	// Gateway that links may lead to; nil if the instance has none that the operator
	// can serve.
	Gateway *Gateway
	// Duplicate reports whether another BankConnection owns the login.
	Duplicate bool
	// Sharers are the other connections that share the login; see SharersOf. They matter
	// to an object that has yet to part with its login, and are read live for that.
	Sharers []*v1alpha1.BankConnection
}

// Instance is what a decision needs to know of a Flinks instance.
type Instance struct {
	// Problem is the reason why the instance cannot be used; empty if it can.
	Problem string
	// Name is that of the instance at Flinks; empty if there is no such object.
	Name string
	// CustomerID of the instance.
	CustomerID string
	// Host is a hash of the API host.
	Host string
	// Policy is the instance's default; nil if it has none.
	Policy *v1alpha1.RefreshPolicySpec
	// Retention is how long the instance keeps what belongs to a login; nil if it
	// says nothing about it.
	Retention *v1alpha1.Retention
	// Deletions at the instance. Of no meaning for an object that stays.
	Deletions Deletions
}

// Identity is a login as the operator identifies it.
type Identity struct {
	// Instance is the name of the instance at Flinks.
	Instance string
	// CustomerID of the instance.
	CustomerID string
	// Fingerprint over both and the loginId.
	Fingerprint string
	// Host is a hash of the API host that is asked. It is no part of the identity.
	Host string
}
