package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// pollInterval is how often the follower looks for what it waits for.
const pollInterval = 50 * time.Millisecond

// follower watches all connections: it has the newest version of each, and shows what is new.
type follower struct {
	d *demo

	mu     sync.Mutex
	latest map[types.NamespacedName]*v1alpha1.BankConnection
	shown  map[types.NamespacedName]row
	err    error
}

// follow starts to watch, until the test ends.
func follow(d *demo) *follower {
	d.T.Helper()
	c, err := client.NewWithWatch(d.Env.Config, client.Options{Scheme: d.Client.Scheme()})
	if err != nil {
		d.T.Fatal(err)
	}
	w, err := c.Watch(d.T.Context(), &v1alpha1.BankConnectionList{})
	if err != nil {
		d.T.Fatalf("watching the connections: %v", err)
	}
	f := &follower{d: d, latest: map[types.NamespacedName]*v1alpha1.BankConnection{}, shown: map[types.NamespacedName]row{}}
	go func() {
		for e := range w.ResultChan() {
			f.see(e)
		}
		f.end(errors.New("the watch of the connections ended"))
	}()
	return f
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
	f.mu.Lock()
	defer f.mu.Unlock()
	key, r := client.ObjectKeyFromObject(c), rowOf(c)
	if e.Type == watch.Deleted {
		delete(f.latest, key)
		r = row{name: c.Name, ready: "gone"}
	} else {
		f.latest[key] = c
	}
	if f.shown[key] != r {
		f.shown[key] = r
		f.d.Row(heading.String(), r.String())
	}
}

// get returns the newest version of a connection; nil if none exists.
func (f *follower) get(key types.NamespacedName) (*v1alpha1.BankConnection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest[key], f.err
}

// existing returns the newest version of a connection, which must exist.
func (f *follower) existing(key types.NamespacedName) *v1alpha1.BankConnection {
	f.d.T.Helper()
	c, err := f.get(key)
	if err != nil || c == nil {
		f.d.T.Fatalf("there is no %s (%v)", key.Name, err)
	}
	return c
}

// await waits until a connection is as wanted, and returns it; nil once it is gone. what says in
// words what is waited for.
func (f *follower) await(key types.NamespacedName, what string, holds func(c *v1alpha1.BankConnection) bool) (c *v1alpha1.BankConnection) {
	f.d.T.Helper()
	err := wait.PollUntilContextTimeout(f.d.T.Context(), pollInterval, patience, true, func(context.Context) (bool, error) {
		var err error
		c, err = f.get(key)
		return err == nil && holds(c), err
	})
	switch {
	case err == nil:
		return c
	case c == nil:
		f.d.T.Fatalf("%s did not %s: there is no such object (%v)", key.Name, what, err)
	default:
		f.d.T.Fatalf("%s did not %s (%v); it is still\n  %s\n  %s\n  %s", key.Name, what, err, heading, rowOf(c), lastError(c))
	}
	return nil
}

// lastError returns what the status says of what went wrong.
func lastError(c *v1alpha1.BankConnection) string {
	texts := []string{"lastError: none"}
	if e := c.Status.LastError; e != nil {
		texts[0] = fmt.Sprintf("lastError: %s (%s): %s", e.Code, e.Class, e.Remedy)
	}
	if r := c.Status.LastHandledRequest; r != nil {
		texts = append(texts, fmt.Sprintf("lastHandledRequest: %s", strings.TrimSpace(string(r.Result)+" "+r.Reason)))
	}
	return strings.Join(texts, "; ")
}
