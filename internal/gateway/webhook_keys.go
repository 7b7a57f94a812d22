package gateway

import (
	"context"
	"errors"
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
	// Rate and burst of calls to the operator for instances that are not in the cache: made-up
	// names must not become a flood of calls.
	missesPerSecond, missBurst = 2, 20
	maxCachedInstances         = 1024
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
	absent *lru[linkapi.Instance, time.Time]
	misses *rate.Limiter
	calls  singleflight.Group
}

type cachedKeys struct {
	keys  []linkapi.Identifier
	until time.Time
}

func newKeyCache(backend linkapi.Backend, c clock.PassiveClock) *keyCache {
	return &keyCache{
		backend: backend, clock: c, misses: rate.NewLimiter(missesPerSecond, missBurst),
		known:  newLRU[linkapi.Instance, cachedKeys](maxCachedInstances),
		absent: newLRU[linkapi.Instance, time.Time](maxCachedInstances),
	}
}

// keysOf returns the keys of an instance. The error is ErrNotFound, or one that is worth
// a retry.
func (c *keyCache) keysOf(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
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
		if !known && !c.misses.AllowN(now, 1) {
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
