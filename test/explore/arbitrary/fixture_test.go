package arbitrary_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/arbitrary"
)

// noon is the time that the statuses in testdata of test/apivalidation are near to.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// base returns an object of test/apivalidation with the status of another file; none if that is
// empty.
func base(t testing.TB, file, status string) map[string]any {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, into any) {
		raw, err := os.ReadFile(filepath.Join(root, "test", "apivalidation", "testdata", name+".yaml"))
		if err == nil {
			raw, err = yaml.YAMLToJSON(raw)
		}
		if err == nil {
			err = json.Unmarshal(raw, into) // Whole numbers stay whole.
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var o map[string]any
	read(file, &o)
	if status != "" {
		var s map[string]any
		read(status, &s)
		o["status"] = s
	}
	return o
}

// bases are objects of a kind that others are made of.
type bases struct {
	kind apiserver.Kind
	all  []map[string]any
}

func basesOf(t testing.TB, kind apiserver.Kind, prefix, status string) bases {
	t.Helper()
	b := bases{kind, []map[string]any{base(t, prefix+"-minimal", ""), base(t, prefix+"-full", ""), base(t, prefix+"-minimal", status), base(t, prefix+"-full", status)}}
	for _, o := range b.all {
		if _, wrong := apiserver.Read(t.Context(), kind, o); len(wrong) > 0 {
			t.Fatalf("%s: %v", kind, wrong.ToAggregate())
		}
	}
	return b
}

// read reads an object that a source makes of one of the bases.
func (b bases) read(t *testing.T, s *arbitrary.Source, now time.Time, into client.Object) {
	t.Helper()
	if err := arbitrary.Object(t.Context(), s, b.kind, now, arbitrary.OneOf(s, b.all...), into); err != nil {
		t.Fatal(err)
	}
	if wrong := apiserver.Judge(t.Context(), b.kind, into); len(wrong) > 0 {
		t.Fatalf("a valid %s is written back as one that is not: %v", b.kind, wrong.ToAggregate())
	}
}

// connection returns a connection whose metadata a source chooses, too.
func connection(t *testing.T, s *arbitrary.Source, b bases, now time.Time) *v1alpha1.BankConnection {
	t.Helper()
	c := &v1alpha1.BankConnection{}
	b.read(t, s, now, c)
	c.Namespace, c.UID, c.Generation, c.ResourceVersion = "lending", types.UID("0b9c9bd8-5d42-4b86-9b8e-1a2b3c4d5e6f"), int64(1+s.N(3)), "1"
	c.Finalizers = []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}
	if s.Chance(4) {
		c.DeletionTimestamp = &metav1.Time{Time: now.Add(-arbitrary.OneOf(s, 0, time.Hour, 24*time.Hour))}
		c.Finalizers = c.Finalizers[s.N(2):]
	}
	for _, annotation := range []string{
		v1alpha1.RefreshRequestedAtAnnotation, v1alpha1.SessionRequestedAtAnnotation, v1alpha1.LinkRequestedAtAnnotation, v1alpha1.RebindAnnotation, v1alpha1.AbandonLoginAnnotation,
	} {
		if s.Chance(3) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, annotation, arbitrary.OneOf(s, "true", "", "2026-03-01T11:57:00Z", "0123456789abcdef0123456789abcdef", "é\n"))
		}
	}
	return c
}
