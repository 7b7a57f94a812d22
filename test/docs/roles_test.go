package docs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// aggregate begins the labels that add a role to one of Kubernetes' own.
const aggregate = "rbac.authorization.k8s.io/aggregate-to-"

// shippedRoles returns the Roles and ClusterRoles of config/rbac, by their files.
func shippedRoles(t *testing.T) map[string][]rbacv1.ClusterRole {
	t.Helper()
	files, err := filepath.Glob(path(t, "config", "rbac", "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("manifests = %v, %v", files, err)
	}
	found := map[string][]rbacv1.ClusterRole{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var role rbacv1.ClusterRole
			if err := yaml.Unmarshal([]byte(document), &role); err != nil {
				t.Fatal(err)
			}
			if role.Kind == "ClusterRole" || role.Kind == "Role" {
				found[filepath.Base(file)] = append(found[filepath.Base(file)], role)
			}
		}
	}
	return found
}

// grants reports whether a role allows a verb on a resource.
func grants(role rbacv1.ClusterRole, verb, resource string) bool {
	has := func(list []string, wanted string) bool {
		return slices.Contains(list, wanted) || slices.Contains(list, "*")
	}
	return slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool { return has(r.Verbs, verb) && has(r.Resources, resource) })
}

// TestNoRoleListsSecrets: the operator reads Secrets by name, and no shipped role allows more.
func TestNoRoleListsSecrets(t *testing.T) {
	t.Parallel()
	readers := 0
	for file, roles := range shippedRoles(t) {
		for _, role := range roles {
			if grants(role, "get", "secrets") {
				readers++
			}
			for _, verb := range []string{"list", "watch", "deletecollection"} {
				if grants(role, verb, "secrets") {
					t.Errorf("%s: %s allows to %s Secrets", file, role.Name, verb)
				}
			}
		}
	}
	if readers < 3 {
		t.Errorf("%d roles allow to read Secrets; they are not found", readers)
	}
}

// TestRolesOfPeople: no role for people allows to write a status, a ClusterFlinksInstance or
// anything of another group, and `view` shows no BankConnection, which may contain a link.
func TestRolesOfPeople(t *testing.T) {
	t.Parallel()
	roles := shippedRoles(t)["user_roles.yaml"]
	if len(roles) < 3 {
		t.Fatalf("%d roles, want those of editors and viewers", len(roles))
	}
	for _, role := range roles {
		for _, rule := range role.Rules {
			if !slices.Equal(rule.APIGroups, []string{"connect.flinks-operator.dev"}) {
				t.Errorf("%s has rights on %v", role.Name, rule.APIGroups)
			}
			for _, resource := range rule.Resources {
				if strings.ContainsAny(resource, "/*") {
					t.Errorf("%s has rights on %s", role.Name, resource)
				}
			}
		}
		for _, verb := range []string{"create", "update", "patch", "delete", "deletecollection"} {
			if grants(role, verb, "clusterflinksinstances") {
				t.Errorf("%s allows to %s ClusterFlinksInstances", role.Name, verb)
			}
		}
		if role.Labels[aggregate+"view"] == "true" && grants(role, "get", "bankconnections") {
			t.Errorf("%s shows BankConnections to viewers", role.Name)
		}
	}
}

// TestDataReaders: only one role allows to read bank data, and no other is made of it.
func TestDataReaders(t *testing.T) {
	t.Parallel()
	var readers []string
	for _, roles := range shippedRoles(t) {
		for _, role := range roles {
			if !grants(role, "get", "bankconnections/data") {
				continue
			}
			readers = append(readers, role.Name)
			for label := range role.Labels {
				if strings.HasPrefix(label, aggregate) {
					t.Errorf("%s is a part of another role: %s", role.Name, label)
				}
			}
		}
	}
	if !slices.Equal(readers, []string{"flinks-operator-data-reader"}) {
		t.Errorf("bank data is read with %v", readers)
	}
}
