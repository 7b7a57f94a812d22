package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClientOf(t *testing.T) {
	for name, tc := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"a client":                       {"192.0.2.1:1234", nil, "192.0.2.1/32"},
		"a client by IPv6":               {"[2001:db8:1:2:3:4:5:6]:1234", nil, "2001:db8:1:2::/64"},
		"a client by IPv6 with a zone":   {"[fe80::1%eth0]:1234", nil, "fe80::/64"},
		"IPv4 as IPv6":                   {"[::ffff:192.0.2.1]:1234", nil, "192.0.2.1/32"},
		"no address":                     {"@", nil, "invalid Prefix"},
		"a client that sends the header": {"192.0.2.1:1", []string{"198.51.100.1"}, "192.0.2.1/32"},
		"a proxy":                        {"10.0.0.1:1", []string{"192.0.2.1"}, "192.0.2.1/32"},
		"a proxy by IPv6":                {"[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::/64"},
		"a proxy that is IPv4 as IPv6":   {"[::ffff:10.0.0.1]:1", []string{"192.0.2.1"}, "192.0.2.1/32"},
		"a proxy that says nothing":      {"10.0.0.1:1", nil, "10.0.0.1/32"},
		"a proxy that says nonsense":     {"10.0.0.1:1", []string{"unknown"}, "10.0.0.1/32"},
		"two proxies":                    {"10.0.0.1:1", []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1/32"},
		"two proxies, two headers":       {"10.0.0.1:1", []string{"192.0.2.1", "10.0.0.2"}, "192.0.2.1/32"},
		"proxies alone":                  {"10.0.0.1:1", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3/32"},
		"a client forges":                {"10.0.0.1:1", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1/32"},
		"a client forges a proxy":        {"10.0.0.1:1", []string{"198.51.100.1, 10.0.0.9, 192.0.2.1, 10.0.0.2"}, "192.0.2.1/32"},
		"a client forges nonsense":       {"10.0.0.1:1", []string{"x,,, 192.0.2.1"}, "192.0.2.1/32"},
		"nonsense in between":            {"10.0.0.1:1", []string{"192.0.2.1, x, 10.0.0.2"}, "10.0.0.2/32"},
		"with a port":                    {"10.0.0.1:1", []string{"192.0.2.1:4711"}, "192.0.2.1/32"},
		"by IPv6 with a port":            {"10.0.0.1:1", []string{"[2001:db8::1]:4711"}, "2001:db8::/64"},
		"forwarded, IPv4 as IPv6":        {"10.0.0.1:1", []string{"::ffff:192.0.2.1"}, "192.0.2.1/32"},
		"next to the proxies' network":   {"11.0.0.1:1", []string{"192.0.2.1"}, "11.0.0.1/32"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGateway(Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}})
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = tc.peer, tc.forwarded
			if got := g.limits.proxies.clientOf(r).String(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// allowed returns how many requests are answered before the first 429.
func (s *fixture) allowed(most int, request func(i int) *http.Request) int {
	for i := range most {
		if s.do(request(i)).Code == http.StatusTooManyRequests {
			return i
		}
	}
	return most
}

func TestLimitPerClient(t *testing.T) {
	s := newFixture(t)
	from := func(address string) func(int) *http.Request {
		return func(i int) *http.Request {
			r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/c/%s%04d", aToken[:80], i), nil)
			r.RemoteAddr = strings.ReplaceAll(address, "N", fmt.Sprint(i%1000))
			return r
		}
	}
	burst := s.config.Limits.BurstPerClient
	for _, address := range []string{"192.0.2.1:N", "[2001:db8:1:2::N]:1", "[2001:db8:1:3::N]:1"} {
		if got := s.allowed(1000, from(address)); got != burst {
			t.Errorf("%d requests of %s got through, want %d", got, address, burst)
		}
	}
	if asked := len(s.asks()); asked != 3*burst {
		t.Errorf("the operator was asked %d times", asked)
	}
	s.clock.SetTime(noon.Add(time.Second))
	if got, want := s.allowed(1000, from("192.0.2.1:1")), int(s.config.Limits.PerClient); got != want {
		t.Errorf("a second later %d got through, want %d", got, want)
	}
	w := s.do(from("192.0.2.1:1")(0))
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	checkHeaders(t, w)
	if !strings.Contains(metricsOf(s.gateway), "flinks_gateway_limited_total 5") {
		t.Error("what was refused is not counted")
	}
}

// A link is limited wherever its requests come from, also when it is in a cookie.
func TestLimitPerLink(t *testing.T) {
	s := newFixture(t)
	request := func(method, path string) func(int) *http.Request {
		return func(i int) *http.Request {
			r := httptest.NewRequest(method, path, strings.NewReader(aPost))
			r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i%250)
			return with(r, "Content-Type", "application/json", "Cookie", cookieName+"="+aToken)
		}
	}
	burst := s.config.Limits.BurstPerLink
	landed := s.allowed(10, request(http.MethodPost, "/landed"))
	opened := s.allowed(1000, request(http.MethodGet, "/c/"+aToken+"/state"))
	if landed != 10 || landed+opened != burst {
		t.Errorf("%d and %d requests got through, want %d", landed, opened, burst)
	}
	if got := s.allowed(1, request(http.MethodPost, "/landed")); got != 0 {
		t.Error("the landing page got through")
	}
	if got := s.allowed(10, request(http.MethodGet, "/landed")); got != 10 {
		t.Errorf("the landing page was looked at %d times", got)
	}
	if got := s.allowed(1, request(http.MethodGet, "/c/"+aToken[1:]+"x")); got != 1 {
		t.Error("another link is limited too")
	}
	s.clock.SetTime(noon.Add(time.Minute))
	if got := s.allowed(1000, request(http.MethodGet, "/c/"+aToken)); got != burst {
		t.Errorf("a minute later %d got through", got)
	}
}

// A page that waits asks every two seconds, in as many as three tabs for as long as it
// takes.
func TestPollingIsWithinTheLimits(t *testing.T) {
	s := newFixture(t)
	for second := range 600 {
		s.clock.SetTime(noon.Add(time.Duration(second) * 2 * time.Second))
		for range 3 {
			if got := s.get("/c/" + aToken + "/state").Code; got != 200 {
				t.Fatalf("%d after %d seconds", got, 2*second)
			}
		}
	}
}

func TestLRU(t *testing.T) {
	const n = 100
	r := newLRU[int, int](n)
	count := func(v int, _ bool) int { return v + 1 }
	for i := range 100 * n {
		r.update(i, count)
		if got, ok := r.get(max(i-n+1, 0)); !ok || got != 1 {
			t.Fatalf("after %d entries, one of the last %d is forgotten", i, n)
		}
		if len(r.young)+len(r.old) > 2*n {
			t.Fatalf("%d entries", len(r.young)+len(r.old))
		}
	}
	if _, ok := r.get(0); ok {
		t.Error("the first entry is still there")
	}
	// What is used stays.
	for i := range 100 * n {
		r.update(-1, count)
		r.update(i, count)
	}
	if got, _ := r.get(-1); got != 100*n {
		t.Errorf("what is used all the time is %d, want %d", got, 100*n)
	}
}

func TestSemaphore(t *testing.T) {
	a, b := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")
	p := newSemaphore(3, 2)
	var got []bool
	for _, who := range []netip.Prefix{a, a, a, b, b} {
		got = append(got, p.tryAcquire(who))
	}
	p.release(a)
	got = append(got, p.tryAcquire(b), p.tryAcquire(b))
	if diff := cmp.Diff([]bool{true, true, false, true, false, true, false}, got); diff != "" {
		t.Error(diff)
	}
	p.release(a)
	p.release(b)
	p.release(b)
	if p.held != 0 || len(p.perClient) != 0 {
		t.Errorf("%d places are taken by %v", p.held, p.perClient)
	}
}
