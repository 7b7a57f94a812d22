package apivalidation

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// TestPodsAreRestricted: the namespace that is shipped enforces the restricted Pod Security
// Standard, and the pods that are shipped meet it and cannot write to their file systems.
func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	admin := kubernetes.NewForConfigOrDie(newKubectl(t, "").env.Config)
	var namespace corev1.Namespace
	shipped(t, "manager/namespace.yaml", &namespace)
	namespace.Name = "pods-are-restricted"
	if _, err := admin.CoreV1().Namespaces().Create(t.Context(), &namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	create := func(pod corev1.PodSpec) error {
		o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "one"}, Spec: pod}
		_, err := admin.CoreV1().Pods(namespace.Name).Create(t.Context(), o, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	for _, component := range []string{"manager", "gateway"} {
		var deployment appsv1.Deployment
		shipped(t, component+"/deployment.yaml", &deployment)
		pod := deployment.Spec.Template.Spec
		if err := create(pod); err != nil {
			t.Errorf("the pod of the %s: %v", component, err)
		}
		for _, c := range pod.Containers {
			if ro := c.SecurityContext.ReadOnlyRootFilesystem; ro == nil || !*ro {
				t.Errorf("the container %s may write to its file system", c.Name)
			}
		}
		for name, change := range map[string]func(*corev1.PodSpec){
			"as root":              func(p *corev1.PodSpec) { p.SecurityContext.RunAsNonRoot = nil },
			"without seccomp":      func(p *corev1.PodSpec) { p.SecurityContext.SeccompProfile = nil },
			"with capabilities":    func(p *corev1.PodSpec) { p.Containers[0].SecurityContext.Capabilities = nil },
			"with more privileges": func(p *corev1.PodSpec) { p.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
		} {
			other := pod.DeepCopy()
			change(other)
			if err := create(*other); !apierrors.IsForbidden(err) {
				t.Errorf("the %s %s: %v", component, name, err)
			}
		}
	}
}

// shipped reads a manifest of config.
func shipped(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "config", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatal(err)
	}
}
