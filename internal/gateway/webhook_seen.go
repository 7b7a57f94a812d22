package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

const (
	// dedupeFor is longer than Flinks repeats a webhook: ten times, half an hour apart.
	dedupeFor = 6 * time.Hour
	// maxSkew is how far Flinks' clock may be ahead. A time that is further ahead would
	// make everything that comes later look old.
	maxSkew = time.Hour
)

// digest names a login or a webhook, and is of no use to anybody else.
type digest [sha256.Size]byte

// seen remembers which webhooks led to a hint. A webhook that Flinks signed can be sent
// again by anybody who got hold of it.
type seen struct {
	secret []byte
	hinted *recent[digest, time.Time]
	newest *recent[digest, time.Time]
}

func newSeen() *seen {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // It never fails.
	return &seen{
		secret: secret,
		hinted: newRecent[digest, time.Time](remembered), newest: newRecent[digest, time.Time](remembered),
	}
}

// isOld is true if a webhook has nothing to say that was not said before.
func (s *seen) isOld(now time.Time, i session.Instance, n note) bool {
	if this, ok := s.name(i, n); ok {
		if when, ok := s.hinted.get(this); ok && now.Before(when.Add(dedupeFor)) {
			return true
		}
	}
	newest, ok := s.newest.get(s.login(i, n))
	refreshed := n.refreshed(now)
	return ok && !refreshed.IsZero() && refreshed.Before(newest)
}

// remember that a webhook led to a hint.
func (s *seen) remember(now time.Time, i session.Instance, n note) {
	if this, ok := s.name(i, n); ok {
		s.hinted.update(this, func(time.Time, bool) time.Time { return now })
	}
	if refreshed := n.refreshed(now); !refreshed.IsZero() {
		s.newest.update(s.login(i, n), func(newest time.Time, _ bool) time.Time {
			if newest.After(refreshed) {
				return newest
			}
			return refreshed
		})
	}
}

// name tells webhooks apart; false if nothing in this one does.
func (s *seen) name(i session.Instance, n note) (digest, bool) {
	return s.digest(i, n.loginID, n.kind, n.requestID, n.lastRefresh), n.requestID != "" || n.lastRefresh != ""
}

func (s *seen) login(i session.Instance, n note) digest { return s.digest(i, n.loginID) }

func (s *seen) digest(i session.Instance, parts ...string) (d digest) {
	mac := hmac.New(sha256.New, s.secret)
	for _, part := range append([]string{i.Namespace, i.Name}, parts...) {
		_, _ = io.WriteString(mac, part+"\x00")
	}
	mac.Sum(d[:0])
	return d
}

// refreshed is LastRefresh as Flinks writes it, in UTC without saying so; zero if it is
// no time, or none that can be.
func (n note) refreshed(now time.Time) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		t, err := time.Parse(layout, n.lastRefresh)
		if err == nil && t.Year() > 1 && t.Before(now.Add(maxSkew)) {
			return t
		}
	}
	return time.Time{}
}
