package conformance

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// watches record what the real server's watches deliver.
type watches struct {
	client client.WithWatch
	mu     sync.Mutex
	moved  *sync.Cond
	// events are those of each sequence, by its namespace, and kind.
	events map[string]map[apiserver.Kind][]watch.Event
	// ended are the sequences whose last object came by, in the watch of each kind.
	ended map[string]map[apiserver.Kind]bool
	err   error
}

// endOf returns the name of the object by which the watches know that a sequence is over.
func endOf(namespace string) string { return namespace + "-end" }

func startWatches(t *testing.T, c client.WithWatch) *watches {
	w := &watches{client: c, events: map[string]map[apiserver.Kind][]watch.Event{}, ended: map[string]map[apiserver.Kind]bool{}}
	w.moved = sync.NewCond(&w.mu)
	for _, kind := range apiserver.Kinds() {
		list, err := apiserver.Scheme.New(listKind(kind))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := c.Watch(t.Context(), list.(client.ObjectList))
		if err != nil {
			t.Fatalf("watching: %v", err)
		}
		t.Cleanup(stream.Stop)
		go w.follow(kind, stream)
	}
	return w
}

func (w *watches) follow(kind apiserver.Kind, stream watch.Interface) {
	for e := range stream.ResultChan() {
		o, ok := e.Object.(client.Object)
		w.mu.Lock()
		if !ok {
			w.err = fmt.Errorf("the watch of %s ended: %v", kind, e.Object)
		} else if namespace := sequenceOf(o); strings.HasSuffix(o.GetName(), "-end") {
			note(w.ended, namespace, kind, true)
		} else {
			note(w.events, namespace, kind, append(w.events[namespace][kind], e))
		}
		w.moved.Broadcast()
		w.mu.Unlock()
	}
}

func note[V any](in map[string]map[apiserver.Kind]V, namespace string, kind apiserver.Kind, v V) {
	if in[namespace] == nil {
		in[namespace] = map[apiserver.Kind]V{}
	}
	in[namespace][kind] = v
}

// sequenceOf returns the namespace of the sequence that an object belongs to.
func sequenceOf(o client.Object) string {
	namespace, _, _ := strings.Cut(o.GetName(), "-")
	return namespace
}

// of waits until the watches of some kinds have seen a sequence to its end, which it writes, and
// returns what came before.
func (w *watches) of(ctx context.Context, namespace string, kinds []apiserver.Kind) (map[apiserver.Kind][]watch.Event, error) {
	for _, kind := range kinds {
		end := fresh(kind, operationKey(kind, namespace, endOf(namespace)))
		if kind != apiserver.Namespace && kind != apiserver.ClusterFlinksInstance {
			end.SetNamespace("default") // The sequence's own may be terminating.
		}
		if err := w.client.Create(ctx, end); err != nil {
			return nil, fmt.Errorf("ending a sequence: %w", err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && !all(kinds, func(kind apiserver.Kind) bool { return w.ended[namespace][kind] }) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.moved.Wait()
	}
	return w.events[namespace], w.err
}

func all[E any](s []E, is func(E) bool) bool {
	for _, e := range s {
		if !is(e) {
			return false
		}
	}
	return true
}
