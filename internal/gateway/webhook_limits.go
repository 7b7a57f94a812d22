package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// WebhookLimits bound what one address can make the gateway do by webhooks that are not
// signed. A webhook whose signature is right counts as a sixteenth of one that is not.
type WebhookLimits struct {
	// PerSecond is the rate of webhooks from one address, where an IPv6 /64 counts as one;
	// Burst may come at once.
	PerSecond, Burst float64
	// BytesPerSecond is the rate of bytes in bodies from one address; BurstBytes may come at
	// once.
	BytesPerSecond, BurstBytes float64
	// Body is how long the gateway waits for the whole body of a webhook.
	Body time.Duration
}

// signedShare is how much a webhook counts once its signature proved right. It is not
// zero: the owner of an instance can sign as many webhooks as they like.
const signedShare = 1.0 / 16

const (
	// maxWebhook is far above the data of one login.
	maxWebhook = 32 << 20
	// maxWebhooks bounds the webhooks that the gateway reads at the same time, of proven
	// senders and of others each. A webhook takes little memory, but a client that does not
	// finish its body occupies one of these places for as long as WebhookLimits.Body.
	maxWebhooks, maxWebhooksPerClient = 32, 8
)

// errTooMuch reports a body that is cut off because its sender sent too much.
var errTooMuch = errors.New("gateway: the sender has sent too much")

// webhookSender is a client that sends webhooks of one instance.
type webhookSender struct {
	client   netip.Prefix
	instance linkapi.Instance
}

// webhookLimits limit what the senders of webhooks make the gateway do before it knows
// whether Flinks signed them.
type webhookLimits struct {
	clock  clock.PassiveClock
	limits WebhookLimits
	// unproven has the allowance of each client, for all its webhooks together.
	unproven *lru[netip.Prefix, *allowance]
	// proven has an allowance for each sender that signed a webhook before, so that unsigned
	// webhooks of one instance do not hold back those of another from the same address.
	proven *lru[webhookSender, *allowance]
	// readingProven and readingUnproven bound the bodies that are read at the same time.
	readingProven, readingUnproven *semaphore
}

func newWebhookLimits(c clock.PassiveClock, l WebhookLimits) *webhookLimits {
	return &webhookLimits{
		clock: c, limits: l,
		unproven:        newLRU[netip.Prefix, *allowance](cacheSize),
		proven:          newLRU[webhookSender, *allowance](cacheSize),
		readingProven:   newSemaphore(maxWebhooks, maxWebhooksPerClient),
		readingUnproven: newSemaphore(maxWebhooks, maxWebhooksPerClient),
	}
}

// admit counts a webhook of a sender. It returns nil if the sender has sent too many, or
// too much for a body of the announced length, which is negative if it is not known. A body
// that no sender may send is left to the handler.
func (l *webhookLimits) admit(s webhookSender, length int64) *admission {
	a := &admission{limits: l, sender: s, reading: l.readingUnproven}
	if own, ok := l.proven.get(s); ok {
		a.allowance, a.proven, a.reading = own, true, l.readingProven
	} else {
		a.allowance = l.unproven.update(s.client, l.orFull)
	}
	if !a.allowance.takeRequest(l.clock.Now(), l.limits, float64(min(length, maxWebhook))) {
		return nil
	}
	return a
}

// orFull returns a full allowance where there is none.
func (l *webhookLimits) orFull(a *allowance, ok bool) *allowance {
	if ok {
		return a
	}
	return &allowance{requests: l.limits.Burst, bytes: l.limits.BurstBytes, filled: l.clock.Now()}
}

// admission is the permission to read one webhook.
type admission struct {
	limits    *webhookLimits
	sender    webhookSender
	allowance *allowance
	reading   *semaphore
	// proven reports whether the sender signed a webhook of this instance before.
	proven bool
	// length of what was read of the body.
	length int
}

// body returns the body of the webhook, which ends with errTooMuch when the sender has sent
// too much.
func (a *admission) body(of io.ReadCloser) io.ReadCloser { return &limitedBody{of, a} }

// signed records that the signature of the webhook is right, and gives back most of what
// the webhook counted.
func (a *admission) signed() {
	a.allowance.giveBack(1-signedShare, float64(a.length)*(1-signedShare))
	a.limits.proven.update(a.sender, a.limits.orFull)
}

// limitedBody counts what is read.
type limitedBody struct {
	io.ReadCloser

	admission *admission
}

// Read implements io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	a := b.admission
	if !a.allowance.hasBytes(a.limits.clock.Now(), a.limits.limits) {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p)
	a.length += n
	a.allowance.takeBytes(float64(n))
	return n, err
}

// allowance is what a sender may send now. It is safe for concurrent use.
type allowance struct {
	mu sync.Mutex
	// bytes is negative after a read that was longer than what was left.
	requests, bytes float64
	// filled is when the allowance last grew.
	filled time.Time
}

// takeRequest counts a request, and reports whether the sender may send it with a body of
// this length.
func (a *allowance) takeRequest(now time.Time, l WebhookLimits, length float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fill(now, l)
	if a.requests < 1 || a.bytes <= 0 || a.bytes < length {
		return false
	}
	a.requests--
	return true
}

// hasBytes reports whether the sender may send more of a body.
func (a *allowance) hasBytes(now time.Time, l WebhookLimits) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fill(now, l)
	return a.bytes > 0
}

func (a *allowance) takeBytes(n float64) { a.giveBack(0, -n) }

func (a *allowance) giveBack(requests, bytes float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests += requests
	a.bytes += bytes
}

func (a *allowance) fill(now time.Time, l WebhookLimits) {
	passed := max(now.Sub(a.filled).Seconds(), 0)
	a.requests = min(a.requests+passed*l.PerSecond, l.Burst)
	a.bytes = min(a.bytes+passed*l.BytesPerSecond, l.BurstBytes)
	a.filled = now
}

// isWebhook reports whether a request is one that the handler of webhooks answers, with
// limits of its own.
func isWebhook(r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, "/webhooks/")
	return ok && r.Method == http.MethodPost && name != "" && strings.Count(name, "/") <= 1
}
