package apiserver_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newServer() *apiserver.Server {
	return apiserver.New(apiserver.Options{Clock: clocktesting.NewFakePassiveClock(start)})
}

func connection(name string) *v1alpha1.BankConnection {
	return &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: "toolbox"},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: name + "-login"},
		},
	}
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "default", Name: name}
}

func TestLifeOfAnObject(t *testing.T) {
	server := newServer()
	users := server.Client(apiserver.ClientOptions{})
	c := connection("a")
	if err := users.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if c.Generation != 1 || c.UID == "" || c.Status.ObservedGeneration != -1 {
		t.Errorf("a new object has generation %d, UID %q and observedGeneration %d", c.Generation, c.UID, c.Status.ObservedGeneration)
	}
	stale := c.DeepCopy()
	c.Finalizers = []string{v1alpha1.Finalizer}
	c.Spec.Suspend = true
	if err := users.Update(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := users.Status().Update(t.Context(), stale); !apierrors.IsConflict(err) {
		t.Errorf("an update of an old version gave %v, want a conflict", err)
	}
	c.Status.Institution = "FlinksCapital"
	if err := users.Status().Update(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := users.Delete(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	kept := &v1alpha1.BankConnection{}
	if err := users.Get(t.Context(), key("a"), kept); err != nil {
		t.Fatal(err)
	}
	if kept.Generation != 3 || kept.DeletionTimestamp == nil || kept.Status.Institution != "FlinksCapital" {
		t.Errorf("deleting left %+v", kept)
	}
	before := kept.DeepCopy()
	kept.Finalizers = nil
	if err := users.Patch(t.Context(), kept, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		t.Fatal(err)
	}
	if err := users.Get(t.Context(), key("a"), kept); !apierrors.IsNotFound(err) {
		t.Errorf("without finalizers the object is %v, want NotFound", err)
	}
}

func TestInvalid(t *testing.T) {
	users := newServer().Client(apiserver.ClientOptions{})
	c := connection("a")
	c.Spec.DeletionPolicy = "Keep"
	if err := users.Create(t.Context(), c); !apierrors.IsInvalid(err) {
		t.Errorf("a wrong enum value gave %v, want Invalid", err)
	}
	c = connection("a")
	if err := users.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.Spec.InstanceRef.Name = "other"
	if err := users.Update(t.Context(), c); !apierrors.IsInvalid(err) {
		t.Errorf("a change of an immutable field gave %v, want Invalid", err)
	}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"suspend":"yes"}}`))
	if err := users.Patch(t.Context(), c, patch); !apierrors.IsInvalid(err) {
		t.Errorf("a value of the wrong type gave %v, want Invalid", err)
	}
}

func TestCacheLags(t *testing.T) {
	server := newServer()
	cache := server.NewCache()
	err := cache.IndexField(t.Context(), &v1alpha1.BankConnection{}, "secret", func(o client.Object) []string {
		return []string{o.(*v1alpha1.BankConnection).Spec.LoginIDSecretRef.Name}
	})
	if err != nil {
		t.Fatal(err)
	}
	cache.CatchUp(apiserver.BankConnection)
	users := server.Client(apiserver.ClientOptions{})
	if err := users.Create(t.Context(), connection("a")); err != nil {
		t.Fatal(err)
	}
	if err := cache.Get(t.Context(), key("a"), &v1alpha1.BankConnection{}); !apierrors.IsNotFound(err) {
		t.Errorf("before the event the cache says %v, want NotFound", err)
	}
	if cache.Pending(apiserver.BankConnection) != 1 || !cache.Step(apiserver.BankConnection) {
		t.Fatal("there is no event to deliver")
	}
	var list v1alpha1.BankConnectionList
	if err := cache.List(t.Context(), &list, client.MatchingFields{"secret": "a-login"}); err != nil || len(list.Items) != 1 {
		t.Errorf("the index finds %d objects (%v), want one", len(list.Items), err)
	}
}

func TestTerminatingNamespace(t *testing.T) {
	server := newServer()
	server.AddNamespace("lending", nil)
	users := server.Client(apiserver.ClientOptions{})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "lending", Name: "held", Finalizers: []string{"example.com/held"}}}
	if err := users.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "lending"}}
	if err := users.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	other := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "lending", Name: "other"}}
	if err := users.Create(t.Context(), other); !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		t.Errorf("creating in a terminating namespace gave %v", err)
	}
	if remaining := server.DeleteContents("lending"); remaining != 1 {
		t.Errorf("%d objects remain, want 1", remaining)
	}
	if err := users.Patch(t.Context(), secret, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
		t.Fatal(err)
	}
	if remaining := server.DeleteContents("lending"); remaining != 0 {
		t.Errorf("%d objects remain, want none", remaining)
	}
	if server.Get(apiserver.Namespace, types.NamespacedName{Name: "lending"}) != nil {
		t.Error("the namespace is still there")
	}
}

func BenchmarkGet(b *testing.B) {
	users := newServer().Client(apiserver.ClientOptions{})
	if err := users.Create(b.Context(), connection("a")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := users.Get(b.Context(), key("a"), &v1alpha1.BankConnection{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatusUpdate(b *testing.B) {
	users := newServer().Client(apiserver.ClientOptions{})
	c := connection("a")
	if err := users.Create(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Status.ObservedGeneration++
		if err := users.Status().Update(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
