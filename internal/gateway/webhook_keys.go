package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

const (
	// keysFor is how long the keys of an instance are held, and that it has none.
	keysFor = time.Minute
	// instancesHeld is how many instances' keys are held at least.
	instancesHeld = 1024
	maxName       = 253
)

// keyring holds the keys of webhooks for a minute, in memory only: a flood of webhooks
// is none for the operator.
type keyring struct {
	sessions session.Backend
	clock    clock.PassiveClock
	held     *recent[session.Instance, heldKeys]
}

type heldKeys struct {
	keys  []session.Identifier
	until time.Time
}

func newKeyring(sessions session.Backend, c clock.PassiveClock) *keyring {
	return &keyring{sessions: sessions, clock: c, held: newRecent[session.Instance, heldKeys](instancesHeld)}
}

// known is true for an instance that has, or just had, keys.
func (k *keyring) known(i session.Instance) bool {
	held, _ := k.held.get(i)
	return len(held.keys) > 0
}

// of are the keys of an instance; ErrNotFound if it has none.
func (k *keyring) of(ctx context.Context, i session.Instance) ([]session.Identifier, error) {
	if !isName(i.Name) || (i.Namespace != "" && !isName(i.Namespace)) {
		return nil, session.ErrNotFound
	}
	now := k.clock.Now()
	held, ok := k.held.get(i)
	if !ok || !now.Before(held.until) {
		keys, err := k.ask(ctx, i)
		if err != nil {
			return nil, err
		}
		held = k.held.update(i, func(heldKeys, bool) heldKeys { return heldKeys{keys, now.Add(keysFor)} })
	}
	if len(held.keys) == 0 {
		return nil, session.ErrNotFound
	}
	return held.keys, nil
}

// ask is no error if the operator says that there are none. An empty key is one that
// everybody has.
func (k *keyring) ask(ctx context.Context, i session.Instance) ([]session.Identifier, error) {
	ctx, cancel := context.WithTimeout(ctx, quickly)
	defer cancel()
	keys, err := k.sessions.WebhookKeys(ctx, i)
	if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrInvalid) {
		return nil, nil
	}
	for _, key := range keys {
		if key.IsZero() {
			return nil, session.ErrUnavailable
		}
	}
	return keys, err
}

// isName is true for what Kubernetes could call an object. Anybody can ask for others,
// and they would be held too.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}
