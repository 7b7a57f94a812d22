package gateway

import (
	"net/netip"
	"sync"
)

// places bound what is done at the same time, in all and for one visitor: whoever is
// slow on purpose takes no more than a visitor's share.
type places struct {
	most, mostOfOne int

	mu    sync.Mutex
	taken int
	of    map[netip.Prefix]int
}

func newPlaces(most, mostOfOne int) *places {
	return &places{most: most, mostOfOne: mostOfOne, of: map[netip.Prefix]int{}}
}

func (p *places) take(who netip.Prefix) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == p.most || p.of[who] == p.mostOfOne {
		return false
	}
	p.taken++
	p.of[who]++
	return true
}

func (p *places) leave(who netip.Prefix) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.of[who]--; p.of[who] == 0 {
		delete(p.of, who)
	}
}
