package devplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// follower watches all connections: it knows the newest version of each, keeps
// all of them, and shows what is new.
type follower struct {
	show func(row)

	mu       sync.Mutex
	latest   map[types.NamespacedName]*v1alpha1.BankConnection
	shown    map[types.NamespacedName]row
	versions [][]byte
	err      error
}

// follow starts to watch, until ctx is done.
func follow(ctx context.Context, c client.WithWatch, show func(row)) (*follower, error) {
	w, err := c.Watch(ctx, &v1alpha1.BankConnectionList{})
	if err != nil {
		return nil, fmt.Errorf("watching the connections: %w", err)
	}
	f := &follower{
		show: show, latest: map[types.NamespacedName]*v1alpha1.BankConnection{}, shown: map[types.NamespacedName]row{},
	}
	go func() {
		for e := range w.ResultChan() {
			f.see(e)
		}
		f.end(errors.New("the watch of the connections ended"))
	}()
	return f, nil
}

func (f *follower) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *follower) see(e watch.Event) {
	c, ok := e.Object.(*v1alpha1.BankConnection)
	if !ok {
		f.end(fmt.Errorf("the watch of the connections brought %T", e.Object))
		return
	}
	version, err := json.Marshal(c)
	if err != nil {
		f.end(fmt.Errorf("keeping a version of %s: %w", c.Name, err))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions = append(f.versions, version)
	key, r := client.ObjectKeyFromObject(c), rowOf(c)
	if e.Type == watch.Deleted {
		delete(f.latest, key)
		r = row{name: c.Name, ready: "gone"}
	} else {
		f.latest[key] = c
	}
	if f.shown[key] != r {
		f.shown[key] = r
		f.show(r)
	}
}

// get is the newest version of a connection; nil if there is none.
func (f *follower) get(key types.NamespacedName) (*v1alpha1.BankConnection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest[key], f.err
}

// existing is the newest version of a connection, which must be there.
func (f *follower) existing(key types.NamespacedName) (*v1alpha1.BankConnection, error) {
	c, err := f.get(key)
	if err == nil && c == nil {
		err = fmt.Errorf("%s is gone", key.Name)
	}
	return c, err
}

// seen are all versions of all connections so far, as JSON.
func (f *follower) seen() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.versions)
}

// until waits until a connection is as wanted; c is nil once it is gone. what
// says it in words.
func (f *follower) until(ctx context.Context, patience time.Duration, key types.NamespacedName, what string, holds func(c *v1alpha1.BankConnection) bool) (*v1alpha1.BankConnection, error) {
	var c *v1alpha1.BankConnection
	err := wait.PollUntilContextTimeout(ctx, pollInterval, patience, true, func(context.Context) (bool, error) {
		var err error
		c, err = f.get(key)
		return err == nil && holds(c), err
	})
	switch {
	case err == nil:
		return c, nil
	case !errors.Is(err, context.DeadlineExceeded): // so it is no news of the connection
		return nil, fmt.Errorf("waiting for %s to %s: %w", key.Name, what, err)
	case c == nil:
		return nil, fmt.Errorf("%s did not %s within %s: there is no such object", key.Name, what, patience)
	}
	return nil, fmt.Errorf("%s did not %s within %s; it is still\n  %s\n  %s\n  %s", key.Name, what, patience, heading, rowOf(c), trouble(c))
}

// trouble is what the status says of what went wrong.
func trouble(c *v1alpha1.BankConnection) string {
	texts := []string{"lastError: none"}
	if e := c.Status.LastError; e != nil {
		texts[0] = fmt.Sprintf("lastError: %s (%s): %s", e.Code, e.Class, e.Remedy)
	}
	if r := c.Status.LastHandledRequest; r != nil {
		texts = append(texts, fmt.Sprintf("lastHandledRequest: %s", strings.TrimSpace(string(r.Result)+" "+r.Reason)))
	}
	return strings.Join(texts, "; ")
}
