package dataapi

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// overlay is what the component is about in a rendered configuration.
type overlay struct {
	text       string
	deployment appsv1.Deployment
	service    corev1.Service
	policy     networkingv1.NetworkPolicy
}

// render renders the kustomization "overlay" of those that are put beside the ones of config.
func render(t *testing.T, c *cluster.Cluster, kustomizations map[string]string) (o overlay) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(cluster.Root(t), "config"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range kustomizations {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "kustomization.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.text = c.Kubectl("kustomize", filepath.Join(dir, "overlay"))
	for document := range strings.SplitSeq(o.text, "\n---\n") {
		var into any
		switch {
		case strings.Contains(document, "kind: Deployment\n") && strings.Contains(document, "\n  name: flinks-operator-manager\n"):
			into = &o.deployment
		case strings.Contains(document, "kind: Service\n") && strings.Contains(document, "\n  name: flinks-operator-data-api\n"):
			into = &o.service
		case strings.Contains(document, "kind: NetworkPolicy\n") && strings.Contains(document, "\n  name: flinks-operator-manager\n"):
			into = &o.policy
		default:
			continue
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// flags returns the options that the container of the manager is started with.
func (o overlay) flags(t *testing.T) manager.Options {
	t.Helper()
	options := manager.Default()
	set := flag.NewFlagSet("manager", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	options.BindFlags(set)
	if err := set.Parse(o.deployment.Spec.Template.Spec.Containers[0].Args); err != nil {
		t.Fatal(err)
	}
	return options
}

// ofPage returns the kustomization of docs/data-api.md.
func ofPage(t *testing.T) string {
	t.Helper()
	blocks := page(t, "yaml")
	i := slices.IndexFunc(blocks, func(b string) bool { return strings.Contains(b, "kind: Kustomization") })
	if i < 0 {
		t.Fatal("the page has no kustomization")
	}
	return blocks[i]
}

// TestComponent: what docs/data-api.md says to apply switches the data API on, and nothing else.
func TestComponent(t *testing.T) {
	c := cluster.New(t)
	off := render(t, c, map[string]string{"overlay": "resources: [../default]\n"})
	if address := off.flags(t).DataAPIAddress; address != "0" || off.service.Name != "" {
		t.Errorf("without the component it listens at %s", address)
	}
	on := render(t, c, map[string]string{"overlay": ofPage(t)})
	before, now := off.deployment.Spec.Template.Spec.Containers[0], on.deployment.Spec.Template.Spec.Containers[0]
	options := on.flags(t)
	if options.DataAPIAddress != ":9444" || options.DataAdvertiseIP != "$(POD_IP)" || !slices.Equal(now.Args[:len(before.Args)], before.Args) {
		t.Errorf("it is started with %q", now.Args)
	}
	own := slices.DeleteFunc(slices.Clone(now.Env), func(v corev1.EnvVar) bool {
		return slices.ContainsFunc(before.Env, func(other corev1.EnvVar) bool { return equality.Semantic.DeepEqual(v, other) })
	})
	if len(now.Env) != len(before.Env)+1 || len(own) != 1 || own[0].Name != "POD_IP" || own[0].ValueFrom.FieldRef.FieldPath != "status.podIP" {
		t.Errorf("its environment is %v", now.Env)
	}
	i := slices.IndexFunc(now.Ports, func(p corev1.ContainerPort) bool { return p.Name == "data-api" })
	if i < 0 || now.Ports[i].ContainerPort != 9444 || len(now.Ports) != len(before.Ports)+1 {
		t.Errorf("its ports are %v", now.Ports)
	}
	on.leadsToManager(t)
	onPolicy(t, on.policy)
	rendered := filepath.Join(t.TempDir(), "rendered.yaml")
	if err := os.WriteFile(rendered, []byte(on.text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Kubectl("apply", "--dry-run=server", "-f", rendered) // The API server accepts all of it.
}

// leadsToManager asserts that the Service leads to the data API under the name of its certificate.
func (o overlay) leadsToManager(t *testing.T) {
	t.Helper()
	leads := labels.SelectorFromSet(o.service.Spec.Selector).Matches(labels.Set(o.deployment.Spec.Template.Labels))
	port := o.service.Spec.Ports[0]
	if host := o.service.Name + "." + o.service.Namespace + ".svc"; host != pageService || !leads || port.Port != 443 || port.TargetPort.StrVal != "data-api" {
		t.Errorf("the Service %s leads elsewhere: %v", host, o.service.Spec)
	}
}

// onPolicy asserts that callers of every namespace and the other replicas reach the data API.
func onPolicy(t *testing.T, policy networkingv1.NetworkPolicy) {
	t.Helper()
	isPort := func(p networkingv1.NetworkPolicyPort) bool { return p.Port != nil && p.Port.StrVal == "data-api" }
	in := slices.IndexFunc(policy.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool { return slices.ContainsFunc(r.Ports, isPort) })
	if in < 0 || len(policy.Spec.Ingress[in].From) != 1 || policy.Spec.Ingress[in].From[0].PodSelector != nil ||
		policy.Spec.Ingress[in].From[0].NamespaceSelector == nil || len(policy.Spec.Ingress[in].From[0].NamespaceSelector.MatchLabels) != 0 {
		t.Errorf("callers do not reach it: %v", policy.Spec.Ingress)
	}
	out := slices.IndexFunc(policy.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return slices.ContainsFunc(r.Ports, isPort) })
	if out < 0 || policy.Spec.Egress[out].To[0].NamespaceSelector != nil ||
		!labels.SelectorFromSet(policy.Spec.Egress[out].To[0].PodSelector.MatchLabels).Matches(labels.Set(policy.Spec.PodSelector.MatchLabels)) {
		t.Errorf("other replicas do not reach it: %v", policy.Spec.Egress)
	}
}

// TestComponentKeepsEnvironment: what another component adds stays.
func TestComponentKeepsEnvironment(t *testing.T) {
	c := cluster.New(t)
	const proxy = `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment, name: flinks-operator-manager}
    patch: |-
      - op: add
        path: /spec/template/spec/containers/0/env
        value: [{name: HTTPS_PROXY, value: "http://proxy.example.com:3128"}]
`
	o := render(t, c, map[string]string{"proxy": proxy, "overlay": "resources: [../default]\ncomponents: [../proxy, ../data-api]\n"})
	var names []string
	for _, e := range o.deployment.Spec.Template.Spec.Containers[0].Env {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"HTTPS_PROXY", "POD_IP"}) {
		t.Errorf("the environment has %v", names)
	}
}
