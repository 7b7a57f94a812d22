package invariant

import (
	"net/url"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkToken: a direct link has an authorize token unless an instance ever needed none, and stands in a
// status with one only if an instance ever allowed that (S9).
func (c *Checker) checkToken(e *world.Effect, link string) {
	needed, forbidden := true, true
	for _, change := range c.w.Server.Log(apiserver.ClusterFlinksInstance) {
		i := change.Object.(*v1alpha1.ClusterFlinksInstance)
		needed = needed && i.Spec.Connect.TokenInLinks != v1alpha1.TokenNotRequired
		forbidden = forbidden && i.Spec.Connect.TokenInStatus == v1alpha1.TokenNever
	}
	switch has := hasToken(link); {
	case !has && needed:
		c.violate("S9", e, "a link that an instance refuses, because no token is in it")
	case has && forbidden:
		c.violate("S9", e, "a token in a status, which the instance forbids")
	}
}

func hasToken(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Query().Get("authorizeToken") != ""
}

// fits reports whether an instance, as it is now, allows a direct link in a status, and takes it.
func (c *Checker) fits(o *v1alpha1.BankConnection) bool {
	i := c.instanceOf(client.ObjectKeyFromObject(o))
	if i == nil {
		return true
	}
	if hasToken(o.Status.Reconnect.Link.URL) {
		return i.Spec.Connect.TokenInStatus != v1alpha1.TokenNever
	}
	return i.Spec.Connect.TokenInLinks == v1alpha1.TokenNotRequired
}
