package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// World is all that a decision may depend on, next to the time.
type World struct {
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
	// Duplicate is true if another BankConnection owns the login.
	Duplicate bool
	// Sharers are the other connections that share the login; see Sharers. They matter
	// to an object that has yet to part with its login, and are read live for that.
	Sharers []*v1alpha1.BankConnection
	// HasSession is true if a RequestId that opens the newest data is at hand.
	// It is forgotten by a restart; an observe brings another one.
	HasSession bool
	// LeftOut is true if Flinks said, since the last observe, that its nightly refresh
	// leaves the login out. It is forgotten by a restart.
	LeftOut bool
	// NotUntil holds back the next observe or collect. It paces what is not
	// worth a status write, such as a missing Secret, and is zero after a
	// restart.
	NotUntil time.Time
	// Look is the newest observe that was made for a refresh; zero after a restart.
	Look Look
	// Calls and Live are what the limits of the instance said about a call that is
	// due, and about a live one. Nothing holds what nobody asked for yet.
	Calls, Live Hold
	// RebindAsked is true if the rebind annotation was just set: the Secret is read
	// without waiting for the next observe. It is false after a restart.
	RebindAsked bool
	// WithdrawNotUntil does the same for a Secret that could not be deleted.
	WithdrawNotUntil time.Time
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

func (w World) status() *v1alpha1.BankConnectionStatus { return &w.Connection.Status }

// with returns the world as it is once the connection has the given status.
func (w World) with(status v1alpha1.BankConnectionStatus) World {
	c := *w.Connection
	c.Status = status
	w.Connection = &c
	return w
}
