package invariant

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// readFor returns the connection whose data an application reads, if that is what a routine does.
func readFor(routine string) (key types.NamespacedName, ok bool) {
	name, ok := strings.CutPrefix(routine, world.DataRead)
	key.Namespace, key.Name, _ = strings.Cut(name, "/")
	return key, ok
}

// checkRead: for an application that reads, Flinks is asked for a cached session, and only of a login
// that the connection is, or was, bound to (S21).
func (c *Checker) checkRead(e *world.Effect, entry flinkssim.Entry) {
	key, ok := readFor(e.Routine)
	if !ok || entry.Endpoint != "Authorize" {
		return
	}
	if entry.Mode != "cached" {
		c.violate("S21", e, "a read of an application asks for a session that is %s", entry.Mode)
	}
	if !c.wasBound(key, entry.LoginID) {
		c.violate("S21", e, "a read of %s asks for a login that it was never bound to", key)
	}
}

// wasBound reports whether a connection of that name was ever bound to a login, as far as it is known
// which login a status names.
func (c *Checker) wasBound(key types.NamespacedName, login string) bool {
	for _, change := range c.w.Server.Log(apiserver.BankConnection) {
		o, ok := change.Object.(*v1alpha1.BankConnection)
		if ok && change.Key == key && o.Status.Binding != nil && (c.loginOf(o) == login || c.loginOf(o) == "") {
			return true
		}
	}
	return false
}

// checkReadWrites: a read of an application changes no status but to make the reconciler look (S21).
func (c *Checker) checkReadWrites(e *world.Effect, was, is *v1alpha1.BankConnection) {
	if _, ok := readFor(e.Routine); !ok {
		return
	}
	was, is = was.DeepCopy(), is.DeepCopy()
	for _, o := range []*v1alpha1.BankConnection{was, is} {
		o.Status.Internal.GatewayRequest = nil
	}
	if !reflect.DeepEqual(was.Status, is.Status) {
		c.violate("S21", e, "a read of an application writes more than when to look")
	}
}
