package gateway

import (
	"net/netip"
	"sync"
)

// semaphore limits concurrent work, in total and per client, so that a client that is
// slow on purpose blocks no more than its own share.
type semaphore struct {
	limit, limitPerClient int

	mu        sync.Mutex
	held      int
	perClient map[netip.Prefix]int
}

func newSemaphore(limit, limitPerClient int) *semaphore {
	return &semaphore{limit: limit, limitPerClient: limitPerClient, perClient: map[netip.Prefix]int{}}
}

// tryAcquire reports whether the client may proceed. If so, the caller must release.
func (s *semaphore) tryAcquire(client netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == s.limit || s.perClient[client] == s.limitPerClient {
		return false
	}
	s.held++
	s.perClient[client]++
	return true
}

func (s *semaphore) release(client netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held--
	if s.perClient[client]--; s.perClient[client] == 0 {
		delete(s.perClient, client)
	}
}
