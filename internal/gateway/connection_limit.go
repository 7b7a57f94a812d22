package gateway

import (
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/netutil"
)

const (
	// maxConnections bounds the memory that idle and slow clients take.
	maxConnections = 4096
	// maxConnectionsPerClient leaves connections to other clients if one client keeps many
	// open. It does not apply to trusted proxies.
	maxConnectionsPerClient = maxConnections / 8
)

// limitConnections applies both limits to a listener.
func limitConnections(l net.Listener, proxies trustedProxies) net.Listener {
	return newClientLimitListener(netutil.LimitListener(l, maxConnections), maxConnectionsPerClient, proxies.contain)
}

// clientLimitListener closes new connections of clients that have too many.
type clientLimitListener struct {
	net.Listener

	limit    int
	isExempt func(netip.Addr) bool

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newClientLimitListener(l net.Listener, limit int, isExempt func(netip.Addr) bool) *clientLimitListener {
	return &clientLimitListener{Listener: l, limit: limit, isExempt: isExempt, open: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *clientLimitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || l.isExempt(peer.Addr().Unmap()) {
			return conn, nil //nolint:nilerr // A connection without an address comes over no network.
		}
		client := clientNetwork(peer.Addr().Unmap())
		if l.add(client) {
			return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { l.subtract(client) })}, nil
		}
		_ = conn.Close() // An answer would cost more than the connection.
	}
}

func (l *clientLimitListener) add(client netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client] >= l.limit {
		return false
	}
	l.open[client]++
	return true
}

func (l *clientLimitListener) subtract(client netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[client]--; l.open[client] == 0 {
		delete(l.open, client)
	}
}

type countedConn struct {
	net.Conn

	closed func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
