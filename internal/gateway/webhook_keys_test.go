package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// keyHolder is an operator that is asked for keys alone. It takes a second to answer.
type keyHolder struct {
	linkapi.Backend

	asked atomic.Int32
	fails atomic.Bool
}

func (k *keyHolder) WebhookKeys(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	k.asked.Add(1)
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
	switch {
	case !errors.Is(ctx.Err(), context.DeadlineExceeded), k.fails.Load():
		return nil, linkapi.ErrUnavailable
	case !strings.HasPrefix(i.Name, "real"):
		return nil, linkapi.ErrNotFound
	}
	return []linkapi.Identifier{linkapi.NewIdentifier("key of " + i.Name)}, nil
}

func newKeys() (*keyHolder, *testingclock.FakePassiveClock, *keyCache) {
	holder, clock := &keyHolder{}, testingclock.NewFakePassiveClock(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	return holder, clock, newKeyCache(holder, clock)
}

var (
	realOne = linkapi.Instance{Name: "real"}
	someone = netip.MustParsePrefix("192.0.2.1/32")
)

func expectAsked(t *testing.T, holder *keyHolder, want int32, when string) {
	t.Helper()
	if got := holder.asked.Load(); got != want {
		t.Errorf("%s: the operator was asked %d times, not %d", when, got, want)
	}
}

// TestKeysAreAskedForOnce: webhooks that come at the same time share one call, which goes
// on after the first of them was canceled.
func TestKeysAreAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holder, clock, keys := newKeys()
		impatient, leave := context.WithCancel(t.Context())
		var got atomic.Int32
		ask := func(ctx context.Context) {
			if found, err := keys.keysOf(ctx, someone, realOne); err == nil && found[0].Reveal() == "key of real" {
				got.Add(1)
			}
		}
		go ask(impatient)
		synctest.Wait()
		for range 99 {
			go ask(t.Context())
		}
		synctest.Wait()
		leave()
		time.Sleep(2 * time.Second) //nolint:forbidigo // The bubble's own time.
		expectAsked(t, holder, 1, "a hundred at once")
		if got.Load() != 100 {
			t.Errorf("%d of 100 got the keys", got.Load())
		}
		clock.SetTime(clock.Now().Add(keyLifetime - 1))
		ask(t.Context())
		expectAsked(t, holder, 1, "within a minute")
		clock.SetTime(clock.Now().Add(1))
		ask(t.Context())
		expectAsked(t, holder, 2, "after a minute")
	})
}

// TestMadeUpNames: they reach the operator at a bounded rate, and evict no instance. Those of
// one client leave room for others.
func TestMadeUpNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holder, clock, keys := newKeys()
		if _, err := keys.keysOf(t.Context(), someone, realOne); err != nil {
			t.Fatal(err)
		}
		attacker := netip.MustParsePrefix("2001:db8:0:1::/64")
		for i := range 5000 {
			if _, err := keys.keysOf(t.Context(), attacker, linkapi.Instance{Namespace: "made", Name: fmt.Sprint("up-", i)}); err == nil {
				t.Fatal("a made-up name has keys")
			}
		}
		expectAsked(t, holder, 1+clientMissBurst, "5,000 names of one client")
		if _, err := keys.keysOf(t.Context(), someone, linkapi.Instance{Name: "real-new"}); err != nil {
			t.Errorf("keys of an instance that is new, amid the flood: %v", err)
		}
		for i := range 1000 {
			client := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 32)
			_, _ = keys.keysOf(t.Context(), client, linkapi.Instance{Name: fmt.Sprint("more-", i)})
		}
		expectAsked(t, holder, missBurst, "names of a thousand clients")
		clock.SetTime(clock.Now().Add(keyLifetime))
		for i := range 5000 {
			client := netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 52, byte(i >> 8), byte(i)}), 32)
			_, _ = keys.keysOf(t.Context(), client, linkapi.Instance{Name: fmt.Sprint("again-", i)})
		}
		before := holder.asked.Load()
		if _, err := keys.keysOf(t.Context(), someone, realOne); err != nil {
			t.Errorf("keys of an instance that had some, amid the flood: %v", err)
		}
		expectAsked(t, holder, before+1, "the real one")
	})
}

// TestKeysArePadded: a verification takes as many hashes for one key, or none, as for two.
func TestKeysArePadded(t *testing.T) {
	t.Parallel()
	_, _, keys := newKeys()
	one, two := linkapi.NewIdentifier("one"), linkapi.NewIdentifier("two")
	for _, has := range [][]linkapi.Identifier{nil, {one}, {one, two}} {
		got := keys.padded(has)
		if len(got) != maxKeys {
			t.Errorf("%d keys become %d", len(has), len(got))
		}
		for i, key := range got {
			if key.IsZero() || i < len(has) && key.Reveal() != has[i].Reveal() {
				t.Errorf("key %d of %d is another, or empty", i, len(has))
			}
		}
	}
	_, _, others := newKeys()
	if keys.padded(nil)[0].Reveal() == others.padded(nil)[0].Reveal() {
		t.Error("the key that fills up is the same in every process")
	}
}

// TestNegativeCache: that there are no keys is held as long as keys are; that there was no
// answer is not held at all.
func TestNegativeCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		holder, clock, keys := newKeys()
		expect := func(i linkapi.Instance, want error, asked int32) {
			t.Helper()
			if _, err := keys.keysOf(t.Context(), someone, i); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			expectAsked(t, holder, asked, i.Name)
		}
		unknown := linkapi.Instance{Name: "unknown"}
		expect(unknown, linkapi.ErrNotFound, 1)
		expect(unknown, linkapi.ErrNotFound, 1)
		clock.SetTime(clock.Now().Add(keyLifetime))
		expect(unknown, linkapi.ErrNotFound, 2)
		holder.fails.Store(true)
		expect(realOne, linkapi.ErrUnavailable, 3)
		expect(realOne, linkapi.ErrUnavailable, 4)
		holder.fails.Store(false)
		expect(realOne, nil, 5)
		for _, name := range []string{"", "Real", "real name", "réal", "-real", "real/..", strings.Repeat("a", 254)} {
			expect(linkapi.Instance{Name: name}, linkapi.ErrNotFound, 5)
			expect(linkapi.Instance{Name: "real", Namespace: name + "!"}, linkapi.ErrNotFound, 5)
		}
	})
}
