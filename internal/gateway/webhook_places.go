package gateway

import (
	"net/netip"
	"sync"
)

const (
	// webhooksAtOnce bounds those that are read at the same time. They are streamed, so
	// each takes a few kilobytes, whatever its size.
	webhooksAtOnce = 64
	// webhooksAtOnceFrom bounds those of one address. Until it is read nobody knows whether
	// a webhook is genuine, so whoever sends slowly must not take all places.
	webhooksAtOnceFrom = 16
)

// places are for webhooks while they are read.
type places struct {
	mu    sync.Mutex
	taken int
	by    map[netip.Prefix]int
}

func newPlaces() *places { return &places{by: map[netip.Prefix]int{}} }

func (p *places) take(from netip.Prefix) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == webhooksAtOnce || p.by[from] == webhooksAtOnceFrom {
		return false
	}
	p.taken++
	p.by[from]++
	return true
}

func (p *places) leave(from netip.Prefix) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.by[from]--; p.by[from] == 0 {
		delete(p.by, from)
	}
}
