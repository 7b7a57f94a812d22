// Package budget bounds what the operator may do at once. Nothing in it waits:
// whoever gets no place comes back later.
package budget

import "sync"

// LiveSessions bounds the live sessions under way, for each instance and in all.
// A live call can hold its worker for minutes, so the total must stay below the
// number of workers. It is safe for concurrent use.
type LiveSessions struct {
	// PerInstance and Total are the largest numbers of sessions at once.
	PerInstance, Total int

	mu    sync.Mutex
	total int
	open  map[string]int
}

// TryAcquire takes a place for an instance. release gives it back; it is nil if
// there was none.
func (s *LiveSessions) TryAcquire(instance string) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= s.Total || s.open[instance] >= s.PerInstance {
		return nil, false
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.total++
	s.open[instance]++
	return sync.OnceFunc(func() { s.release(instance) }), true
}

func (s *LiveSessions) release(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.open[instance]--; s.open[instance] == 0 {
		delete(s.open, instance)
	}
}
