package client

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"testing"
)

// TestAddresses: which kind of endpoint may have which address.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]struct{ configured, derived bool }{
		"203.0.113.7":              {true, true},
		"8.8.8.8":                  {true, true},
		"172.32.0.1":               {true, true},
		"100.128.0.1":              {true, true},
		"2606:4700::1":             {true, true},
		"::ffff:8.8.8.8":           {true, true},
		"64:ff9b::808:808":         {true, true},
		"10.0.0.1":                 {true, false},
		"172.16.0.1":               {true, false},
		"192.168.1.1":              {true, false},
		"100.64.0.1":               {true, false},
		"127.0.0.1":                {true, false},
		"198.18.0.1":               {true, false},
		"255.255.255.255":          {true, false},
		"::1":                      {true, false},
		"::7f00:1":                 {true, false},
		"fd00:ec2::254":            {true, false},
		"fec0::1":                  {true, false},
		"2002:7f00:1::":            {true, false},
		"::ffff:10.0.0.1":          {true, false},
		"64:ff9b::a00:1":           {true, false},
		"64:ff9b:1::1":             {true, false},
		"169.254.169.254":          {false, false},
		"169.254.0.1":              {false, false},
		"::ffff:169.254.169.254":   {false, false},
		"64:ff9b::169.254.169.254": {false, false},
		"fe80::1":                  {false, false},
		"fe80::1%eth0":             {false, false},
		"0.0.0.0":                  {false, false},
		"::":                       {false, false},
		"224.0.0.1":                {false, false},
		"ff02::1":                  {false, false},
	} {
		a := embedded(netip.MustParseAddr(address))
		if got := mayBeConfigured(a); got != want.configured {
			t.Errorf("a configured endpoint may be %s: %t", address, got)
		}
		if got := isOnInternet(a); got != want.derived {
			t.Errorf("a derived endpoint may be %s: %t", address, got)
		}
	}
}

// TestProxiesMayBePrivate: the environment of the process names them.
func TestProxiesMayBePrivate(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	d := &dialer{}
	if _, err := d.dial(t.Context(), "tcp", l.Addr().String()); !errors.Is(err, errAddress) {
		t.Errorf("without a proxy: %v", err)
	}
	d.proxies.Store(hostPort(&url.URL{Scheme: "http", Host: l.Addr().String()}), true)
	conn, err := d.dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	for raw, want := range map[string]string{
		"http://proxy": "proxy:80", "https://proxy": "proxy:443", "socks5://proxy": "proxy:1080", "http://proxy:3128": "proxy:3128", "http://[fd00::1]": "[fd00::1]:80",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostPort(u); got != want {
			t.Errorf("%s is dialed as %s", raw, got)
		}
	}
}
