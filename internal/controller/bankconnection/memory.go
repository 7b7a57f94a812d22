package bankconnection

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// A cache may need so long to catch up, and is looked at again after twice as long each
// time that it did not.
const (
	conflictDelay    = time.Second
	maxConflictDelay = time.Minute
)

// memory holds what must not, or need not, be written into a status. All of it
// may be lost at any time: an observe brings another RequestId, what was paced is
// merely done once too soon, a rebind waits for the next observe, and a binding that
// was not written yet may wait half an hour for its first live session. It is safe for
// concurrent use.
type memory struct {
	mu       sync.Mutex
	sessions map[types.NamespacedName]session
}

// session is what is remembered of one connection.
type session struct {
	uid        types.UID
	generation int64
	// memory is what the last decision left behind.
	memory lifecycle.Memory
	// requestID opens the newest data of the login; zero if none is at hand.
	requestID flinks.RequestID
	// nonce is that of the live session whose data these are.
	nonce string
	// use is what the RequestId is asked for next.
	use sessionUse
	// rebindsAsked counts the rebind annotations that were set, and rebindsTried those
	// after which the Secret was read. One may be set while a reconcile is under way.
	rebindsAsked, rebindsTried int
	// protectedSecret is the UID of the Secret that was protected for a binding which is not
	// written yet.
	protectedSecret types.UID
	// old is the connection as it was when a write found that it had changed.
	old oldObject
}

// sessionUse is what a RequestId is good for.
type sessionUse int

const (
	// opensData: the data was not asked for yet.
	opensData sessionUse = iota
	// awaitsData: Flinks answered that it is still fetching the data.
	awaitsData
	// awaitsOutcome: AuthorizeAsync gave it, and tells how the live session ends.
	awaitsOutcome
)

// oldObject is a version of an object that is known not to be the newest one.
type oldObject struct {
	version string
	until   time.Time
	wait    time.Duration
}

// recall returns what is remembered of a connection. A changed spec is reason
// enough to try again at once.
func (m *memory) recall(c *v1alpha1.BankConnection) session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(c)
}

func (m *memory) of(c *v1alpha1.BankConnection) session {
	s := m.sessions[types.NamespacedName{Namespace: c.Namespace, Name: c.Name}]
	if s.uid == c.UID && s.generation == c.Generation {
		return s
	}
	fresh := session{uid: c.UID, generation: c.Generation}
	if s.uid == c.UID {
		fresh.rebindsAsked, fresh.rebindsTried, fresh.protectedSecret = s.rebindsAsked, s.rebindsTried, s.protectedSecret
		if s.use == awaitsOutcome {
			// Nothing but this session tells of the bank's question.
			fresh.requestID, fresh.nonce, fresh.use = s.requestID, s.nonce, s.use
		}
	}
	return fresh
}

// keep remembers a connection as a reconcile leaves it. A rebind that was asked for
// since it recalled the connection stays asked for.
func (m *memory) keep(name types.NamespacedName, s session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.sessions[name]; now.uid == s.uid {
		s.rebindsAsked = max(s.rebindsAsked, now.rebindsAsked)
	}
	m.put(name, s)
}

// askRebind remembers that the Secret is to be read without waiting for the next observe.
func (m *memory) askRebind(c *v1alpha1.BankConnection) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(c)
	s.rebindsAsked++
	m.put(types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, s)
}

// noteProtected remembers that a Secret is protected for the binding that is written next. The write
// may fail, and the finalizer that is found then is no trace of an earlier binding.
func (m *memory) noteProtected(c *v1alpha1.BankConnection, secret types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(c)
	s.protectedSecret = secret
	m.put(types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, s)
}

// noteOld remembers that a connection is not as it was read, and returns when to look whether
// the cache has caught up.
func (m *memory) noteOld(c *v1alpha1.BankConnection, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(c)
	wait := conflictDelay
	if s.old.version == c.ResourceVersion {
		wait = min(2*s.old.wait, maxConflictDelay)
	}
	s.old = oldObject{version: c.ResourceVersion, until: now.Add(wait), wait: wait}
	m.put(types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, s)
	return wait
}

// shortenPause has the next call of a connection wait no longer than one for data does: what paced it was
// remembered for another status than the one that may now be written.
func (m *memory) shortenPause(c *v1alpha1.BankConnection, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.of(c)
	if end := now.Add(lifecycle.CollectPoll); s.memory.NotUntil.After(end) {
		s.memory.NotUntil = end
	}
	m.put(types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, s)
}

// oldFor returns how long a connection, as the cache shows it, is still known to be old.
func (m *memory) oldFor(c *v1alpha1.BankConnection, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.of(c).old
	if old.version != c.ResourceVersion {
		return 0
	}
	return max(0, old.until.Sub(now))
}

func (m *memory) put(name types.NamespacedName, s session) {
	if m.sessions == nil {
		m.sessions = map[types.NamespacedName]session{}
	}
	if s.isEmpty() {
		delete(m.sessions, name)
		return
	}
	m.sessions[name] = s
}

// rebindAsked reports whether a rebind annotation was set since the Secret was last read.
func (s session) rebindAsked() bool { return s.rebindsAsked > s.rebindsTried }

// take remembers a RequestId, and what it is good for.
func (s *session) take(id flinks.RequestID, use sessionUse) { s.requestID, s.use = id, use }

// keepRequestID remembers the RequestId for as long as the same live session is the newest.
func (s *session) keepRequestID(c *v1alpha1.BankConnection, wanted bool) {
	s.nonce = nonceOf(c)
	if !wanted {
		s.take(flinks.RequestID{}, opensData)
	}
}

// opens reports whether a RequestId is at hand that opens the data of the newest live
// session. Another manager may have started one since.
func (s *session) opens(c *v1alpha1.BankConnection) bool {
	return !s.requestID.IsZero() && s.nonce == nonceOf(c)
}

func nonceOf(c *v1alpha1.BankConnection) string {
	if c.Status.Refresh == nil {
		return ""
	}
	return c.Status.Internal.Nonce
}

// isEmpty reports whether there is nothing to remember.
func (s session) isEmpty() bool {
	return s.requestID.IsZero() && s.protectedSecret == "" && s.old.version == "" && !s.rebindAsked() && s.memory == lifecycle.Memory{}
}

func (m *memory) forget(name types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, name)
}
