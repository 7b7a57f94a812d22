package manager

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// decoded returns a connection as a watch brings it: nothing of it is shared.
func decoded(t *testing.T, name string) *v1alpha1.BankConnection {
	t.Helper()
	text, err := json.Marshal(&v1alpha1.BankConnection{
		TypeMeta: metav1.TypeMeta{Kind: "BankConnection", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "lending", Name: name, Finalizers: []string{v1alpha1.Finalizer}, Labels: map[string]string{"app": name},
			Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "note": "kept"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: "toolbox"},
			RefreshPolicyRef: &v1alpha1.RefreshPolicyReference{Name: "daily"},
		},
		Status: v1alpha1.BankConnectionStatus{
			Conditions:  []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Refreshed", Message: "It works"}, {Type: "Authorized"}},
			Institution: "FlinksCapital", Binding: &v1alpha1.Binding{Instance: "toolbox", CustomerID: "customer", HostFingerprints: []string{"host"}},
			Attempts: []v1alpha1.Attempt{{Trigger: v1alpha1.TriggerNightly, Class: v1alpha1.AttemptOK}},
			Accounts: []v1alpha1.Account{{ID: name, Type: "Chequing", Currency: "CAD"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &v1alpha1.BankConnection{}
	if err := json.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompact: what is taken away is what no write contains, and equal words are one string.
func TestCompact(t *testing.T) {
	t.Parallel()
	var c compactor
	var kept []*v1alpha1.BankConnection
	for _, name := range []string{"one", "two"} {
		is := decoded(t, name)
		is.Status.Conditions = slices.Grow(is.Status.Conditions, 100)
		want := is.DeepCopy()
		want.ManagedFields = nil
		delete(want.Annotations, corev1.LastAppliedConfigAnnotation)
		if got, err := c.compact(is); err != nil || !equality.Semantic.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
		if cap(is.Status.Conditions) > 10 {
			t.Errorf("a list of %d has room for %d", len(is.Status.Conditions), cap(is.Status.Conditions))
		}
		kept = append(kept, is)
	}
	one, two := words(kept[0]), words(kept[1])
	if len(one) < 20 {
		t.Errorf("only %d words", len(one))
	}
	for i, word := range one {
		if *word != "" && unsafe.StringData(*word) != unsafe.StringData(*two[i]) {
			t.Errorf("%q is kept twice", *word)
		}
	}
}

// TestCompactOthers: objects of which only the metadata is watched lose the same fields, and a tombstone is
// returned unchanged.
func TestCompactOthers(t *testing.T) {
	t.Parallel()
	var c compactor
	namespace := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{{}}}}
	if got, err := c.compact(namespace); err != nil || got != any(namespace) || namespace.ManagedFields != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.compact(toolscache.DeletedFinalStateUnknown{Key: "a"}); err != nil || got != any(toolscache.DeletedFinalStateUnknown{Key: "a"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWordsAreBounded: a tenant that makes up names does not fill the memory.
func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	var c compactor
	for i := range 3 * maxWords {
		word := fmt.Sprint(i)
		if c.share([]*string{&word}); word != fmt.Sprint(i) || len(c.words) > maxWords {
			t.Fatalf("%d is %q, of %d", i, word, len(c.words))
		}
	}
	long := strings.Repeat("a", maxWord+1)
	c = compactor{}
	c.share([]*string{&long})
	if len(c.words) != 0 {
		t.Error("a text of any length is kept")
	}
}
