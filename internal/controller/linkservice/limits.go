package linkservice

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// maxRemembered bounds the connections that are remembered. A link of one that is forgotten
// may do a little more than others.
const maxRemembered = 4096

// limiter counts what is done for a connection within an hour. It is safe for
// concurrent use.
type limiter struct {
	mu    sync.Mutex
	times map[types.UID][]time.Time
}

// allow counts what is done, and returns the zero time; if it may not be done, it returns when
// to ask again.
func (l *limiter) allow(now time.Time, uid types.UID, perHour int) (until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := within(now, l.times[uid])
	if len(recent) >= perHour {
		return recent[len(recent)-perHour].Add(time.Hour)
	}
	if l.times == nil {
		l.times = map[types.UID][]time.Time{}
	}
	makeRoom(l.times, uid, func(times []time.Time) bool { return len(within(now, times)) == 0 })
	l.times[uid] = append(recent, now)
	return time.Time{}
}

// within returns the times of the last hour.
func within(now time.Time, times []time.Time) []time.Time {
	for i, t := range times {
		if now.Before(t.Add(time.Hour)) {
			return times[i:len(times):len(times)]
		}
	}
	return nil
}

// makeRoom forgets what is stale when there is no room for another connection, and
// something at random if nothing is stale.
func makeRoom[V any](m map[types.UID]V, uid types.UID, stale func(V) bool) {
	if _, known := m[uid]; known || len(m) < maxRemembered {
		return
	}
	for other, value := range m {
		if stale(value) {
			delete(m, other)
		}
	}
	for other := range m {
		if len(m) < maxRemembered {
			return
		}
		delete(m, other)
	}
}

// pacer keeps the pages that ask for one connection again and again from making Flinks
// be asked as often. It is safe for concurrent use.
type pacer struct {
	mu   sync.Mutex
	last map[types.UID]time.Time
}

// next reports whether the last time is long enough ago, and returns how long that is.
func (p *pacer) next(now time.Time, uid types.UID, pace time.Duration) (age time.Duration, next bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age = now.Sub(p.last[uid]); age < pace {
		return age, false
	}
	if p.last == nil {
		p.last = map[types.UID]time.Time{}
	}
	makeRoom(p.last, uid, func(t time.Time) bool { return !now.Before(t.Add(pace)) })
	p.last[uid] = now
	return age, true
}
