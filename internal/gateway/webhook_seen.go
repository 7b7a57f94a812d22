package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// dedupeFor is longer than Flinks repeats a webhook: ten times, half an hour apart.
	dedupeFor = 6 * time.Hour
	// maxSkew is how far Flinks' clock may be ahead. A time that is further ahead would
	// make everything that comes later look old.
	maxSkew = time.Hour
)

// passedOn remembers which webhooks were passed on, without the identifiers in them. A
// signature has no time and no number, so nothing else shows that one comes again.
type passedOn struct {
	clock clock.PassiveClock
	// secret makes what is remembered of logins useless to anybody else.
	secret []byte
	seen   *recent[[sha256.Size]byte, time.Time]
	newest *recent[[sha256.Size]byte, time.Time]
}

func newPassedOn(c clock.PassiveClock) *passedOn {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // It never fails.
	return &passedOn{
		clock: c, secret: secret,
		seen:   newRecent[[sha256.Size]byte, time.Time](remembered),
		newest: newRecent[[sha256.Size]byte, time.Time](remembered),
	}
}

// knows is true for a webhook that says nothing new of its login.
func (p *passedOn) knows(i linkapi.Instance, n note) bool {
	now := p.clock.Now()
	if when, ok := p.seen.get(p.whole(i, n)); ok && n.hasName() && now.Before(when.Add(dedupeFor)) {
		return true
	}
	newest, ok := p.newest.get(p.login(i, n))
	refreshed := n.refreshed(now)
	return ok && !refreshed.IsZero() && refreshed.Before(newest)
}

func (p *passedOn) add(i linkapi.Instance, n note) {
	now := p.clock.Now()
	p.seen.update(p.whole(i, n), func(time.Time, bool) time.Time { return now })
	refreshed := n.refreshed(now)
	p.newest.update(p.login(i, n), func(newest time.Time, _ bool) time.Time {
		if refreshed.After(newest) {
			return refreshed
		}
		return newest
	})
}

func (p *passedOn) login(i linkapi.Instance, n note) [sha256.Size]byte { return p.digest(i, n.who()) }

func (p *passedOn) whole(i linkapi.Instance, n note) [sha256.Size]byte {
	return p.digest(i, n.who(), n.kind, n.requestID, n.login.lastRefresh)
}

func (p *passedOn) digest(i linkapi.Instance, parts ...string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.secret)
	for _, part := range append([]string{i.Namespace, i.Name}, parts...) {
		_, _ = io.WriteString(mac, part+"\x00")
	}
	copy(sum[:], mac.Sum(nil))
	return sum
}

// hasName is true if something tells a webhook from others of its login.
func (n note) hasName() bool { return n.requestID != "" || n.login.lastRefresh != "" }

// refreshed is a time as Flinks writes it, mostly without a zone; zero if it is none, or
// one that cannot be.
func (n note) refreshed(now time.Time) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, n.login.lastRefresh)
		if err == nil && t.Before(now.Add(maxSkew)) {
			return t
		}
	}
	return time.Time{}
}
