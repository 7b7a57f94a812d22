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
	// replayWindow is longer than Flinks repeats a webhook: ten times, half an hour apart.
	replayWindow = 6 * time.Hour
	// maxClockSkew is how far Flinks' clock may be ahead. A time that is further ahead would
	// make everything that comes later look old.
	maxClockSkew = time.Hour
)

// replayFilter recognizes webhooks that the operator was notified of before. A signature
// contains neither a time nor a number, so nothing in a webhook shows that it is a
// repetition. The filter stores no identifiers, only keyed digests of them.
type replayFilter struct {
	clock clock.PassiveClock
	// secret is the key of the digests: outside this process they are of no use.
	secret []byte
	// seen has the times of the notifications.
	seen *lru[[sha256.Size]byte, time.Time]
	// newest has the newest refresh time of each login.
	newest *lru[[sha256.Size]byte, time.Time]
}

func newReplayFilter(c clock.PassiveClock) *replayFilter {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // It never fails.
	return &replayFilter{
		clock: c, secret: secret,
		seen:   newLRU[[sha256.Size]byte, time.Time](cacheSize),
		newest: newLRU[[sha256.Size]byte, time.Time](cacheSize),
	}
}

// isReplay reports whether a webhook says nothing new of its login.
func (f *replayFilter) isReplay(i linkapi.Instance, p webhookPayload) bool {
	now := f.clock.Now()
	if when, ok := f.seen.get(f.payloadKey(i, p)); ok && p.isDistinct() && now.Before(when.Add(replayWindow)) {
		return true
	}
	newest, ok := f.newest.get(f.loginKey(i, p))
	refreshed := p.refreshTime(now)
	return ok && !refreshed.IsZero() && refreshed.Before(newest)
}

// add records that the operator was notified of a webhook.
func (f *replayFilter) add(i linkapi.Instance, p webhookPayload) {
	now := f.clock.Now()
	f.seen.update(f.payloadKey(i, p), func(time.Time, bool) time.Time { return now })
	refreshed := p.refreshTime(now)
	f.newest.update(f.loginKey(i, p), func(newest time.Time, _ bool) time.Time {
		if refreshed.After(newest) {
			return refreshed
		}
		return newest
	})
}

func (f *replayFilter) loginKey(i linkapi.Instance, p webhookPayload) [sha256.Size]byte {
	return f.digest(i, p.loginID())
}

func (f *replayFilter) payloadKey(i linkapi.Instance, p webhookPayload) [sha256.Size]byte {
	return f.digest(i, p.loginID(), p.responseType, p.requestID, p.login.lastRefresh)
}

func (f *replayFilter) digest(i linkapi.Instance, parts ...string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, f.secret)
	for _, part := range append([]string{i.Namespace, i.Name}, parts...) {
		_, _ = io.WriteString(mac, part+"\x00")
	}
	copy(sum[:], mac.Sum(nil))
	return sum
}

// isDistinct reports whether the payload has something that tells it from others of its
// login.
func (p webhookPayload) isDistinct() bool { return p.requestID != "" || p.login.lastRefresh != "" }

// refreshTime parses the time of the last refresh, which Flinks mostly writes without a
// zone. It returns zero for a text that is no time, and for a time in the future.
func (p webhookPayload) refreshTime(now time.Time) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, p.login.lastRefresh)
		if err == nil && t.Before(now.Add(maxClockSkew)) {
			return t
		}
	}
	return time.Time{}
}
