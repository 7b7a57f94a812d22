package secrets

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestStolenManager: RBAC lets the manager's account do all of this, and each rule of the admission
// policy refuses a part. Without the rule the API server accepts, so no other rule covers for it.
// All requests are dry runs.
func TestStolenManager(t *testing.T) {
	c := newFixture(t)
	c.createVictims()
	c.createOwn("another-certificate")
	shipped := shippedPolicy(t)
	t.Cleanup(func() { c.setPolicy(context.WithoutCancel(t.Context()), shipped) })
	as := c.AsOperator()
	unused := rulesOf(parsePolicy(t, shipped))
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			delete(unused, attack.refusal)
			if err := attack.do(t.Context(), c, as); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), attack.refusal) {
				t.Fatalf("with the policy: %v", err)
			}
			if !strings.Contains(shipped, attack.rule) {
				t.Fatalf("the policy does not say %s", attack.rule)
			}
			c.setPolicy(t.Context(), strings.ReplaceAll(shipped, attack.rule, attack.without))
			c.Eventually("without the rule it is accepted", 20*time.Second, func(ctx context.Context) (bool, error) {
				return attack.do(ctx, c, as) == nil, nil
			})
			c.setPolicy(t.Context(), shipped)
			c.Eventually("with the rule it is refused", 20*time.Second, func(ctx context.Context) (bool, error) {
				return apierrors.IsForbidden(attack.do(ctx, c, as)), nil
			})
		})
	}
	for message := range unused {
		t.Errorf("no attack meets the rule %q", message)
	}
}

// TestPolicyAllowsTheOperator: what the operator does is within the policy.
func TestPolicyAllowsTheOperator(t *testing.T) {
	c := newFixture(t)
	c.createVictims()
	as := c.AsOperator()
	for name, do := range map[string]request{
		"create a link":    create(func(_ *fixture, s *corev1.Secret) { purposed(s, "link") }),
		"create a session": create(func(_ *fixture, s *corev1.Secret) { purposed(s, "session") }),
		"create a login":   create(func(_ *fixture, s *corev1.Secret) { purposed(s, "login") }),
		"create the link keys": create(func(_ *fixture, s *corev1.Secret) {
			s.Namespace, s.Name = cluster.LeaseNamespace, "flinks-operator-links"
		}),
		"create the certificate": create(func(_ *fixture, s *corev1.Secret) {
			certificate(s, cluster.LeaseNamespace, "flinks-operator-link-api-tls")
		}),
		"create the certificate of the data API": create(func(_ *fixture, s *corev1.Secret) {
			certificate(s, cluster.LeaseNamespace, "flinks-operator-data-api-tls")
		}),
		"write another link":                patch("a-link", `{"data":{"url":"bmV3"}}`),
		"write another session":             patch("a-session", `{"data":{"requestId":"bmV3"},"metadata":{"labels":{"team":"a"},"annotations":{"a":"b"}}}`),
		"put the finalizer on keys":         patch("keys", `{"metadata":{"finalizers":["example.com/theirs","connect.flinks-operator.dev/in-use"]}}`),
		"take the finalizer off a login":    patch("a-login", `{"metadata":{"finalizers":null}}`),
		"own a login":                       patch("a-login", owned("connect.flinks-operator.dev/v1alpha1", "BankConnection")),
		"no longer own a login":             patch("a-login", `{"metadata":{"ownerReferences":null}}`),
		"delete a link":                     remove("a-link"),
		"delete a session":                  remove("a-session"),
		"update what is the same by a PUT":  update("keys", func(*corev1.Secret) {}),
		"write another session by an apply": apply("a-session", "session", `"data":{"requestId":"bmV3"}`),
	} {
		if err := do(t.Context(), c, as); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPolicyAllowsARenewal of the certificate that the operator made.
func TestPolicyAllowsARenewal(t *testing.T) {
	c := newFixture(t)
	c.createOwn("flinks-operator-link-api-tls")
	as := c.AsOperator()
	renewal := inOwn(update("flinks-operator-link-api-tls", func(s *corev1.Secret) { s.Data["tls.crt"], s.Data["next.crt"] = []byte("new"), []byte("next") }))
	if err := renewal(t.Context(), c, as); err != nil {
		t.Errorf("%v", err)
	}
	relabelled := inOwn(patch("flinks-operator-link-api-tls", label("connect.flinks-operator.dev/purpose", "link")))
	if err := relabelled(t.Context(), c, as); !apierrors.IsForbidden(err) {
		t.Errorf("it becomes a link: %v", err)
	}
}

// TestPolicyConcernsTheManagerAlone: others have their own rules.
func TestPolicyConcernsTheManagerAlone(t *testing.T) {
	c := newFixture(t)
	c.createVictims()
	c.createOwn("another-certificate")
	for name, attack := range attacks {
		if err := attack.do(t.Context(), c, c.Client); err != nil {
			t.Errorf("%s as an administrator: %v", name, err)
		}
	}
}

func shippedPolicy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(cluster.Root(t) + "/config/rbac/secret_policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parsePolicy(t *testing.T, text string) *admissionv1.ValidatingAdmissionPolicy {
	t.Helper()
	var policy admissionv1.ValidatingAdmissionPolicy
	if err := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(text), len(text)).Decode(&policy); err != nil {
		t.Fatal(err)
	}
	return &policy
}

// rulesOf returns the messages of a policy.
func rulesOf(policy *admissionv1.ValidatingAdmissionPolicy) map[string]bool {
	rules := map[string]bool{}
	for _, v := range policy.Spec.Validations {
		rules[v.Message] = true
	}
	return rules
}

// setPolicy replaces the policy of the cluster.
func (c *fixture) setPolicy(ctx context.Context, text string) {
	c.T.Helper()
	wanted := parsePolicy(c.T, text)
	var policy admissionv1.ValidatingAdmissionPolicy
	if err := c.Client.Get(ctx, client.ObjectKeyFromObject(wanted), &policy); err != nil {
		c.T.Fatal(err)
	}
	policy.Spec = wanted.Spec
	if err := c.Client.Update(ctx, &policy); err != nil {
		c.T.Fatal(err)
	}
}
