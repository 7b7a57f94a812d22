package reconcile

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
)

// crew is the workers of a manager: several reconciles are under way at once, and calls may hang.
type crew struct {
	*harness
	// busy are the connections that are being reconciled.
	busy map[string]bool
	news chan news

	mu sync.Mutex
	// holds reports whether a call is to hang.
	holds func(r *http.Request, body string) bool
	// hanging are the requests that do, with what lets each go on.
	hanging map[*http.Request]held
}

// held is a call that hangs, until it is released.
type held struct {
	body     string
	released chan struct{}
}

// news is what a crew waits for: a call hangs, or a reconcile is done.
type news struct {
	done   string
	result ctrl.Result
	err    error
}

// newCrew returns a crew with so many workers, and so many live sessions for each instance.
func newCrew(t *testing.T, workers, live int) *crew {
	t.Helper()
	c := &crew{
		harness: newBareHarness(t, func(h *harness) { h.workers, h.liveSessions = workers, live }), busy: map[string]bool{}, news: make(chan news, 1000),
		hanging: map[*http.Request]held{},
	}
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	t.Cleanup(c.letGo) // before the server is closed
	c.url = server.URL
	return c
}

// serve answers as Flinks, where some calls hang.
func (c *crew) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	var released chan struct{}
	if c.holds != nil && c.holds(r, string(body)) {
		released = make(chan struct{})
		c.hanging[r] = held{string(body), released}
	}
	c.mu.Unlock()
	if released != nil {
		c.news <- news{}
		<-released
	}
	c.sim.Handler().ServeHTTP(w, r)
}

// out returns how many calls hang whose request holds a text.
func (c *crew) out(text string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.hanging {
		if strings.Contains(call.body, text) {
			n++
		}
	}
	return n
}

// letGo lets all calls go on that hang, and no other hangs.
func (c *crew) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds = nil
	for r, call := range c.hanging {
		close(call.released)
		delete(c.hanging, r)
	}
}

// work does for a span of simulated time what the workers of a manager do. Time passes only
// while all that are under way hang.
func (c *crew) work(d time.Duration) {
	c.t.Helper()
	end := c.clock.Now().Add(d)
	for {
		turn := c.letIn()
		name, at := c.earliestIdle()
		switch {
		case name != "" && !at.After(c.clock.Now()) && len(c.busy) < c.workers:
			c.begin(name)
			continue
		case len(c.busy) > c.out(""):
			c.hear(<-c.news)
			continue
		case len(c.busy) == c.workers:
			c.clock.SetTime(end)
			return
		}
		if !turn.IsZero() && (name == "" || turn.Before(at)) {
			name, at = "turn", turn
		}
		if name == "" || at.After(end) {
			c.clock.SetTime(end)
			return
		}
		c.clock.SetTime(at)
	}
}

// earliestIdle returns the connection that is due first of those that no worker has.
func (c *crew) earliestIdle() (name string, at time.Time) {
	for n, t := range c.due {
		if !c.busy[n] && (name == "" || t.Before(at) || (t.Equal(at) && n < name)) {
			name, at = n, t
		}
	}
	return name, at
}

// begin gives a connection to a worker.
func (c *crew) begin(name string) {
	c.catchUp()
	delete(c.due, name)
	c.busy[name] = true
	c.reconciles[name]++
	go func() {
		result, err := c.connections.Reconcile(c.ctx(), ctrl.Request{NamespacedName: c.key(name)})
		c.news <- news{name, result, err}
	}()
}

// hear takes note of news.
func (c *crew) hear(n news) {
	if n.done == "" {
		return
	}
	delete(c.busy, n.done)
	wait := n.result.RequeueAfter
	if n.err != nil {
		wait = time.Second
	}
	if _, told := c.due[n.done]; wait > 0 && !told {
		c.due[n.done] = c.clock.Now().Add(wait)
	}
}
