package manager

import (
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// maxWords is when the compactor forgets all words, and maxWord how long one may be. There are about a hundred, and the names of
// namespaces, instances, policies and banks.
const maxWords, maxWord = 10_000, 512

// compactor makes objects small before the cache keeps them. It takes away only what no write of the
// operator contains: its patches name their fields, and of an update of a status the API server takes
// nothing else. It is safe for concurrent use.
type compactor struct {
	mu    sync.Mutex
	words map[string]string
}

// compact is a transform of the cache. Who applied which field, and what kubectl applied last, is half
// of an object.
func (c *compactor) compact(o any) (any, error) {
	object, ok := o.(metav1.Object)
	if !ok {
		return o, nil // A tombstone, of an object that the cache has.
	}
	object.SetManagedFields(nil)
	delete(object.GetAnnotations(), corev1.LastAppliedConfigAnnotation)
	if connection, ok := o.(*v1alpha1.BankConnection); ok {
		c.share(words(connection))
		trim(connection)
	}
	return o, nil
}

// share replaces words by equal ones that other objects use.
func (c *compactor) share(words []*string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.words == nil {
		c.words = map[string]string{}
	}
	if len(c.words) >= maxWords { // Those of a tenant that makes up names must not stay for ever.
		clear(c.words)
	}
	for _, word := range words {
		shared, known := c.words[*word]
		switch {
		case known:
			*word = shared
		case len(*word) <= maxWord:
			c.words[*word] = *word
		}
	}
}

// words returns the strings of a connection that others have as well.
func words(c *v1alpha1.BankConnection) []*string {
	st := &c.Status
	all := []*string{&c.Kind, &c.APIVersion, &c.Namespace, (*string)(&c.Spec.InstanceRef.Kind), &c.Spec.InstanceRef.Name, &st.Institution}
	if ref := c.Spec.RefreshPolicyRef; ref != nil {
		all = append(all, &ref.Name)
	}
	if b := st.Binding; b != nil {
		all = append(all, &b.Instance, &b.CustomerID)
		for i := range b.HostFingerprints {
			all = append(all, &b.HostFingerprints[i])
		}
	}
	for i := range c.Finalizers {
		all = append(all, &c.Finalizers[i])
	}
	for i := range st.Conditions {
		condition := &st.Conditions[i]
		all = append(all, &condition.Type, (*string)(&condition.Status), &condition.Reason, &condition.Message)
	}
	for i := range st.Attempts {
		all = append(all, (*string)(&st.Attempts[i].Trigger), (*string)(&st.Attempts[i].Class))
	}
	for i := range st.Accounts {
		all = append(all, &st.Accounts[i].Type, &st.Accounts[i].Currency)
	}
	return all
}

// trim frees what decoding leaves unused at the end of lists.
func trim(c *v1alpha1.BankConnection) {
	st := &c.Status
	st.Conditions, st.Attempts, st.Accounts = slices.Clone(st.Conditions), slices.Clone(st.Attempts), slices.Clone(st.Accounts)
}
