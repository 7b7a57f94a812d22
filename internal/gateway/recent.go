package gateway

import "sync"

// recent remembers the last entries that were used: at least n, and at most twice as
// many. Whoever floods it makes it forget, and nothing more. It is safe for
// concurrent use.
type recent[K comparable, V any] struct {
	n int

	mu         sync.Mutex
	young, old map[K]V
}

func newRecent[K comparable, V any](n int) *recent[K, V] {
	return &recent[K, V]{n: n, young: map[K]V{}}
}

// update replaces the value of a key by what change makes of it, and returns that. ok is
// false if there was none.
func (r *recent[K, V]) update(key K, change func(v V, ok bool) V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.find(key)
	v = change(v, ok)
	if len(r.young) == r.n {
		r.young, r.old = map[K]V{}, r.young
	}
	r.young[key] = v
	return v
}

// forget drops a key.
func (r *recent[K, V]) forget(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, key)
	delete(r.old, key)
}

// get is the value of a key, if it is remembered.
func (r *recent[K, V]) get(key K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(key)
}

func (r *recent[K, V]) find(key K) (V, bool) {
	if v, ok := r.young[key]; ok {
		return v, true
	}
	v, ok := r.old[key]
	return v, ok
}
