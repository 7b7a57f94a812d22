package world

import (
	"slices"
	"time"
)

// timers are what is to be done at certain times.
type timers []timer

type timer struct {
	at time.Time
	do func()
}

// After does something after a while.
func (w *World) After(d time.Duration, do func()) {
	w.timers = append(w.timers, timer{w.now.Add(d), do})
	slices.SortStableFunc(w.timers, func(a, b timer) int { return a.at.Compare(b.at) })
}

// Act implements Actor.
func (t *timers) Act(w *World) bool {
	if len(*t) == 0 || w.now.Before((*t)[0].at) {
		return false
	}
	next := (*t)[0]
	*t = (*t)[1:]
	next.do()
	return true
}

// Next implements Actor.
func (t *timers) Next(*World) time.Time {
	if len(*t) == 0 {
		return time.Time{}
	}
	return (*t)[0].at
}
