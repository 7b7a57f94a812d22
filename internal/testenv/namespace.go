package testenv

import (
	"context"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

var notInNames = regexp.MustCompile("[^a-z0-9]+")

// Namespace makes a namespace for one test and returns its name, which begins with the test's. It
// is deleted after the test; without a controller manager it then stays Terminating.
func (e *Env) Namespace(t testing.TB) string {
	t.Helper()
	prefix := notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-")
	request := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix[:min(len(prefix), 50)] + "-"}}
	namespace, err := e.core.Namespaces().Create(t.Context(), request, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx := context.WithoutCancel(t.Context())
		if err := e.core.Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("deleting namespace %s: %v", namespace.Name, err)
		}
	})
	return namespace.Name
}

// AsServiceAccount returns the access of a ServiceAccount: what RBAC grants it and nothing more. The
// ServiceAccount need not exist.
func (e *Env) AsServiceAccount(namespace, name string) *rest.Config {
	config := rest.CopyConfig(e.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":" + name,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	return config
}
