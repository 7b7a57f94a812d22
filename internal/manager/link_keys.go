package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

const (
	// linksSecret holds the keys that sign links. The name of each is the time from which
	// it signs.
	linksSecret = "flinks-operator-links"
	// keyNameLayout is RFC 3339 without what a name in a Secret may not have.
	keyNameLayout = "20060102T150405Z"
	// keysAge is how old the keys of a process may be.
	keysAge = time.Minute
	// keyDelay is how long a key that appears waits before it signs, whatever its name
	// says: until then every other replica has read it.
	keyDelay = 2 * time.Minute
)

// errKeyName does not contain the name: an administrator may have confused it with the key.
var errKeyName = errors.New("the name of a key is not a time such as 20270131T120000Z")

// linkKeys are the keys of links, which this process reads again every minute. They are
// safe for concurrent use.
type linkKeys struct {
	secrets *bootstrapSecrets
	keys    atomic.Pointer[link.Keys]
	// removed tells that a key was removed. One event is enough for any number of keys.
	removed chan event.GenericEvent

	mu    sync.Mutex
	asked time.Time
	// notBefore is when the keys that appeared while this process ran may sign.
	notBefore map[string]time.Time
	failure   string
}

// newLinkKeys reads the keys, and creates the Secret if it does not exist.
func newLinkKeys(ctx context.Context, s *bootstrapSecrets) (*linkKeys, error) {
	now := s.clock.Now()
	secret, err := s.getOrMake(ctx, linksSecret, v1alpha1.PurposeLinkKeys, corev1.SecretTypeOpaque, func() (map[string][]byte, error) {
		return map[string][]byte{now.UTC().Format(keyNameLayout): link.RandomKey()}, nil
	})
	if err != nil {
		return nil, err
	}
	k := &linkKeys{secrets: s, asked: now, removed: make(chan event.GenericEvent, 1)}
	if err := k.take(secret.Data, time.Time{}); err != nil {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", s.namespace, linksSecret, err)
	}
	return k, nil
}

// current returns the keys of now.
func (k *linkKeys) current() link.Keys { return *k.keys.Load() }

// refresh reads the keys again if they are a minute old. Keys that cannot be read replace
// none: that the Secret is gone or was spoiled must not invalidate every link.
func (k *linkKeys) refresh(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.secrets.clock.Now()
	if now.Before(k.asked.Add(keysAge)) {
		return
	}
	k.asked = now
	secret, err := k.secrets.get(ctx, linksSecret)
	if err == nil {
		err = k.take(secret.Data, now.Add(keyDelay))
	}
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	if failure != "" && failure != k.failure {
		ctrl.LoggerFrom(ctx).Error(err, "Link keys not read again", "secret", linksSecret)
	}
	k.failure = failure
}

// take replaces the keys. Those that were not there before sign at the given time at the
// earliest.
func (k *linkKeys) take(data map[string][]byte, earliest time.Time) error {
	all := make([]link.Key, 0, len(data))
	notBefore := map[string]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		signsFrom, err := time.Parse(keyNameLayout, name)
		if err != nil {
			return errKeyName
		}
		key, err := link.NewKey(data[name], signsFrom)
		if err != nil {
			return err
		}
		seen, ok := k.notBefore[key.ID()]
		if !ok {
			seen = earliest
		}
		notBefore[key.ID()] = seen
		all = append(all, key.SigningFrom(later(signsFrom, seen)))
	}
	keys, err := link.NewKeys(all...)
	if err != nil {
		return err
	}
	before := k.notBefore
	k.keys.Store(&keys)
	k.notBefore = notBefore
	for id := range before {
		if _, ok := notBefore[id]; !ok {
			k.tellRemoved()
		}
	}
	return nil
}

// tellRemoved never blocks: if the channel is full, its reader has yet to look.
func (k *linkKeys) tellRemoved() {
	select {
	case k.removed <- event.GenericEvent{Object: &v1alpha1.BankConnection{}}:
	default:
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
