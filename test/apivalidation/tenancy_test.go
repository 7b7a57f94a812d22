package apivalidation

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

const connectGroup = "connect.flinks-operator.dev"

// tenantsNamespace is what docs/multi-tenancy.md calls the namespace of a tenant.
var tenantsNamespace = regexp.MustCompile(`\blending\b`)

// TestTenantManifests: with the manifests of docs/multi-tenancy.md, a tenant has as many
// connections as the quota says, no instance, and the rights that the page gives it.
func TestTenantManifests(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := newKubectl(t, s.namespace)
	page, err := os.ReadFile(filepath.Join(root(t), "docs", "multi-tenancy.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlocks.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("the page has %d manifests, want the 3 of an instance, a quota and the rights", len(blocks))
	}
	for _, block := range blocks {
		// Another test may apply the page as it is.
		manifest := strings.NewReplacer(`dev: "500"`, `dev: "3"`, "bank-connections-tenant", s.namespace, "acme-us", "acme-eu").Replace(block[1])
		k.must(tenantsNamespace.ReplaceAllString(manifest, s.namespace), "apply", "-f", "-")
	}
	admin := kubernetes.NewForConfigOrDie(k.env.Config)
	checkQuota(t, s, admin)
	checkTenantsRights(t, s.namespace, admin)
}

// checkQuota: the objects within the quota are created, and the next one is not.
func checkQuota(t *testing.T, s server, admin kubernetes.Interface) {
	t.Helper()
	startQuota(t, s.namespace, admin)
	for _, name := range []string{"one", "two", "three"} {
		o := minimal(t, bankConnection)
		o.SetName(name)
		createInQuota(t, s, o)
	}
	for _, o := range []*unstructured.Unstructured{minimal(t, bankConnection), minimal(t, flinksInstance)} {
		o.SetName("too-many")
		if _, err := s.create(t, o); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota: bank-connections") {
			t.Errorf("another %s: %v", o.GetKind(), err)
		}
	}
	policy := minimal(t, refreshPolicy)
	createInQuota(t, s, policy)
}

// startQuota does what the quota controller of kube-controller-manager does, which does not run
// here: it says that nothing is used yet.
func startQuota(t *testing.T, namespace string, admin kubernetes.Interface) {
	t.Helper()
	quotas := admin.CoreV1().ResourceQuotas(namespace)
	quota, err := quotas.Get(t.Context(), "bank-connections", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	quota.Status.Hard, quota.Status.Used = quota.Spec.Hard, corev1.ResourceList{}
	for name := range quota.Spec.Hard {
		quota.Status.Used[name] = resource.MustParse("0")
	}
	if _, err := quotas.UpdateStatus(t.Context(), quota, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// createInQuota creates an object as soon as the API server knows the status of the quota.
func createInQuota(t *testing.T, s server, o *unstructured.Unstructured) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		_, err := s.create(t, o) //nolint:contextcheck // It takes the context of the test.
		if apierrors.IsForbidden(err) && strings.Contains(err.Error(), "status unknown for quota") {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		t.Errorf("%s %s within the quota: %v", o.GetKind(), o.GetName(), err)
	}
}

// right is a request, and whether a tenant may make it. The namespace is the tenant's own if empty.
type right struct {
	verb, group, resource, namespace string
	want                             bool
}

func checkTenantsRights(t *testing.T, namespace string, admin kubernetes.Interface) {
	t.Helper()
	const cluster = "*" // has no namespace
	rights := []right{
		{"update", connectGroup, "bankconnections/status", "", false},
		{"patch", connectGroup, "bankconnections/status", "", false},
		{"deletecollection", connectGroup, "bankconnections", "", false},
		{"get", connectGroup, "bankconnections", "default", false},
		{"create", connectGroup, "flinksinstances", "", false},
		{"patch", connectGroup, "flinksinstances", "", false},
		{"get", connectGroup, "clusterflinksinstances", cluster, false},
		{"create", connectGroup, "clusterflinksinstances", cluster, false},
		{"patch", connectGroup, "clusterflinksinstances", cluster, false},
		{"get", "", "secrets", "", true},
		{"list", "", "secrets", "", false},
		{"get", "", "secrets", "flinks-system", false},
		{"create", "", "secrets", "flinks-system", false},
		{"create", "", "pods", "flinks-system", false},
		{"create", "", "serviceaccounts/token", "flinks-system", false},
		{"create", "", "serviceaccounts/token", "", false},
		{"impersonate", "", "serviceaccounts", "flinks-system", false},
		{"patch", "", "namespaces", "", false},
		{"patch", "", "resourcequotas", "", false},
		{"create", "rbac.authorization.k8s.io", "rolebindings", "", false},
		{"delete", "admissionregistration.k8s.io", "validatingadmissionpolicybindings", cluster, false},
	}
	for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete"} {
		rights = append(rights, right{verb, connectGroup, "bankconnections", "", true}, right{verb, connectGroup, "refreshpolicies", "", true})
	}
	for _, r := range rights {
		in := r.namespace
		switch in {
		case "":
			in = namespace
		case cluster:
			in = ""
		}
		name, sub, _ := strings.Cut(r.resource, "/")
		spec := authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: in, Verb: r.verb, Group: r.group, Resource: name, Subresource: sub,
		}}
		if got := tenantMay(t, namespace, admin, spec); got != r.want {
			t.Errorf("a tenant may %s %s in %q: %t", r.verb, r.resource, in, got)
		}
	}
	call := authorizationv1.SubjectAccessReviewSpec{NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "post", Path: "/linkapi/v1/view"}}
	if tenantMay(t, namespace, admin, call) {
		t.Error("a tenant may call the link API")
	}
}

// tenantMay asks the API server about the ServiceAccount of the page.
func tenantMay(t *testing.T, namespace string, admin kubernetes.Interface, spec authorizationv1.SubjectAccessReviewSpec) bool {
	t.Helper()
	spec.User = "system:serviceaccount:" + namespace + ":" + namespace + "-app"
	spec.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}
	review, err := admin.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}
