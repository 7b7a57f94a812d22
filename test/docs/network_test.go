package docs

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// destination is where a connection goes: to a pod, or to an address outside the cluster.
type destination struct {
	namespace string
	pod       map[string]string
	address   string
	protocol  corev1.Protocol
	port      int32
}

var (
	kubeDNS  = map[string]string{"k8s-app": "kube-dns"}
	operator = map[string]string{"app.kubernetes.io/name": "flinks-operator", "app.kubernetes.io/component": "manager"}
)

// TestNetworkPolicies: the shipped policies let out what docs/operate.md says, and nothing
// else.
func TestNetworkPolicies(t *testing.T) {
	for _, tc := range []struct {
		name             string
		to               destination
		manager, gateway bool
	}{
		{"the cluster's DNS", destination{"kube-system", kubeDNS, "", corev1.ProtocolUDP, 53}, true, true},
		{"the cluster's DNS by TCP", destination{"kube-system", kubeDNS, "", corev1.ProtocolTCP, 53}, true, true},
		{"a pod that looks like DNS", destination{"tenant", kubeDNS, "", corev1.ProtocolUDP, 53}, false, false},
		{"another pod next to DNS", destination{"kube-system", nil, "", corev1.ProtocolUDP, 53}, false, false},
		{"DNS on the Internet", destination{address: "8.8.8.8", protocol: corev1.ProtocolUDP, port: 53}, false, false},
		{"DNS on a private network", destination{address: "10.0.0.10", protocol: corev1.ProtocolUDP, port: 53}, false, false},
		{"another port of DNS", destination{"kube-system", kubeDNS, "", corev1.ProtocolTCP, 9153}, false, false},
		{"the link API", destination{"flinks-system", operator, "", corev1.ProtocolTCP, 9443}, false, true},
		{"the link API of others", destination{"tenant", operator, "", corev1.ProtocolTCP, 9443}, false, false},
		{"metrics of the operator", destination{"flinks-system", operator, "", corev1.ProtocolTCP, 8443}, false, false},
		{"Flinks", destination{address: "203.0.113.7", protocol: corev1.ProtocolTCP, port: 443}, true, false},
		{"Flinks by IPv6", destination{address: "2606:4700::1", protocol: corev1.ProtocolTCP, port: 443}, true, false},
		{"Flinks without TLS", destination{address: "203.0.113.7", protocol: corev1.ProtocolTCP, port: 80}, false, false},
		{"6443 on the Internet", destination{address: "203.0.113.7", protocol: corev1.ProtocolTCP, port: 6443}, false, false},
		{"the API server", destination{address: "172.18.0.2", protocol: corev1.ProtocolTCP, port: 6443}, true, false},
		{"the Service of the API server", destination{address: "10.96.0.1", protocol: corev1.ProtocolTCP, port: 443}, true, false},
		{"the API server by IPv6", destination{address: "fd00::1", protocol: corev1.ProtocolTCP, port: 443}, true, false},
		{"another private port", destination{address: "10.0.0.1", protocol: corev1.ProtocolTCP, port: 8080}, false, false},
		{"metadata", destination{address: "169.254.169.254", protocol: corev1.ProtocolTCP, port: 80}, false, false},
		{"metadata by TLS", destination{address: "169.254.169.254", protocol: corev1.ProtocolTCP, port: 443}, false, false},
		{"link-local by IPv6", destination{address: "fe80::1", protocol: corev1.ProtocolTCP, port: 443}, false, false},
	} {
		for component, want := range map[string]bool{"manager": tc.manager, "gateway": tc.gateway} {
			if got := letsOut(readPolicy(t, component), tc.to); got != want {
				t.Errorf("%s: the policy of the %s lets it out: %t", tc.name, component, got)
			}
		}
	}
}

func readPolicy(t *testing.T, component string) *networkingv1.NetworkPolicy {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "config", component, "network_policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var p networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict(raw, &p); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		t.Fatalf("the policy of the %s lets everything out", component)
	}
	return &p
}

// letsOut evaluates a policy as a network plugin does. An empty list of peers or ports
// means all.
func letsOut(p *networkingv1.NetworkPolicy, to destination) bool {
	return slices.ContainsFunc(p.Spec.Egress, func(rule networkingv1.NetworkPolicyEgressRule) bool {
		port := func(allowed networkingv1.NetworkPolicyPort) bool {
			return *allowed.Protocol == to.protocol && allowed.Port.IntVal == to.port
		}
		peer := func(allowed networkingv1.NetworkPolicyPeer) bool { return isPeer(p.Namespace, allowed, to) }
		return (len(rule.Ports) == 0 || slices.ContainsFunc(rule.Ports, port)) &&
			(len(rule.To) == 0 || slices.ContainsFunc(rule.To, peer))
	})
}

func isPeer(own string, peer networkingv1.NetworkPolicyPeer, to destination) bool {
	if peer.IPBlock != nil {
		return to.address != "" && isInBlock(peer.IPBlock, netip.MustParseAddr(to.address))
	}
	if to.address != "" {
		return false
	}
	inNamespace := to.namespace == own
	if peer.NamespaceSelector != nil {
		inNamespace = isSelected(peer.NamespaceSelector, map[string]string{corev1.LabelMetadataName: to.namespace})
	}
	return inNamespace && (peer.PodSelector == nil || isSelected(peer.PodSelector, to.pod))
}

func isInBlock(block *networkingv1.IPBlock, a netip.Addr) bool {
	return netip.MustParsePrefix(block.CIDR).Contains(a) && !slices.ContainsFunc(block.Except, func(cidr string) bool {
		return netip.MustParsePrefix(cidr).Contains(a)
	})
}

func isSelected(s *metav1.LabelSelector, l map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(l))
}
