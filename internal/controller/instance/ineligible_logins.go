package instance

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// IneligibleLogins lists the connections whose login is not eligible for Flinks' nightly
// refresh, as Flinks says: each is observed once, to find out why. Losing the list in a crash
// only means that the next observe, which is due anyway, finds out. It is safe for
// concurrent use.
type IneligibleLogins struct {
	mu   sync.Mutex
	uids map[types.NamespacedName]types.UID

	events chan event.GenericEvent
}

// NewIneligibleLogins returns an empty list.
func NewIneligibleLogins() *IneligibleLogins {
	return &IneligibleLogins{uids: map[types.NamespacedName]types.UID{}, events: make(chan event.GenericEvent, 1)}
}

// report adds connections. It never blocks: if the channel is full, its reader has yet to
// read the list.
func (l *IneligibleLogins) report(connections []*v1alpha1.BankConnection) {
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

// Contains reports whether the connection is to be observed.
func (l *IneligibleLogins) Contains(c *v1alpha1.BankConnection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uids[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}] == c.UID
}

// Forget takes a connection off the list.
func (l *IneligibleLogins) Forget(name types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.uids, name)
}

// Requests returns every connection on the list.
func (l *IneligibleLogins) Requests() []reconcile.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []reconcile.Request
	for name := range l.uids {
		all = append(all, reconcile.Request{NamespacedName: name})
	}
	return all
}

// Events tell that there are connections on the list. One stands for all of them.
func (l *IneligibleLogins) Events() <-chan event.GenericEvent { return l.events }
