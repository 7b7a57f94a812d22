package gateway

import (
	"net"
	"net/netip"
	"sync"
)

// maxConnectionsFrom bounds the connections of one address, so that whoever holds many
// open leaves some to others. Proxies that are trusted have no bound.
const maxConnectionsFrom = maxConnections / 8

// fairListener hangs up on addresses that have too many connections.
type fairListener struct {
	net.Listener

	most   int
	exempt func(netip.Addr) bool

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newFairListener(l net.Listener, most int, exempt func(netip.Addr) bool) *fairListener {
	return &fairListener{Listener: l, most: most, exempt: exempt, open: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *fairListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || l.exempt(peer.Addr().Unmap()) {
			return conn, nil //nolint:nilerr // What has no address comes over no network.
		}
		from := visitor(peer.Addr().Unmap())
		if l.enter(from) {
			return &fairConn{Conn: conn, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		_ = conn.Close() // Nobody is told.
	}
}

func (l *fairListener) enter(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.most {
		return false
	}
	l.open[from]++
	return true
}

func (l *fairListener) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

type fairConn struct {
	net.Conn

	leave func()
}

// Close implements net.Conn.
func (c *fairConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
