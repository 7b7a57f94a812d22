package day

import (
	"cmp"
	"time"
)

// timer is something that happens at a time.
type timer struct {
	at    time.Time
	order int
	do    func()
}

// timers is a heap of them.
type timers []timer

func (h timers) Len() int { return len(h) }
func (h timers) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h timers) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timers) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timers) Pop() any     { return pop((*[]timer)(h)) }

// item is a connection that is to be looked at.
type item struct {
	connection      *connection
	priority, order int
}

// queue is a heap of items, the most urgent first.
type queue []*item

func (h queue) Len() int { return len(h) }
func (h queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].priority, h[i].priority), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h queue) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *queue) Push(x any)   { *h = append(*h, x.(*item)) }
func (h *queue) Pop() any     { return pop((*[]*item)(h)) }

func pop[T any](s *[]T) T {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
