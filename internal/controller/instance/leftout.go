package instance

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// LeftOut are connections whose login Flinks' nightly refresh leaves out, as Flinks
// says: each is observed once, to find out why. Losing the list in a crash only
// means that the next observe, which is due anyway, finds out. It is safe for
// concurrent use.
type LeftOut struct {
	mu   sync.Mutex
	uids map[types.NamespacedName]types.UID

	events chan event.GenericEvent
}

// NewLeftOut returns an empty list.
func NewLeftOut() *LeftOut {
	return &LeftOut{uids: map[types.NamespacedName]types.UID{}, events: make(chan event.GenericEvent, 1)}
}

// report adds connections. It never blocks: if the channel is full, whoever reads
// it has yet to read the list.
func (l *LeftOut) report(connections []*v1alpha1.BankConnection) {
	if len(connections) == 0 {
		return
	}
	l.mu.Lock()
	for _, c := range connections {
		l.uids[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}] = c.UID
	}
	l.mu.Unlock()
	select {
	case l.events <- event.GenericEvent{Object: connections[0]}:
	default:
	}
}

// Contains is true if the connection is to be observed.
func (l *LeftOut) Contains(c *v1alpha1.BankConnection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uids[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}] == c.UID
}

// Forget takes a connection off the list.
func (l *LeftOut) Forget(name types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.uids, name)
}

// Requests is every connection on the list.
func (l *LeftOut) Requests() []reconcile.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []reconcile.Request
	for name := range l.uids {
		all = append(all, reconcile.Request{NamespacedName: name})
	}
	return all
}

// Events tell that there are connections on the list. One stands for all of them.
func (l *LeftOut) Events() <-chan event.GenericEvent { return l.events }
