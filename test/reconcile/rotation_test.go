package reconcile

import (
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// keysWithNext returns the keys of the harness, and one that signs from now on.
func (h *harness) keysWithNext() (both, nextAlone link.Keys) {
	h.t.Helper()
	next := keyOf(h.t, 'n', h.clock.Now())
	return keysOf(h.t, keyOf(h.t, 'k', time.Time{}), next), keysOf(h.t, next)
}

// wakeLater reconciles connections though nothing of them has changed.
func (h *harness) wakeLater(names ...string) {
	h.t.Helper()
	h.effects.names = nil
	for _, name := range names {
		h.poke(name)
	}
	h.run(time.Hour)
}

func (h *harness) urls(names ...string) (urls []string) {
	h.t.Helper()
	for _, name := range names {
		urls = append(urls, h.get(name).Status.Reconnect.Link.URL)
	}
	return urls
}

// TestRotationWritesNothing: when another key begins to sign, the links of all customers stay, in the
// statuses and in the Secrets, and work. A link that is issued then is of the new key.
func TestRotationWritesNothing(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	names := []string{"acme", "two", "three"}
	for _, name := range names {
		h.createConnection(name, byGateway)
	}
	h.createConnection("four", byGatewayInSecret)
	h.run(time.Minute)
	before, secret := h.urls(names...), h.secretLink("four")
	h.run(time.Minute)
	h.keys, _ = h.keysWithNext()
	h.wakeLater(append(names, "four")...)
	if after := h.urls(names...); !slices.Equal(before, after) || h.secretLink("four") != secret {
		t.Errorf("the links are %v and were %v", after, before)
	}
	if len(h.effects.names) != 0 {
		t.Errorf("another key costs %v", h.effects.names)
	}
	h.openLink().looks(linkapi.StateConnect)
	h.annotate("acme", v1alpha1.LinkRequestedAtAnnotation, "1")
	h.run(time.Second)
	if l := h.get("acme").Status.Reconnect.Link; l.KeyID != h.keys.Signer(h.clock.Now()) {
		t.Errorf("the next link is of the key %s", l.KeyID)
	}
	h.openLink().looks(linkapi.StateConnect)
}

// TestRemovedKey: links whose key is gone are replaced, in statuses and in Secrets, and no others.
func TestRemovedKey(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createConnection("acme", byGateway)
	h.createConnection("four", byGatewayInSecret)
	h.run(time.Minute)
	dead, secret := h.openLink(), h.secretLink("four")
	h.keys, _ = h.keysWithNext()
	h.createConnection("two", byGateway)
	h.run(time.Minute)
	kept := h.urls("two")
	next := keyOf(t, 'n', h.clock.Now())
	h.keys = keysOf(t, next)
	dead.looks(linkapi.StateLinkInvalid)
	if woken := h.wokenByRemoval(); !slices.Equal(woken, []string{"acme", "four"}) {
		t.Errorf("the removal of a key wakes %v", woken)
	}
	h.wakeLater("acme", "two", "four")
	if woken := h.wokenByRemoval(); len(woken) != 0 {
		t.Errorf("and then %v", woken)
	}
	if !slices.Equal(kept, h.urls("two")) {
		t.Error("a link whose key is there was replaced")
	}
	h.openLink().looks(linkapi.StateConnect)
	if h.secretLink("four") == secret {
		t.Error("the Secret still holds the link that does not work")
	}
	h.wakeLater("acme", "two", "four")
	if len(h.effects.names) != 0 {
		t.Errorf("later it costs %v", h.effects.names)
	}
}

// TestRotationWithinASession: what the old key sealed, and the tag that it made, are good while the new
// one signs.
func TestRotationWithinASession(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.starts(linkapi.StateConnect)
	id := v.links("greatday_nomfa")
	h.keys, _ = h.keysWithNext()
	v.awaitSecret(id)

	other := newGatewayHarness(t)
	other.ask(byGateway)
	other.keys, _ = other.keysWithNext()
	other.openLink().looks(linkapi.StateResume)
	if url := other.openLink().frames(); url.Query().Get("requestId") == "" {
		t.Error("the session of the question is lost")
	}
}

// TestLifetimeOfKeys: no link outlives its key.
func TestLifetimeOfKeys(t *testing.T) {
	if lifecycle.MaxLinkLifetime > link.MaxLifetime {
		t.Errorf("links live for %v, keys for %v", lifecycle.MaxLinkLifetime, link.MaxLifetime)
	}
}

// wokenByRemoval returns whom the reconciler wakes when a key is removed, behind what people wait for.
func (h *harness) wokenByRemoval() (woken []string) {
	h.t.Helper()
	queue := priorityqueue.New[reconcile.Request]("test")
	defer queue.ShutDown()
	for _, channel := range h.connections.Watches().Channels {
		if channel.Events == h.removed {
			channel.Handler.Generic(h.ctx(), event.GenericEvent{Object: &v1alpha1.BankConnection{}}, queue)
		}
	}
	for range queue.Len() {
		request, priority, _ := queue.GetWithPriority()
		if request.Namespace != h.namespace {
			continue // The tests share an API server.
		}
		if woken = append(woken, request.Name); priority != -100 {
			h.t.Errorf("%s is woken with priority %d", request.Name, priority)
		}
	}
	slices.Sort(woken)
	return woken
}

func (h *harness) secretLink(name string) string {
	h.t.Helper()
	s := h.secret(name + "-reconnect")
	if s == nil {
		h.t.Fatalf("%s has no link", name)
	}
	return string(s.Data["url"])
}
