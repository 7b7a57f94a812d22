package devplane

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// sampleNamespace is where samples go that name no namespace.
const sampleNamespace = "default"

var (
	secretKind     = corev1.SchemeGroupVersion.WithKind("Secret")
	connectionKind = v1alpha1.GroupVersion.WithKind("BankConnection")
	instanceKind   = v1alpha1.GroupVersion.WithKind(string(v1alpha1.KindClusterFlinksInstance))
)

// sample is an object of config/samples.
type sample struct {
	*unstructured.Unstructured
	// file is where it stands.
	file string
}

// samples are those that are shipped. What is used here is used as it stands, but
// for keys, loginIds and what leads to the simulator instead of Flinks.
type samples []sample

func (t tree) readSamples() (samples, error) {
	files, err := t.sampleFiles()
	if err != nil {
		return nil, err
	}
	var all samples
	for _, file := range files {
		objects, err := readManifest(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		for _, u := range objects {
			if u.GetNamespace() == "" && u.GroupVersionKind() != instanceKind {
				u.SetNamespace(sampleNamespace)
			}
			all = append(all, sample{u, file})
		}
	}
	return all, nil
}

// sampleFiles returns the files of the samples, in the order of their kustomization.
func (t tree) sampleFiles() ([]string, error) {
	file := t.path("config", "samples", "kustomization.yaml")
	objects, err := readManifest(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	var files []string
	for _, u := range objects {
		names, _, err := unstructured.NestedStringSlice(u.Object, "resources")
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		for _, name := range names {
			files = append(files, filepath.Join(filepath.Dir(file), name))
		}
	}
	return files, nil
}

// instance returns the sample of a ClusterFlinksInstance, and the reference to its
// Secret.
func (all samples) instance() (*unstructured.Unstructured, client.ObjectKey, error) {
	i := slices.IndexFunc(all, func(s sample) bool { return s.GroupVersionKind() == instanceKind })
	if i < 0 {
		return nil, client.ObjectKey{}, fmt.Errorf("config/samples has no %s", instanceKind.Kind)
	}
	var typed v1alpha1.ClusterFlinksInstance
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(all[i].Object, &typed); err != nil {
		return nil, client.ObjectKey{}, fmt.Errorf("reading %s: %w", all[i].file, err)
	}
	ref := typed.Spec.CredentialsSecretRef
	return all[i].Unstructured, client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}, nil
}

// byGateway reports whether the link of a connection leads to the gateway.
func (s sample) byGateway() bool {
	t, _, _ := unstructured.NestedString(s.Object, "spec", "reconnect", "link", "type")
	return t == string(v1alpha1.LinkGateway)
}

// unlinked returns the sample of a BankConnection that needs no loginId.
func (all samples) unlinked() (sample, error) {
	i := slices.IndexFunc(all, func(s sample) bool { return s.GroupVersionKind() == connectionKind && s.byGateway() })
	if i < 0 {
		return sample{}, fmt.Errorf("config/samples has no BankConnection with a link of type %s", v1alpha1.LinkGateway)
	}
	return all[i], nil
}

// connections returns the samples of BankConnections that need a loginId. There are n of
// them, or more.
func (all samples) connections(n int) ([]sample, error) {
	var found []sample
	for _, s := range all {
		if s.GroupVersionKind() == connectionKind && !s.byGateway() {
			found = append(found, s)
		}
	}
	if len(found) < n {
		return nil, fmt.Errorf("config/samples has %d BankConnections, want %d", len(found), n)
	}
	return found, nil
}

// connection returns the BankConnection of a sample.
func (s sample) connection() (*v1alpha1.BankConnection, error) {
	c := &v1alpha1.BankConnection{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(s.Object, c); err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.file, err)
	}
	return c, nil
}

// loginIDKey returns the key of the Secret that holds the loginId.
func loginIDKey(c *v1alpha1.BankConnection) string {
	return cmp.Or(c.Spec.LoginIDSecretRef.Key, v1alpha1.DefaultLoginIDKey)
}

// secret returns the sample of a Secret, with other values. Its keys have to be
// the ones that are wanted.
func (all samples) secret(name client.ObjectKey, values map[string]string) (*unstructured.Unstructured, error) {
	for _, s := range all {
		if s.GroupVersionKind() != secretKind || client.ObjectKeyFromObject(s) != name {
			continue
		}
		return s.Unstructured, s.fill(values)
	}
	return nil, fmt.Errorf("config/samples has no Secret %s", name)
}

// fill puts values in the place of those of a sample of a Secret.
func (s sample) fill(values map[string]string) error {
	placeholders, _, err := unstructured.NestedStringMap(s.Object, "stringData")
	if err != nil {
		return fmt.Errorf("reading %s: %w", s.file, err)
	}
	wanted := slices.Sorted(maps.Keys(values))
	if got := slices.Sorted(maps.Keys(placeholders)); !slices.Equal(got, wanted) {
		return fmt.Errorf("the Secret %s in %s has the keys %q, want %q", s.GetName(), s.file, got, wanted)
	}
	return unstructured.SetNestedStringMap(s.Object, values, "stringData")
}
