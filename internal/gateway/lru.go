package gateway

import "sync"

// cacheSize is how many clients, links and webhooks a cache holds at least.
const cacheSize = 8192

// lru is a cache of the entries that were updated last: at least size of them, and at
// most twice as many. It keeps two generations and drops the older one when the newer
// one is full, so that an attacker who floods it can evict entries and do nothing else.
// It is safe for concurrent use.
type lru[K comparable, V any] struct {
	size int

	mu         sync.Mutex
	young, old map[K]V
}

func newLRU[K comparable, V any](size int) *lru[K, V] {
	return &lru[K, V]{size: size, young: map[K]V{}}
}

// update replaces the value of a key by the result of change, and returns it. ok reports
// whether the cache had a value.
func (c *lru[K, V]) update(key K, change func(v V, ok bool) V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.find(key)
	v = change(v, ok)
	if len(c.young) == c.size {
		c.young, c.old = map[K]V{}, c.young
	}
	c.young[key] = v
	return v
}

// remove drops a key.
func (c *lru[K, V]) remove(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, key)
	delete(c.old, key)
}

// get returns the value of a key, and whether the cache has one.
func (c *lru[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(key)
}

func (c *lru[K, V]) find(key K) (V, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	return v, ok
}
