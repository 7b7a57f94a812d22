package linkservice

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// maxRemembered bounds the connections, and the browsers, that are remembered. A link of one that is
// forgotten may do a little more than others.
const maxRemembered = 4096

// browser is one that a connection's link is opened in.
type browser struct {
	connection types.UID
	challenge  string
}

// limiter counts what is done within an hour for each connection, or whatever else a key stands for.
// It is safe for concurrent use.
type limiter[K comparable] struct {
	mu    sync.Mutex
	times map[K][]time.Time
}

// allow counts what is done, and returns the zero time; if it may not be done, it returns when
// to ask again.
func (l *limiter[K]) allow(now time.Time, key K, perHour int) (until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := within(now, l.times[key])
	if len(recent) >= perHour {
		return recent[len(recent)-perHour].Add(time.Hour)
	}
	if l.times == nil {
		l.times = map[K][]time.Time{}
	}
	makeRoom(l.times, key, func(times []time.Time) bool { return len(within(now, times)) == 0 })
	l.times[key] = append(recent, now)
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

// makeRoom forgets what is stale when there is no room for another key, and something at
// random if nothing is stale.
func makeRoom[K comparable, V any](m map[K]V, key K, stale func(V) bool) {
	if _, known := m[key]; known || len(m) < maxRemembered {
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

// pacer keeps the pages that ask for the same again and again from bringing it about as
// often. It is safe for concurrent use.
type pacer[K comparable] struct {
	mu   sync.Mutex
	last map[K]time.Time
}

// next reports whether the last time is long enough ago, and returns how long that is.
func (p *pacer[K]) next(now time.Time, key K, pace time.Duration) (age time.Duration, next bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age = now.Sub(p.last[key]); age < pace {
		return age, false
	}
	if p.last == nil {
		p.last = map[K]time.Time{}
	}
	makeRoom(p.last, key, func(t time.Time) bool { return !now.Before(t.Add(pace)) })
	p.last[key] = now
	return age, true
}

// sighting is what someone who holds a link did that changed nothing, such as to open it.
type sighting struct {
	uid     types.UID
	link    int64 // Its issue time, which tells the links of a connection apart.
	browser audit.Client
	act     audit.Act
	// login is the fingerprint of the login that the browser named; may be empty.
	login string
}
