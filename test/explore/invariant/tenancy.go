package invariant

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// readSecret: Secrets are read live, by name, and in the namespace of the connection, or are
// those of its instance (S10).
func (c *Checker) readSecret(e *world.Effect, r *run) {
	a := e.API
	if a.Cached || a.Verb == apiserver.List {
		c.violate("S10", e, "a Secret that is not read live and by name")
	}
	c.secrets++
	if r.key.Name == "" || a.Key.Namespace == r.key.Namespace {
		return
	}
	if c.w.Connection(r.key) == nil {
		return // It is gone, and with it what it named.
	}
	if i := c.instanceOf(r.key); i != nil && a.Key == (types.NamespacedName{Namespace: i.Spec.CredentialsSecretRef.Namespace, Name: i.Spec.CredentialsSecretRef.Name}) {
		return
	}
	c.violate("S10", e, "a Secret of another namespace is read for %s", r.key)
}

// sharedInstance returns the shared instance of a world; nil if it has none.
func (c *Checker) sharedInstance() *v1alpha1.ClusterFlinksInstance {
	i, _ := c.w.Server.Get(apiserver.ClusterFlinksInstance, types.NamespacedName{Name: world.InstanceName}).(*v1alpha1.ClusterFlinksInstance)
	return i
}

// instanceOf returns the shared instance of a connection; nil if it has none.
func (c *Checker) instanceOf(key types.NamespacedName) *v1alpha1.ClusterFlinksInstance {
	o := c.w.Connection(key)
	if o == nil || o.Spec.InstanceRef.Kind != v1alpha1.KindClusterFlinksInstance {
		return nil
	}
	i, _ := c.w.Server.Get(apiserver.ClusterFlinksInstance, types.NamespacedName{Name: o.Spec.InstanceRef.Name}).(*v1alpha1.ClusterFlinksInstance)
	return i
}

// checkKeys: a call carries no key of another instance than the one that is called (S10).
func (c *Checker) checkKeys(e *world.Effect, _ *run) {
	banks := c.w.Banks()
	if len(banks) < 2 || e.HTTP.Bank == nil {
		return
	}
	sent := strings.Join(append(append([]string{}, e.HTTP.Request.Header.Values("flinks-auth-key")...), e.HTTP.Request.Header.Values("x-api-key")...), " ")
	for _, b := range banks {
		keys := b.Credentials()
		if b != e.HTTP.Bank && keys.SecretKey != e.HTTP.Bank.Credentials().SecretKey && (contains(sent, keys.SecretKey) || contains(sent, keys.APIKey)) {
			c.violate("S10", e, "a key of %s is sent to %s", b.Host, e.HTTP.Bank.Host)
		}
	}
}

func contains(text, part string) bool { return part != "" && strings.Contains(text, part) }
