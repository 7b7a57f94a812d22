package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// forgedHook returns a webhook that anyone can send: its signature has the right form.
func forgedHook(from, name string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/"+name, body)
	r.Header.Set(signatureHeader, signed("a key of the attacker", []byte(name)))
	r.RemoteAddr = from
	return r
}

// metered counts what is read of a body.
type metered struct {
	io.Reader

	read int
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.read += n
	return n, err
}

const (
	attacker = "198.51.100.66:1"
	flinks   = "192.0.2.1:1"
)

// flinksSends returns the status of a genuine webhook.
func (s *fixture) flinksSends(requestID string) int {
	r := hook(hookPath, payload("KYC", requestID, ""))
	r.RemoteAddr = flinks
	return s.do(r).Code
}

// TestUnsignedBytes: one address cannot make the gateway hash and parse without end.
func TestUnsignedBytes(t *testing.T) {
	const size = 1 << 20
	s := newFixture(t, func(c *Config) { c.Limits.Webhooks.BurstBytes = 2 * size })
	for _, length := range []int64{-1, size} {
		read, refused := 0, 0
		for range 4 {
			body := &metered{Reader: io.LimitReader(&repeated{text: " "}, size)}
			r := forgedHook(attacker, "toolbox", body)
			r.ContentLength = length
			if s.do(r).Code == http.StatusTooManyRequests {
				refused++
			}
			read += body.read
		}
		if read > 2*size+64<<10 || refused < 2 {
			t.Errorf("the gateway reads %d KiB of one address, and refuses %d of 4 bodies", read>>10, refused)
		}
	}
	if got := s.flinksSends("amid the flood"); got != 200 {
		t.Errorf("%d for a genuine webhook of another address", got)
	}
	// A body that is too long is cut off, and not begun if it is announced.
	for _, tc := range []struct {
		from   string
		length int64
		read   int
	}{{"198.51.100.67:1", 3 * size, 0}, {"198.51.100.68:1", -1, 2*size + 64<<10}} {
		body := &metered{Reader: io.LimitReader(&repeated{text: " "}, 3*size)}
		r := forgedHook(tc.from, "toolbox", body)
		r.ContentLength = tc.length
		if got := s.do(r).Code; got != http.StatusTooManyRequests || body.read > tc.read {
			t.Errorf("%d after %d bytes of a body of the length %d", got, body.read, tc.length)
		}
	}
}

// TestUnsignedRequests: the requests of one address have a limit, wherever they lead.
func TestUnsignedRequests(t *testing.T) {
	s := newFixture(t)
	for _, path := range []string{"toolbox", "lending/toolbox", "made-up", "a/b/c", ""} {
		sent := s.allowed(2000, func(int) *http.Request { return forgedHook(attacker, path, strings.NewReader("{}")) })
		if sent == 2000 {
			t.Errorf("2000 requests to /webhooks/%s got through", path)
		}
	}
	unsigned := s.allowed(2000, func(int) *http.Request {
		return with(forgedHook("198.51.100.67:1", "toolbox", strings.NewReader("{}")), signatureHeader, "")
	})
	if unsigned == 2000 {
		t.Error("2000 requests without a signature got through")
	}
	if got := s.flinksSends("amid the flood"); got != 200 {
		t.Errorf("%d for a genuine webhook of another address", got)
	}
}

// TestUnsignedWebhooksOfManyAddresses: a client with a large network of IPv6 has many
// addresses. Together they take no more than sixteen, and nothing of what Flinks needs.
func TestUnsignedWebhooksOfManyAddresses(t *testing.T) {
	s := newFixture(t)
	s.flinksSends("first")
	burst := int(s.config.Limits.Webhooks.Burst)
	got := s.allowed(10_000, func(i int) *http.Request {
		return forgedHook(fmt.Sprintf("[2001:db8:1:%x::1]:1", i), "toolbox", strings.NewReader("{}"))
	})
	if got < 15*burst || got > 16*burst {
		t.Errorf("%d webhooks of as many addresses got through, want about %d", got, 16*burst)
	}
	if got := s.flinksSends("second"); got != 200 {
		t.Errorf("%d for a genuine webhook", got)
	}
}

// TestMadeUpNamesLockNoInstanceOut: an instance that the gateway does not know yet is found
// while one address tries made-up names.
func TestMadeUpNamesLockNoInstanceOut(t *testing.T) {
	s := newFixture(t)
	keys := s.keys
	s.keys = nil
	for i := range 30 {
		s.do(forgedHook(attacker, fmt.Sprintf("made-up-%d", i), strings.NewReader("{}")))
	}
	s.keys = keys
	if got := s.flinksSends("first"); got != 200 {
		t.Errorf("%d for the first webhook of an instance", got)
	}
}

// TestSignedWebhooksCount: webhooks that Flinks signed count less than others, and not
// nothing: the owner of one instance can sign any number.
func TestSignedWebhooksCount(t *testing.T) {
	s := newFixture(t)
	burst := s.config.Limits.Webhooks.Burst
	got := s.allowed(5000, func(int) *http.Request { return hook(hookPath, "{}") })
	if least := int((burst - 1) / signedShare); got < least || got > 2*least {
		t.Errorf("%d signed webhooks got through, want about %d", got, least)
	}
	// Those of other instances from the same address are not held back.
	for _, name := range []string{"other", "lending/bank"} {
		if got := s.do(hook("/webhooks/"+name, "{}")).Code; got != 200 {
			t.Errorf("%d for another instance", got)
		}
	}
}

// TestUnsignedWebhooksOfAnotherInstance: an instance whose key is wrong at Flinks costs the
// webhooks of others nothing, once one of them was signed.
func TestUnsignedWebhooksOfAnotherInstance(t *testing.T) {
	s := newFixture(t)
	s.flinksSends("first")
	if sent := s.allowed(500, func(int) *http.Request { return forgedHook(flinks, "misconfigured", strings.NewReader("{}")) }); sent == 500 {
		t.Fatal("there is no limit")
	}
	if got := s.flinksSends("second"); got != 200 {
		t.Errorf("%d for a webhook of the other instance", got)
	}
	s.clock.SetTime(noon.Add(time.Minute))
	if sent := s.allowed(500, func(int) *http.Request { return forgedHook(flinks, "misconfigured", strings.NewReader("{}")) }); sent == 0 || sent == 500 {
		t.Errorf("a minute later %d got through", sent)
	}
}

// namedHook sends a forged webhook for a real instance or for a made-up one. It returns the
// status, and how much of the body the gateway read before it answered.
func (s *fixture) namedHook(exists bool, name string, body io.Reader) (status, read int) {
	keys := s.keys
	if !exists {
		s.keys = nil
	}
	defer func() { s.keys = keys }()
	m := &metered{Reader: body}
	w := s.do(forgedHook(attacker, name, m))
	return w.Code, m.read
}

// TestMadeUpNamesLookReal: what a client without the key sees of a webhook does not depend
// on whether the instance exists.
func TestMadeUpNamesLookReal(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(*fixture)
		body    func() io.Reader
	}{
		"a whole body":           {body: func() io.Reader { return strings.NewReader(aPayload) }},
		"no body":                {body: func() io.Reader { return strings.NewReader("") }},
		"a body that breaks off": {body: func() io.Reader { return brokenBody(kyc) }},
		"a body that never ends": {body: func() io.Reader { return &repeated{text: " "} }},
		"while the operator is away": {
			prepare: func(s *fixture) { s.keysErr = linkapi.ErrUnavailable },
			body:    func() io.Reader { return strings.NewReader(kyc) },
		},
		"after many made-up names": {
			prepare: func(s *fixture) {
				for i := range 60 {
					s.namedHook(false, fmt.Sprintf("other-%d", i), strings.NewReader(""))
				}
			},
			body: func() io.Reader { return strings.NewReader(kyc) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t, func(c *Config) { c.Limits.Webhooks.BurstBytes = 4 * maxWebhook })
			s.namedHook(true, "toolbox", strings.NewReader("{}")) // The gateway knows the instance.
			if tc.prepare != nil {
				tc.prepare(s)
			}
			realStatus, realRead := s.namedHook(true, "toolbox", tc.body())
			status, read := s.namedHook(false, "made-up", tc.body())
			if status != realStatus || read != realRead {
				t.Errorf("a made-up name gets %d after %d bytes, a real one %d after %d", status, read, realStatus, realRead)
			}
			if realStatus == http.StatusTooManyRequests {
				t.Error("the limit of the client hides what this test is to show")
			}
		})
	}
}

// brokenBody returns a body whose connection ends too early.
func brokenBody(start string) io.Reader {
	return io.MultiReader(strings.NewReader(start), readFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }))
}
