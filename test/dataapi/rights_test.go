package dataapi

import (
	"net/http"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestRights: who may read what. A caller without the right does not learn whether there is a connection.
func TestRights(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0, 1)
	account := func(namespace, name string, change ...func(*authenticationv1.TokenRequestSpec)) string {
		return f.Token(namespace, name, append([]func(*authenticationv1.TokenRequestSpec){cluster.ForDataAPI}, change...)...)
	}
	other := f.Env.Namespace(t)
	bind := func(name, role, subject string) {
		f.Kubectl("create", "rolebinding", name, "-n", f.Namespace, "--clusterrole="+role, "--serviceaccount="+f.Namespace+":"+subject)
	}
	bind("editors", "flinks-operator-editor", "editor")
	bind("viewers", "flinks-operator-viewer", "viewer")
	bind("editors-of-all", "edit", "edit")
	bind("admins", "admin", "admin")
	f.Apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one, namespace: ` + f.Namespace + `}
rules:
  - {apiGroups: [connect.flinks-operator.dev], resources: [bankconnections/data], resourceNames: [acme], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: lister, namespace: ` + f.Namespace + `}
rules:
  - {apiGroups: [connect.flinks-operator.dev], resources: [bankconnections/data], verbs: [list, watch]}
`)
	f.Kubectl("create", "rolebinding", "one", "-n", f.Namespace, "--role=one", "--serviceaccount="+f.Namespace+":one")
	f.Kubectl("create", "rolebinding", "lister", "-n", f.Namespace, "--role=lister", "--serviceaccount="+f.Namespace+":lister")
	acme := pathOf(f.Namespace, "acme")
	for _, tc := range []struct {
		name          string
		method        string
		path, query   string
		token, reason string
		want          int
	}{
		{name: "no token", path: acme, want: 401, reason: "Unauthorized"},
		{name: "garbage", path: acme, token: "garbage", want: 401, reason: "Unauthorized"},
		{name: "a token that was changed", path: acme, token: f.token[:len(f.token)-8] + "AAAAAAAA", want: 401, reason: "Unauthorized"},
		{name: "a token for the API server", path: acme, token: f.Token(f.Namespace, "application"), want: 401, reason: "Unauthorized"},
		{name: "a token for the link API", path: acme, token: f.Token(f.Namespace, "application", cluster.ForLinkAPI), want: 401, reason: "Unauthorized"},
		{name: "no token, and no path", path: "/", want: 401, reason: "Unauthorized"},
		{name: "a token for two audiences", path: acme, token: account(f.Namespace, "application", func(s *authenticationv1.TokenRequestSpec) {
			s.Audiences = append(s.Audiences, linkapi.Audience)
		}), want: 200},
		{name: "the account of another namespace with the same name", path: acme, token: account(other, "application"), want: 403, reason: "Forbidden"},
		{name: "another namespace", path: pathOf(other, "acme"), token: f.token, want: 403, reason: "Forbidden"},
		{name: "an object that does not exist, elsewhere", path: pathOf(other, "none"), token: f.token, want: 403, reason: "Forbidden"},
		{name: "a namespace that does not exist", path: pathOf("nowhere", "acme"), token: f.token, want: 403, reason: "Forbidden"},
		{name: "an account without rights", path: acme, token: account(f.Namespace, "stranger"), want: 403, reason: "Forbidden"},
		{name: "who may edit connections", path: acme, token: account(f.Namespace, "editor"), want: 403, reason: "Forbidden"},
		{name: "who may view connections", path: acme, token: account(f.Namespace, "viewer"), want: 403, reason: "Forbidden"},
		{name: "who may edit all in the namespace", path: acme, token: account(f.Namespace, "edit"), want: 403, reason: "Forbidden"},
		{name: "who administers the namespace", path: acme, token: account(f.Namespace, "admin"), want: 403, reason: "Forbidden"},
		{name: "who may list and watch", path: acme, token: account(f.Namespace, "lister"), want: 403, reason: "Forbidden"},
		{name: "the manager", path: acme, token: account(cluster.LeaseNamespace, "flinks-operator-manager"), want: 403, reason: "Forbidden"},
		{name: "the gateway", path: acme, token: account(cluster.LeaseNamespace, cluster.GatewayAccount), want: 403, reason: "Forbidden"},
		{name: "a right to this one", path: acme, token: account(f.Namespace, "one"), want: 200},
		{name: "a right to another one", path: pathOf(f.Namespace, "other"), token: account(f.Namespace, "one"), want: 403, reason: "Forbidden"},
		{name: "an object that does not exist", path: pathOf(f.Namespace, "none"), token: f.token, want: 404, reason: "NotFound"},
		{name: "another path", path: "/v1/namespaces/" + f.Namespace + "/bankconnections", token: f.token, want: 404, reason: "NotFound"},
		{name: "a path around a corner", path: "/v1/namespaces/" + other + "/../" + f.Namespace + "/bankconnections/acme/accounts", token: f.token, want: 404, reason: "NotFound"},
		{name: "a path with a slash behind it", path: acme + "/", token: f.token, want: 404, reason: "NotFound"},
		{name: "metrics", path: "/metrics", token: f.token, want: 404, reason: "NotFound"},
		{name: "a write", method: http.MethodPost, path: acme, token: f.token, want: 405, reason: "MethodNotAllowed"},
		{name: "a deletion", method: http.MethodDelete, path: acme, token: f.token, want: 405, reason: "MethodNotAllowed"},
		{name: "an unknown parameter", path: acme, query: "accounts=all", token: f.token, want: 400, reason: "InvalidRequest"},
		{name: "unknown transactions", path: acme, query: "transactions=Days30", token: f.token, want: 400, reason: "InvalidRequest"},
		{name: "transactions twice", path: acme, query: "transactions=None&transactions=Days90", token: f.token, want: 400, reason: "InvalidRequest"},
		{name: "the application", path: acme, token: f.token, want: 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := f.do(request{method: tc.method, path: tc.path, query: tc.query, token: tc.token})
			a.expect(t, tc.want, tc.reason)
			if cache := a.header.Get("Cache-Control"); cache != "private, no-cache" {
				t.Errorf("it may be kept: %q", cache)
			}
		})
	}
	f.CheckCanaries()
	f.CheckForbidden()
	f.CheckContract()
}
