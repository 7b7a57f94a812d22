// Package apivalidation tests what the API server does with the project's Kinds: what it accepts,
// what it rejects and what it says then, as users meet it. Nothing in here runs the operator.
package apivalidation

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// A control plane of our own: an operator that runs against a shared one would write into our objects.
func TestMain(m *testing.M) { testenv.Main(m, testenv.Options{Isolated: true}) }

const (
	bankConnection        = "BankConnection"
	refreshPolicy         = "RefreshPolicy"
	flinksInstance        = "FlinksInstance"
	clusterFlinksInstance = "ClusterFlinksInstance"
)

// resources are the Kinds, and what they are called in a path.
var resources = map[string]string{
	bankConnection:        "bankconnections",
	refreshPolicy:         "refreshpolicies",
	flinksInstance:        "flinksinstances",
	clusterFlinksInstance: "clusterflinksinstances",
}

var kinds = slices.Sorted(maps.Keys(resources))

// server is the API server as users meet it: unstructured objects, strict field validation.
type server struct {
	client    dynamic.Interface
	namespace string
}

func start(t *testing.T) server {
	t.Helper()
	env := testenv.Start(t)
	client, err := dynamic.NewForConfig(env.Config)
	if err != nil {
		t.Fatal(err)
	}
	return server{client: client, namespace: env.Namespace(t)}
}

// objects returns access to the objects of a kind, in the test's namespace if they have one.
func (s server) objects(kind string) dynamic.ResourceInterface {
	all := s.client.Resource(v1alpha1.GroupVersion.WithResource(resources[kind]))
	if kind == clusterFlinksInstance {
		return all
	}
	return all.Namespace(s.namespace)
}

// named renames an object so that tests do not meet in objects without namespace.
func (s server) named(o *unstructured.Unstructured) *unstructured.Unstructured {
	o = o.DeepCopy()
	o.SetName(s.namespace + "-" + o.GetName())
	return o
}

// write is one way to bring a manifest to the server.
type write func(t *testing.T, o *unstructured.Unstructured, dryRun ...string) (*unstructured.Unstructured, error)

// create does what `kubectl create` does.
func (s server) create(t *testing.T, o *unstructured.Unstructured, dryRun ...string) (*unstructured.Unstructured, error) {
	t.Helper()
	opts := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun}
	return s.objects(o.GetKind()).Create(t.Context(), o, opts)
}

// apply does what `kubectl apply --server-side` does.
func (s server) apply(t *testing.T, o *unstructured.Unstructured, dryRun ...string) (*unstructured.Unstructured, error) {
	t.Helper()
	manifest, err := yaml.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	opts := metav1.PatchOptions{FieldManager: "kubectl", FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun}
	return s.objects(o.GetKind()).Patch(t.Context(), o.GetName(), types.ApplyPatchType, manifest, opts)
}

// update does what `kubectl replace` and `kubectl edit` do.
func (s server) update(t *testing.T, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	t.Helper()
	opts := metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict}
	return s.objects(o.GetKind()).Update(t.Context(), o, opts)
}

// updateStatus does what the operator does.
func (s server) updateStatus(t *testing.T, o *unstructured.Unstructured, dryRun ...string) (*unstructured.Unstructured, error) {
	t.Helper()
	opts := metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun}
	return s.objects(o.GetKind()).UpdateStatus(t.Context(), o, opts)
}

// applyStatus does what an operator does that uses server-side apply.
func (s server) applyStatus(t *testing.T, o *unstructured.Unstructured, dryRun ...string) (*unstructured.Unstructured, error) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{
		"apiVersion": o.GetAPIVersion(), "kind": o.GetKind(),
		"metadata": map[string]any{"name": o.GetName()}, "status": o.Object["status"],
	})
	if err != nil {
		t.Fatal(err)
	}
	opts := metav1.PatchOptions{FieldManager: "operator", FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun}
	return s.objects(o.GetKind()).Patch(t.Context(), o.GetName(), types.ApplyPatchType, patch, opts, "status")
}

func (s server) get(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	got, err := s.objects(o.GetKind()).Get(t.Context(), o.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// seen creates a full object of a kind on the server, with a full status.
func (s server) seen(t *testing.T, kind string) *unstructured.Unstructured {
	t.Helper()
	o := full(t, kind)
	o.SetName("seen")
	o = must(t)(s.apply(t, s.named(o)))
	o.Object["status"] = fullStatus(t, kind)
	return must(t)(s.applyStatus(t, o))
}

// must fails the test if there was an error.
func must(t *testing.T) func(*unstructured.Unstructured, error) *unstructured.Unstructured {
	return func(o *unstructured.Unstructured, err error) *unstructured.Unstructured {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
}

// minimal and full are the manifests of a kind with no optional field and with all of them.
func minimal(t *testing.T, kind string) *unstructured.Unstructured {
	return manifest(t, kind, "minimal")
}
func full(t *testing.T, kind string) *unstructured.Unstructured { return manifest(t, kind, "full") }

func manifest(t *testing.T, kind, variant string) *unstructured.Unstructured {
	t.Helper()
	return &unstructured.Unstructured{Object: load(t, strings.ToLower(kind)+"-"+variant+".yaml")}
}

// fullStatus returns a status of a kind with every field.
func fullStatus(t *testing.T, kind string) map[string]any {
	t.Helper()
	if kind == flinksInstance || kind == clusterFlinksInstance {
		return load(t, "instance-status.yaml")
	}
	return load(t, strings.ToLower(kind)+"-status.yaml")
}

func load(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err = yaml.YAMLToJSONStrict(text)
	if err != nil {
		t.Fatal(err)
	}
	var content map[string]any
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	return content
}

// absent, as the value of a field, removes it.
type absent struct{}

// with returns the object with another value at a dotted path.
func with(t *testing.T, o *unstructured.Unstructured, path string, value any) *unstructured.Unstructured {
	t.Helper()
	o = o.DeepCopy()
	fields := strings.Split(path, ".")
	if value == (absent{}) {
		unstructured.RemoveNestedField(o.Object, fields...)
		return o
	}
	if err := unstructured.SetNestedField(o.Object, value, fields...); err != nil {
		t.Fatal(err)
	}
	return o
}

// complaints returns the fields that the server's answer is about, with what it says of each.
func complaints(err error) map[string]string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	fields := map[string]string{}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field != "<nil>" { // "some validation rules were not checked"
			fields[cause.Field] += cause.Message + "\n"
		}
	}
	return fields
}
