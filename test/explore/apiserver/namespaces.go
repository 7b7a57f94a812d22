package apiserver

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AddNamespace creates a namespace. That takes no rules, and so no context.
func (s *Server) AddNamespace(name string, labels map[string]string) {
	r := resources[Namespace]
	n := own(r, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
	s.fillSystemFields(r, n)
	if errs := validateNewMetadata(r, n); len(errs) > 0 {
		panic(errs.ToAggregate())
	}
	if _, err := s.add(r, n); err != nil {
		panic(err)
	}
}

// terminate begins the end of a namespace, which nothing can be created in from now on. What is in
// it stays until DeleteContents.
func (s *Server) terminate(r *resource, old *corev1.Namespace) {
	if !old.DeletionTimestamp.IsZero() {
		return
	}
	n, now := old.DeepCopy(), s.now()
	n.DeletionTimestamp, n.Status.Phase = &now, corev1.NamespaceTerminating
	s.commit(r, n)
}

// DeleteContents does what the namespace controller does for a namespace that is being deleted: it
// deletes what is in it, the given kinds first, and removes the namespace once nothing is left. It
// returns how many objects wait for their finalizers. The controller comes again until none does.
func (s *Server) DeleteContents(namespace string, first ...Kind) (remaining int) {
	n, ok := s.objects[Namespace][types.NamespacedName{Name: namespace}].(*corev1.Namespace)
	if !ok || n.DeletionTimestamp.IsZero() {
		return 0
	}
	for _, kind := range order(first) {
		for _, o := range s.List(kind) {
			if o.GetNamespace() != namespace {
				continue
			}
			key := client.ObjectKeyFromObject(o)
			if err := s.delete(resources[kind], key, metav1.DeleteOptions{}); err != nil {
				panic(err)
			}
			if s.Get(kind, key) != nil {
				remaining++
			}
		}
	}
	if remaining == 0 {
		s.finalizeNamespace(n)
	}
	return remaining
}

// order returns the namespaced kinds, some of them first.
func order(first []Kind) []Kind {
	kinds := slices.Clone(first)
	for _, kind := range Kinds() {
		if resources[kind].namespaced && !slices.Contains(first, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// finalizeNamespace takes the finalizer kubernetes, which is in the spec, from a namespace.
func (s *Server) finalizeNamespace(old *corev1.Namespace) {
	n := old.DeepCopy()
	n.Spec.Finalizers = slices.DeleteFunc(n.Spec.Finalizers, func(f corev1.FinalizerName) bool { return f == corev1.FinalizerKubernetes })
	if len(n.Spec.Finalizers) == 0 && len(n.Finalizers) == 0 {
		s.remove(resources[Namespace], types.NamespacedName{Name: n.Name})
		return
	}
	s.commit(resources[Namespace], n)
}

// CollectGarbage does what the garbage collector does: it deletes objects all of whose owners are
// gone, and returns how many.
func (s *Server) CollectGarbage() (deleted int) {
	for _, kind := range Kinds() {
		for _, o := range s.List(kind) {
			owners := o.GetOwnerReferences()
			if len(owners) == 0 || slices.ContainsFunc(owners, func(r metav1.OwnerReference) bool { return s.owns(r, o.GetNamespace()) }) {
				continue
			}
			if o.GetDeletionTimestamp() == nil {
				deleted++
			}
			if err := s.delete(resources[kind], client.ObjectKeyFromObject(o), metav1.DeleteOptions{}); err != nil {
				panic(err)
			}
		}
	}
	return deleted
}

// owns reports whether the owner that a reference names is still there.
func (s *Server) owns(r metav1.OwnerReference, namespace string) bool {
	key := types.NamespacedName{Namespace: namespace, Name: r.Name}
	if known := resources[Kind(r.Kind)]; known != nil && !known.namespaced {
		key.Namespace = ""
	}
	owner := s.Get(Kind(r.Kind), key)
	return owner != nil && owner.GetUID() == r.UID
}
