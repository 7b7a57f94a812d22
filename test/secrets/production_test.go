package secrets

import (
	"context"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// inProduction replaces config/default by config/production for one test.
func (c *fixture) inProduction() {
	c.T.Helper()
	root := cluster.Root(c.T) + "/config/"
	kept := c.Kubectl("kustomize", root+"production")
	for document := range strings.SplitSeq(c.Kubectl("kustomize", root+"default"), "\n---\n") {
		var binding rbacv1.ClusterRoleBinding
		if err := yaml.Unmarshal([]byte(document), &binding); err != nil {
			c.T.Fatal(err)
		}
		if binding.Kind == "ClusterRoleBinding" && !strings.Contains(kept, document) {
			c.Kubectl("delete", "clusterrolebinding", binding.Name)
		}
	}
	c.T.Cleanup(func() { c.Kubectl("apply", "-k", root+"default") })
	c.Kubectl("apply", "-k", root+"production")
	c.Eventually("the rights of the whole cluster are gone", 20*time.Second, func(ctx context.Context) (bool, error) {
		return !c.can(ctx, "get", "kube-system"), nil
	})
}

// TestProduction: where the roles for Secrets are bound, everything works. Elsewhere the
// operator reads and writes no Secret, and says so.
func TestProduction(t *testing.T) {
	c := newFixture(t)
	c.inProduction()
	c.Kubectl("apply", "-k", cluster.Root(t)+"/config/namespace", "-n", c.Namespace)
	elsewhere := "elsewhere-" + c.Namespace
	c.Kubectl("create", "namespace", elsewhere)
	t.Cleanup(func() { c.Kubectl("delete", "namespace", elsewhere, "--wait=false") })
	c.Withhold(`"namespace":"` + elsewhere + `"`)
	t.Cleanup(func() {
		c.Kubectl("delete", "secret", "flinks-operator-links", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace)
	})
	c.StartServing()
	c.askedOf("acme")
	c.Eventually("the link is delivered", 20*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "acme-reconnect")
		return ok, err
	})
	if s, _, err := c.secret(t.Context(), "acme-login"); err != nil || len(s.Finalizers) != 1 {
		t.Errorf("the login is not protected: %v", err)
	}
	id := c.Seed("greatday_nomfa+elsewhere", c.Sim.Now())
	c.Create(cluster.LoginSecret(elsewhere, "acme", id))
	c.Create(cluster.NewConnection(elsewhere, "acme", c.InstanceName()))
	c.Kubectl("wait", `--for=jsonpath={.status.conditions[?(@.type=='Ready')].reason}=SecretForbidden`, "bankconn/acme", "-n", elsewhere, "--timeout=20s")
	c.mayNotTouch(elsewhere)
	c.CheckCanaries()
	c.CheckForbidden()
}

// mayNotTouch asks for every right on the Secrets of a namespace.
func (c *fixture) mayNotTouch(namespace string) {
	c.T.Helper()
	for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
		if c.can(c.T.Context(), verb, namespace) {
			c.T.Errorf("the operator may %s Secrets in %s", verb, namespace)
		}
	}
	for _, verb := range []string{"list", "watch", "update", "patch", "delete"} {
		if c.can(c.T.Context(), verb, cluster.LeaseNamespace) {
			c.T.Errorf("the operator may %s Secrets in its own namespace", verb)
		}
	}
}

func (c *fixture) can(ctx context.Context, verb, namespace string) bool {
	c.T.Helper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               cluster.Operator,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Resource: "secrets"},
	}}
	if err := c.Client.Create(ctx, review); err != nil {
		c.T.Fatal(err)
	}
	return review.Status.Allowed
}
