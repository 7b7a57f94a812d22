package client

import (
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// maxRoutes is how many instances keep connections by a way of their own. Another one costs
// the one that called least lately its idle connections.
const maxRoutes = 64

// way is all that transports depend on. Instances with the same one share connections.
type way struct {
	network    flinks.Network
	configured bool
}

// routes holds the transports of instances that are reached by a way of their own. The zero
// value is usable, and safe for concurrent use.
type routes struct {
	mu  sync.Mutex
	all map[way]transports
	// callers are the instances, that which called last at the end.
	callers []caller
}

// caller is one customer of one API, and the way of its last call.
type caller struct {
	api, customerID string
	way             way
}

// to returns the transports for an endpoint; false if it has no way of its own, or one that
// cannot be used. What the instance used before is closed, unless others use it.
func (r *routes) to(ep flinks.Endpoint) (transports, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := caller{ep.API, ep.CustomerID, way{ep.Network, ep.Configured}}
	r.callers = slices.DeleteFunc(r.callers, func(c caller) bool { return c.api == now.api && c.customerID == now.customerID })
	if now.way.network == (flinks.Network{}) {
		r.sweep()
		return transports{}, false
	}
	r.callers = append(r.callers, now)
	r.callers = r.callers[max(0, len(r.callers)-maxRoutes):]
	r.sweep()
	if t, ok := r.all[now.way]; ok {
		return t, true
	}
	t, ok := newRoute(now.way)
	if ok {
		if r.all == nil {
			r.all = map[way]transports{}
		}
		r.all[now.way] = t
	}
	return t, ok
}

// sweep closes what no instance uses any more. A call that is under way there goes on.
func (r *routes) sweep() {
	for w, t := range r.all {
		if !slices.ContainsFunc(r.callers, func(c caller) bool { return c.way == w }) {
			delete(r.all, w)
			t.closeIdle()
		}
	}
}

func (r *routes) closeIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.all {
		t.closeIdle()
	}
}

// newRoute returns transports for a way; false if it cannot be used.
func newRoute(w way) (transports, bool) {
	authorities, err := w.network.Authorities()
	if err != nil {
		return transports{}, false
	}
	d := &dialer{allowsPrivate: w.configured}
	t := newTransport(d)
	t.TLSClientConfig.RootCAs = authorities
	if w.network.Proxy != "" {
		proxy, err := url.Parse(w.network.Proxy)
		if err != nil {
			return transports{}, false
		}
		// Nothing else is dialed: the proxy finds the hosts.
		d.proxies.Store(hostPort(proxy), true)
		t.Proxy = http.ProxyURL(proxy)
	}
	return transportsOf(t), true
}
