package instance

import (
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// ProbeQueue holds the instances whose keys Flinks refused to a connection. One bad key
// is one condition on the instance: it is probed, and its connections wait for
// the result. Losing the queue in a crash only means that the next call finds out
// again. It is safe for concurrent use.
type ProbeQueue struct {
	mu   sync.Mutex
	keys map[Key]bool

	events map[v1alpha1.InstanceKind]chan event.GenericEvent
}

// NewProbeQueue returns an empty queue.
func NewProbeQueue() *ProbeQueue {
	return &ProbeQueue{
		keys: map[Key]bool{},
		events: map[v1alpha1.InstanceKind]chan event.GenericEvent{
			v1alpha1.KindFlinksInstance:        make(chan event.GenericEvent, 64),
			v1alpha1.KindClusterFlinksInstance: make(chan event.GenericEvent, 64),
		},
	}
}

// Add makes the instance be probed. It never blocks: if the channel is full,
// probes are under way, and the next refused call reports again.
func (s *ProbeQueue) Add(v View) {
	s.mu.Lock()
	s.keys[v.Key] = true
	s.mu.Unlock()
	s.Wake(v)
}

// Wake makes the instance be reconciled. It never blocks: see Add. The event has an
// object of its own, because the caller may be about to write the one in the view.
func (s *ProbeQueue) Wake(v View) {
	named := newObject(v.Key.Kind)
	named.SetNamespace(v.Key.Namespace)
	named.SetName(v.Key.Name)
	select {
	case s.events[v.Key.Kind] <- event.GenericEvent{Object: named}:
	default:
	}
}

func (s *ProbeQueue) contains(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[k]
}

func (s *ProbeQueue) clear(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, k)
}
