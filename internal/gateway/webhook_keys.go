package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// keyLifetime is how long the cache holds the keys of an instance, or that it has none.
	keyLifetime = time.Minute
	// Rates and bursts of calls to the operator for instances that had no keys before, of one
	// client and of all: made-up names must not become a flood of calls, and one client's must
	// not keep the gateway from asking about those of others.
	missesPerSecond, missBurst             = 50, 200
	clientMissesPerSecond, clientMissBurst = 1, 50
	maxCachedInstances                     = 1024
	// maxKeys is how many keys an instance has at most.
	maxKeys = 2
)

// objectName matches the names that Kubernetes allows for objects of our kinds.
var objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// keyCache caches the keys that verify webhooks, so that a flood of webhooks is no flood
// of calls to the operator.
type keyCache struct {
	backend linkapi.Backend
	clock   clock.PassiveClock
	// known has the instances that had keys when the gateway last asked.
	known *lru[linkapi.Instance, cachedKeys]
	// absent is the negative cache: the instances that had none. It is apart from known, so
	// that made-up names evict no instance.
	absent       *lru[linkapi.Instance, time.Time]
	misses       *rate.Limiter
	clientMisses *rateLimiter[netip.Prefix]
	calls        singleflight.Group
	// decoy is a key that nothing is signed with.
	decoy linkapi.Identifier
}

type cachedKeys struct {
	keys  []linkapi.Identifier
	until time.Time
}

func newKeyCache(backend linkapi.Backend, c clock.PassiveClock) *keyCache {
	return &keyCache{
		backend: backend, clock: c, misses: rate.NewLimiter(missesPerSecond, missBurst),
		clientMisses: newRateLimiter[netip.Prefix](c, clientMissesPerSecond, clientMissBurst),
		known:        newLRU[linkapi.Instance, cachedKeys](maxCachedInstances),
		absent:       newLRU[linkapi.Instance, time.Time](maxCachedInstances),
		decoy:        linkapi.NewIdentifier(rand.Text()),
	}
}

// padded returns keys with decoys up to maxKeys, so that the time of a verification tells
// neither how many keys an instance has nor whether it exists.
func (c *keyCache) padded(keys []linkapi.Identifier) []linkapi.Identifier {
	for keys = slices.Clip(keys); len(keys) < maxKeys; {
		keys = append(keys, c.decoy)
	}
	return keys
}

// keysOf returns the keys of an instance, for a webhook of a client. The error is
// ErrNotFound, or one that is worth a retry.
func (c *keyCache) keysOf(ctx context.Context, client netip.Prefix, i linkapi.Instance) ([]linkapi.Identifier, error) {
	if !isInstance(i) {
		return nil, linkapi.ErrNotFound
	}
	now := c.clock.Now()
	cached, known := c.known.get(i)
	if known && now.Before(cached.until) {
		return cached.keys, nil
	}
	if until, ok := c.absent.get(i); ok && now.Before(until) {
		return nil, linkapi.ErrNotFound
	}
	fetched, err, _ := c.calls.Do(i.Namespace+"/"+i.Name, func() (any, error) {
		if !known && (!c.clientMisses.allow(client) || !c.misses.AllowN(now, 1)) {
			return nil, linkapi.ErrUnavailable
		}
		return c.fetch(ctx, i)
	})
	keys, _ := fetched.([]linkapi.Identifier)
	return keys, err
}

func isInstance(i linkapi.Instance) bool {
	return objectName.MatchString(i.Name) && (i.Namespace == "" || objectName.MatchString(i.Namespace))
}

// fetch asks the operator, also after the request that caused the call was canceled:
// other requests may wait for the same call.
func (c *keyCache) fetch(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	keys, err := c.backend.WebhookKeys(ctx, i)
	if slices.ContainsFunc(keys, linkapi.Identifier.IsZero) {
		return nil, linkapi.ErrUnavailable // Anyone could sign with an empty key.
	}
	until := c.clock.Now().Add(keyLifetime)
	switch {
	case errors.Is(err, linkapi.ErrNotFound), errors.Is(err, linkapi.ErrInvalid), err == nil && len(keys) == 0:
		c.known.remove(i)
		c.absent.update(i, func(time.Time, bool) time.Time { return until })
		return nil, linkapi.ErrNotFound
	case err != nil:
		return nil, err
	}
	c.known.update(i, func(cachedKeys, bool) cachedKeys { return cachedKeys{keys, until} })
	return keys, nil
}
