package bankconnection

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// memory holds what must not, or need not, be written into a status. All of it
// may be lost at any time: an observe brings another RequestId, and what was
// paced is merely done once too soon. It is safe for concurrent use.
type memory struct {
	mu       sync.Mutex
	sessions map[types.NamespacedName]session
}

// session is what is remembered of one connection.
type session struct {
	uid        types.UID
	generation int64
	// requestID opens the newest data of the login; zero if none is at hand.
	requestID flinks.RequestID
	// async is true once Flinks answered that it is still fetching the data.
	async bool
	// notUntil holds back the next observe, collect or delete.
	notUntil time.Time
	// withdrawNotUntil holds back the next withdrawal of a Secret.
	withdrawNotUntil time.Time
}

// recall returns what is remembered of a connection. A changed spec is reason
// enough to try again at once.
func (m *memory) recall(c *v1alpha1.BankConnection) session {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}]
	if s.uid != c.UID || s.generation != c.Generation {
		s = session{uid: c.UID, generation: c.Generation}
	}
	return s
}

func (m *memory) keep(name types.NamespacedName, s session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions == nil {
		m.sessions = map[types.NamespacedName]session{}
	}
	if s.requestID.IsZero() && s.notUntil.IsZero() && s.withdrawNotUntil.IsZero() {
		delete(m.sessions, name)
		return
	}
	m.sessions[name] = s
}

func (m *memory) forget(name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, name)
}
