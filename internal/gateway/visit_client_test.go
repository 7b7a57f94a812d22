package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestClientOfAVisit: the operator gets the network of the browser with each call for a link, as the
// limits count it, and the gateway writes it nowhere.
func TestClientOfAVisit(t *testing.T) {
	for name, tc := range map[string]struct{ peer, forwarded, want string }{
		"IPv4":                         {"198.51.100.207:1234", "", "198.51.100.207/32"},
		"IPv6":                         {"[2001:db8:1:2:aaaa:bbbb:cccc:dddd]:1234", "", "2001:db8:1:2::/64"},
		"behind a proxy":               {"10.1.2.3:1234", "192.0.2.1, 198.51.100.207", "198.51.100.207/32"},
		"a proxy that is not trusted":  {"198.51.100.207:1234", "192.0.2.1", "198.51.100.207/32"},
		"an address that is not known": {"@", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, unlimited, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
			for path, body := range map[string]string{
				"": "", "/state": "", "/start": "{}", "/connect": "{}", "/finish": aPost, "/prove": `{"ticket":"` + aTicket + `"}`,
			} {
				r := httptest.NewRequest(http.MethodGet, aLink+path, nil)
				if body != "" {
					r = httptest.NewRequest(http.MethodPost, aLink+path, strings.NewReader(body))
					r.Header.Set("Content-Type", "application/json")
				}
				r.RemoteAddr = tc.peer
				if tc.forwarded != "" {
					r.Header.Set("X-Forwarded-For", tc.forwarded)
				}
				s.client = "none"
				if w := s.do(r); w.Code != http.StatusOK || s.client != tc.want {
					t.Errorf("%q: %d, the operator gets %q, want %q", path, w.Code, s.client, tc.want)
				}
			}
			if text := s.log.String() + metricsOf(s.gateway); strings.Contains(text, "198.51") || strings.Contains(text, "2001:db8") {
				t.Error("the log or a metric has the address")
			}
		})
	}
}
