package gateway

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// keysFor is how long the keys of an instance are held, and that it has none.
	keysFor = time.Minute
	// How often the operator is asked about instances that never had keys: whoever makes
	// up names must not reach it through the gateway.
	strangersPerSecond, strangersAtOnce = 2, 20
	rememberedInstances                 = 1024
)

// objectName is what Kubernetes lets an object of ours be called.
var objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// keyring holds the keys that webhooks are signed with, so that a flood of webhooks is
// none for the operator.
type keyring struct {
	backend linkapi.Backend
	clock   clock.PassiveClock
	// known had keys when they were last asked for, and strangers had none: names that
	// somebody makes up push out no instance.
	known     *recent[linkapi.Instance, heldKeys]
	strangers *recent[linkapi.Instance, time.Time]
	newcomers *rate.Limiter

	mu     sync.Mutex
	asking map[linkapi.Instance]*question
}

type heldKeys struct {
	keys  []linkapi.Identifier
	until time.Time
}

// question is one that several wait to be answered.
type question struct {
	answered chan struct{}
	keys     []linkapi.Identifier
	err      error
}

func newKeyring(backend linkapi.Backend, c clock.PassiveClock) *keyring {
	return &keyring{
		backend: backend, clock: c, newcomers: rate.NewLimiter(strangersPerSecond, strangersAtOnce),
		known:     newRecent[linkapi.Instance, heldKeys](rememberedInstances),
		strangers: newRecent[linkapi.Instance, time.Time](rememberedInstances),
		asking:    map[linkapi.Instance]*question{},
	}
}

// of are the keys of an instance. The error is ErrNotFound, or one that may be gone the
// next time.
func (k *keyring) of(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	if !isInstance(i) {
		return nil, linkapi.ErrNotFound
	}
	now := k.clock.Now()
	held, known := k.known.get(i)
	if known && now.Before(held.until) {
		return held.keys, nil
	}
	if until, ok := k.strangers.get(i); ok && now.Before(until) {
		return nil, linkapi.ErrNotFound
	}
	q, first := k.join(i)
	if !first {
		select {
		case <-q.answered:
			return q.keys, q.err
		case <-ctx.Done():
			return nil, linkapi.ErrUnavailable
		}
	}
	defer k.leave(i, q)
	if !known && !k.newcomers.AllowN(now, 1) {
		q.err = linkapi.ErrUnavailable
	} else {
		q.keys, q.err = k.ask(ctx, i)
	}
	return q.keys, q.err
}

func isInstance(i linkapi.Instance) bool {
	return objectName.MatchString(i.Name) && (i.Namespace == "" || objectName.MatchString(i.Namespace))
}

// ask goes on if whoever asked first is gone, for others may wait as well.
func (k *keyring) ask(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), quickly)
	defer cancel()
	keys, err := k.backend.WebhookKeys(ctx, i)
	if slices.ContainsFunc(keys, linkapi.Identifier.IsZero) {
		return nil, linkapi.ErrUnavailable // An empty key is one that everybody has.
	}
	until := k.clock.Now().Add(keysFor)
	switch {
	case errors.Is(err, linkapi.ErrNotFound), errors.Is(err, linkapi.ErrInvalid), err == nil && len(keys) == 0:
		k.known.forget(i)
		k.strangers.update(i, func(time.Time, bool) time.Time { return until })
		return nil, linkapi.ErrNotFound
	case err != nil:
		return nil, err
	}
	k.known.update(i, func(heldKeys, bool) heldKeys { return heldKeys{keys, until} })
	return keys, nil
}

// join is the question that is asked about an instance, and whether it is a new one.
func (k *keyring) join(i linkapi.Instance) (q *question, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if q, ok := k.asking[i]; ok {
		return q, false
	}
	q = &question{answered: make(chan struct{}), err: linkapi.ErrUnavailable}
	k.asking[i] = q
	return q, true
}

func (k *keyring) leave(i linkapi.Instance, q *question) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.asking, i)
	close(q.answered)
}
