package instance

import (
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Suspects are instances whose keys Flinks refused to a connection. One bad key
// is one condition on the instance: it is probed, and its connections wait for
// the result. Losing the list in a crash only means that the next call finds out
// again. It is safe for concurrent use.
type Suspects struct {
	mu   sync.Mutex
	keys map[Key]bool

	events map[v1alpha1.InstanceKind]chan event.GenericEvent
}

// NewSuspects returns an empty list.
func NewSuspects() *Suspects {
	return &Suspects{
		keys: map[Key]bool{},
		events: map[v1alpha1.InstanceKind]chan event.GenericEvent{
			v1alpha1.KindFlinksInstance:        make(chan event.GenericEvent, 64),
			v1alpha1.KindClusterFlinksInstance: make(chan event.GenericEvent, 64),
		},
	}
}

// Report makes the instance be probed. It never blocks: if the channel is full,
// probes are under way, and the next refused call reports again.
func (s *Suspects) Report(v View) {
	s.mu.Lock()
	s.keys[v.Key] = true
	s.mu.Unlock()
	s.Wake(v)
}

// Wake has the instance looked at. It never blocks: see Report. The event has an
// object of its own, for whoever wakes may be about to write the one in the view.
func (s *Suspects) Wake(v View) {
	named := newObject(v.Key.Kind)
	named.SetNamespace(v.Key.Namespace)
	named.SetName(v.Key.Name)
	select {
	case s.events[v.Key.Kind] <- event.GenericEvent{Object: named}:
	default:
	}
}

func (s *Suspects) contains(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[k]
}

func (s *Suspects) clear(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, k)
}
