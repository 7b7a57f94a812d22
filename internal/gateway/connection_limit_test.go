package gateway

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestClientLimitListener: the connections of one address have an end, and who hangs up makes
// room.
func TestClientLimitListener(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		exempt bool
		served int
	}{
		"a client":                {served: 3},
		"a proxy that is trusted": {exempt: true, served: 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			below, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := newClientLimitListener(below, 3, func(netip.Addr) bool { return test.exempt })
			accepted := make(chan net.Conn, 5)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Write([]byte("welcome"))
					accepted <- conn
				}
			}()
			t.Cleanup(func() { _ = l.Close() })
			served := 0
			for range 5 {
				if isServed(t, l.Addr()) {
					served++
				}
			}
			if served != test.served {
				t.Errorf("%d of 5 connections are served, not %d", served, test.served)
			}
			first := <-accepted
			_, _ = first.Close(), first.Close()
			if !isServed(t, l.Addr()) {
				t.Error("there is no room for another one")
			}
			if !test.exempt && isServed(t, l.Addr()) {
				t.Error("one that is closed twice makes room for two")
			}
		})
	}
}

// isServed leaves the connection open at this end.
func isServed(t *testing.T, to net.Addr) bool {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Read(make([]byte, 1))
	if err != nil && !errors.Is(err, io.EOF) {
		t.Logf("hung up: %v", err)
	}
	return err == nil
}

// TestPublicListenerIsLimited: the listener of the public pages is a fair one.
func TestPublicListenerIsLimited(t *testing.T) {
	t.Parallel()
	below, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(t.Context(), Options{Listener: below})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("welcome"))
		}
	}()
	for i := range maxConnectionsPerClient + 1 {
		if served := isServed(t, l.Addr()); served != (i < maxConnectionsPerClient) {
			t.Fatalf("connection %d of one address is served: %v", i, served)
		}
	}
}
