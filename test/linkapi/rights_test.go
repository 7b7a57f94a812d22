package linkapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestTheGatewayMayDoOneThing: what the API server says of the gateway's ServiceAccount
// is what it says of an unknown one, and the link API.
func TestTheGatewayMayDoOneThing(t *testing.T) {
	c := newCluster(t)
	for _, namespace := range []string{cluster.LeaseNamespace, "kube-system", "default", c.Namespace} {
		got := rightsOf(t, c, cluster.GatewayAccount, namespace)
		if diff := cmp.Diff([]string{"post to /linkapi/v1/*"}, got); diff != "" {
			t.Errorf("in %s it may do something else (-want +got):\n%s", namespace, diff)
		}
	}
}

// TestTheManagersRights: this is what a stolen token of the manager may do, before the admission
// policy is asked. With config/production, the three roles for Secrets are bound in single namespaces.
func TestTheManagersRights(t *testing.T) {
	c := newCluster(t)
	everywhere := []string{
		"[create patch] [events] of [events.k8s.io] named []",
		"[create] [subjectaccessreviews] of [authorization.k8s.io] named []",
		"[create] [tokenreviews] of [authentication.k8s.io] named []",
		"[get create update delete] [secrets] of [] named []",
		"[get list patch watch] [bankconnections clusterflinksinstances flinksinstances] of [connect.flinks-operator.dev] named []",
		"[get list watch] [namespaces] of [] named []",
		"[get list watch] [refreshpolicies] of [connect.flinks-operator.dev] named []",
		"[get] [configmaps] of [] named []",
		"[get] [secrets] of [] named []",
		"[patch] [secrets] of [] named []",
		"[update] [bankconnections/status clusterflinksinstances/status flinksinstances/status refreshpolicies/status] of [connect.flinks-operator.dev] named []",
	}
	nextToIt := append([]string{
		"[create patch] [events] of [] named []",
		"[create] [leases] of [coordination.k8s.io] named []",
		"[create] [secrets] of [] named []",
		"[get update patch] [leases] of [coordination.k8s.io] named [flinks-operator]",
		"[get] [secrets] of [] named [flinks-operator-links flinks-operator-link-api-tls flinks-operator-data-api-tls]",
		"[update] [secrets] of [] named [flinks-operator-link-api-tls flinks-operator-data-api-tls]",
	}, everywhere...)
	slices.Sort(nextToIt)
	for namespace, want := range map[string][]string{c.Namespace: everywhere, "kube-system": everywhere, cluster.LeaseNamespace: nextToIt} {
		got := rightsOf(t, c, "flinks-operator-manager", namespace)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("its rights in %s (-want +got):\n%s", namespace, diff)
		}
	}
}

// rightsOf returns what an account of the operator may do in a namespace beyond what every
// ServiceAccount may.
func rightsOf(t *testing.T, c *cluster.Cluster, account, namespace string) []string {
	t.Helper()
	basic := rulesOf(t, c.Env.AsServiceAccount(cluster.LeaseNamespace, "unknown"), namespace)
	return slices.DeleteFunc(rulesOf(t, c.Env.AsServiceAccount(cluster.LeaseNamespace, account), namespace), func(rule string) bool {
		return slices.Contains(basic, rule)
	})
}

// rulesOf returns all rights in a namespace, one to a line.
func rulesOf(t *testing.T, cfg *rest.Config, namespace string) []string {
	t.Helper()
	review, err := kubernetes.NewForConfigOrDie(cfg).AuthorizationV1().SelfSubjectRulesReviews().Create(t.Context(),
		&authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace}}, metav1.CreateOptions{})
	if err != nil || review.Status.Incomplete {
		t.Fatalf("asking for the rules: %v, %s", err, review.Status.EvaluationError)
	}
	var rules []string
	for _, r := range review.Status.ResourceRules {
		rules = append(rules, fmt.Sprintf("%v %v of %v named %v", r.Verbs, r.Resources, r.APIGroups, r.ResourceNames))
	}
	for _, r := range review.Status.NonResourceRules {
		for _, url := range r.NonResourceURLs {
			rules = append(rules, strings.Join(r.Verbs, ",")+" to "+url)
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// everyVerb is what can be done to a resource.
var everyVerb = []string{
	"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate", "bind", "escalate",
	"approve", "sign", "use", "attest", "*",
}

// TestTheGatewayMayDoNothingToResources asks for every verb on every resource that the API
// server has, which a rule with a star would give away.
func TestTheGatewayMayDoNothingToResources(t *testing.T) {
	c := newCluster(t)
	admin := kubernetes.NewForConfigOrDie(c.Env.Config)
	_, lists, err := admin.Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, list := range lists {
		group, version, _ := strings.Cut(list.GroupVersion, "/")
		if version == "" {
			group = ""
		}
		for _, resource := range list.APIResources {
			name, sub, _ := strings.Cut(resource.Name, "/")
			for _, verb := range everyVerb {
				asked++
				allowed := allows(t, admin, authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: cluster.LeaseNamespace, Verb: verb, Group: group, Resource: name, Subresource: sub,
				}})
				// Everybody may ask about themselves.
				if allowed && (verb != "create" || !strings.HasPrefix(resource.Name, "selfsubject")) {
					t.Errorf("it may %s %s in %s", verb, resource.Name, list.GroupVersion)
				}
			}
		}
	}
	if asked < 500 {
		t.Errorf("asked %d times only", asked)
	}
}

func TestTheGatewayMayPostToTheLinkAPIAlone(t *testing.T) {
	c := newCluster(t)
	admin := kubernetes.NewForConfigOrDie(c.Env.Config)
	for _, tc := range []struct {
		verb, path string
		want       bool
	}{
		{"post", "/linkapi/v1/view", true},
		{"post", "/linkapi/v1/notify", true},
		{"get", "/linkapi/v1/view", false},
		{"put", "/linkapi/v1/view", false},
		{"delete", "/linkapi/v1/view", false},
		{"post", "/linkapi/v2/view", false},
		{"post", "/linkapi/v1", false},
		{"post", "/linkapi/", false},
		{"post", "/", false},
		{"post", "/metrics", false},
		{"get", "/metrics", false},
		{"get", "/logs/", false},
		{"get", "/debug/pprof/", false},
		{"get", "/configz", false},
		{"*", "*", false},
	} {
		got := allows(t, admin, authorizationv1.SubjectAccessReviewSpec{
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: tc.verb, Path: tc.path},
		})
		if got != tc.want {
			t.Errorf("%s %s: %t", tc.verb, tc.path, got)
		}
	}
}

// allows asks the API server about the gateway.
func allows(t *testing.T, admin kubernetes.Interface, spec authorizationv1.SubjectAccessReviewSpec) bool {
	t.Helper()
	spec.User = "system:serviceaccount:" + cluster.LeaseNamespace + ":" + cluster.GatewayAccount
	spec.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + cluster.LeaseNamespace, "system:authenticated"}
	review, err := admin.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}
