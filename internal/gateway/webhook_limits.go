package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
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

// times returns the limits of a number of addresses.
func (l WebhookLimits) times(n float64) WebhookLimits {
	l.PerSecond, l.Burst, l.BytesPerSecond, l.BurstBytes = n*l.PerSecond, n*l.Burst, n*l.BytesPerSecond, n*l.BurstBytes
	return l
}

// unprovenShare is how many times the limits of one address all addresses have together
// that did not sign a webhook before. Some clients have more addresses than can be counted.
const unprovenShare = 16

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
	// allUnproven is the allowance of all of them together.
	allUnproven *allowance
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
		allUnproven:     newAllowance(c, l.times(unprovenShare)),
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
		a.allowances, a.proven, a.reading = []*allowance{own}, true, l.readingProven
	} else {
		a.allowances = []*allowance{l.unproven.update(s.client, l.orFull), l.allUnproven}
	}
	for _, of := range a.allowances {
		if !of.takeRequest(float64(min(length, maxWebhook))) {
			return nil
		}
	}
	return a
}

// orFull returns the allowance of a sender, or a full one for a sender without.
func (l *webhookLimits) orFull(a *allowance, ok bool) *allowance {
	if ok {
		return a
	}
	return newAllowance(l.clock, l.limits)
}

// admission is the permission to read one webhook.
type admission struct {
	limits *webhookLimits
	sender webhookSender
	// allowances that the webhook counts against.
	allowances []*allowance
	reading    *semaphore
	// proven reports whether the sender signed a webhook of this instance before.
	proven bool
	// length of what was read of the body.
	length int
}

// body returns the body of the webhook, which ends with errTooMuch when the sender has sent
// too much.
func (a *admission) body(of io.ReadCloser) io.ReadCloser { return &limitedBody{of, a} }

// hasBytes reports whether the sender may send more of the body.
func (a *admission) hasBytes() bool {
	return !slices.ContainsFunc(a.allowances, func(of *allowance) bool { return !of.hasBytes() })
}

// take counts bytes of the body.
func (a *admission) take(n int) {
	a.length += n
	for _, of := range a.allowances {
		of.giveBack(0, -float64(n))
	}
}

// signed records that the signature of the webhook is right, and gives back most of what
// the webhook counted.
func (a *admission) signed() {
	for _, of := range a.allowances {
		of.giveBack(1-signedShare, float64(a.length)*(1-signedShare))
	}
	a.limits.proven.update(a.sender, a.limits.orFull)
}

// limitedBody counts what is read.
type limitedBody struct {
	io.ReadCloser

	admission *admission
}

// Read implements io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	if !b.admission.hasBytes() {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p)
	b.admission.take(n)
	return n, err
}

// allowance is what a sender may send now, or all of them. It is safe for concurrent use.
type allowance struct {
	clock  clock.PassiveClock
	limits WebhookLimits

	mu sync.Mutex
	// bytes is negative after a read that was longer than what was left.
	requests, bytes float64
	// filled is when the allowance last grew.
	filled time.Time
}

// newAllowance returns a full allowance.
func newAllowance(c clock.PassiveClock, l WebhookLimits) *allowance {
	return &allowance{clock: c, limits: l, requests: l.Burst, bytes: l.BurstBytes}
}

// takeRequest counts a request, and reports whether the sender may send it with a body of
// this length.
func (a *allowance) takeRequest(length float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fill()
	if a.requests < 1 || a.bytes <= 0 || a.bytes < length {
		return false
	}
	a.requests--
	return true
}

func (a *allowance) hasBytes() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fill()
	return a.bytes > 0
}

func (a *allowance) giveBack(requests, bytes float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests += requests
	a.bytes += bytes
}

func (a *allowance) fill() {
	now := a.clock.Now()
	passed := max(now.Sub(a.filled).Seconds(), 0)
	a.requests = min(a.requests+passed*a.limits.PerSecond, a.limits.Burst)
	a.bytes = min(a.bytes+passed*a.limits.BytesPerSecond, a.limits.BurstBytes)
	a.filled = now
}

// isWebhook reports whether a request is one that the handler of webhooks answers, with
// limits of its own.
func isWebhook(r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, "/webhooks/")
	return ok && r.Method == http.MethodPost && name != "" && strings.Count(name, "/") <= 1
}
