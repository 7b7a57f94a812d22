package apiserver

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Verb is what a call does, in the words of RBAC.
type Verb string

// The verbs.
const (
	Get    Verb = "get"
	List   Verb = "list"
	Create Verb = "create"
	Update Verb = "update"
	Patch  Verb = "patch"
	Delete Verb = "delete"
)

// Writes reports whether a call of this verb can change something.
func (v Verb) Writes() bool { return v != Get && v != List }

// Stage is how far a call is.
type Stage int

// The stages: a gate sees each call before the server does and, with the answer, before the caller
// does.
const (
	Before Stage = iota
	After
)

// Effect is one call of a client, at one stage.
type Effect struct {
	Stage Stage
	Verb  Verb
	Kind  Kind
	// Key is the object's; of a list, and of a create with a generated name, the namespace only.
	Key         types.NamespacedName
	Subresource string
	// PatchType is set with the verb patch.
	PatchType types.PatchType
	// UID and ResourceVersion are preconditions, as they are in the call.
	UID             types.UID
	ResourceVersion string
	// Cached calls are answered by the client's cache and do not reach the server.
	Cached bool
	// Selector is that of a list, in the form that messages have.
	Selector string
	// Object is what the caller sends, for reading only; nil with get, list and delete.
	Object client.Object
	// Patch is the body of a patch.
	Patch []byte

	// Err is the server's answer. Set at the stage After only, as all that follows.
	Err error
	// Changed reports whether the call changed anything.
	Changed bool
	// Result is the object as it is stored now, for reading only; nil if it is gone, with a list and
	// with an error.
	Result client.Object
}

// Gate is asked twice about every call. An error at the stage Before is what the caller gets, and
// the server never sees the call. An error at the stage After is what the caller gets instead of the
// answer: the call took place.
type Gate func(*Effect) error

func (e *Effect) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Verb, e.Kind)
	if e.Subresource != "" {
		fmt.Fprintf(&b, "/%s", e.Subresource)
	}
	fmt.Fprintf(&b, " %s", e.Key)
	if e.Selector != "" {
		fmt.Fprintf(&b, " where %s", e.Selector)
	}
	if e.Cached {
		b.WriteString(" from the cache")
	}
	return b.String()
}
