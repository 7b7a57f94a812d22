package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
)

// patience of the tests: only a broken server takes as long.
const patience = 30 * time.Second

// serveFixture serves a fixture as it is served on the Internet, with the server's limits
// changed for the test.
func serveFixture(t *testing.T, s *fixture, change func(*http.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(s.public)
	change(server.Config)
	server.Start()
	t.Cleanup(server.Close)
	server.Client().Timeout = patience
	return server
}

// dial connects, and says the beginning of something.
func dial(t *testing.T, server *httptest.Server, beginning string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(clock.RealClock{}.Now().Add(patience))
	if _, err := io.WriteString(conn, beginning); err != nil {
		t.Fatal(err)
	}
	return conn
}

// linger waits while nothing is heard of a connection.
func linger(t *testing.T, conn net.Conn, d time.Duration) {
	t.Helper()
	_ = conn.SetReadDeadline(clock.RealClock{}.Now().Add(d))
	var timeout net.Error
	if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("%d bytes and %v, want silence", n, err)
	}
	_ = conn.SetReadDeadline(clock.RealClock{}.Now().Add(patience))
}

func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode
}

// The server disconnects clients that send their headers too slowly. Until then they delay
// no other client.
func TestSlowHeaders(t *testing.T) {
	s := newFixture(t)
	server := serveFixture(t, s, func(c *http.Server) { c.ReadHeaderTimeout = time.Second })
	var slow []net.Conn
	for range 200 {
		slow = append(slow, dial(t, server, "GET /c/"+aToken+" HTTP/1.1\r\nHost: example.com\r\nX-Slow"))
	}
	res, err := server.Client().Get(server.URL + "/c/" + aToken)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v for another client", res, err)
	}
	_ = res.Body.Close()
	for _, conn := range slow {
		if answer, err := io.ReadAll(conn); err != nil || (len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 4")) {
			t.Fatalf("%q, %v, want an end", answer, err)
		}
	}
	s.wasAsked("view " + aToken)
}

func TestSlowBodies(t *testing.T) {
	s := newFixture(t, func(c *Config) { c.Limits.Webhooks.Body = 100 * time.Millisecond })
	server := serveFixture(t, s, func(c *http.Server) { c.ReadTimeout = 100 * time.Millisecond })
	post := func(path string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n" +
			signatureHeader + ": " + signed(aWebhook, nil) + "\r\n\r\n{"
	}
	for _, path := range []string{"/c/" + aToken + "/start", "/c/" + aToken + "/finish", "/webhooks/toolbox"} {
		conn := dial(t, server, post(path))
		if got := status(t, conn); got != 400 {
			t.Errorf("%s: %d", path, got)
		}
		if rest, err := io.ReadAll(conn); err != nil {
			t.Errorf("%s: %q and %v, want an end", path, rest, err)
		}
	}
	s.wasAsked("keys toolbox")
}

// A webhook is large, and may take longer than what a page posts.
func TestWebhookMayTakeLonger(t *testing.T) {
	s := newFixture(t)
	server := serveFixture(t, s, func(c *http.Server) { c.ReadTimeout = 50 * time.Millisecond })
	body := payload("KYC", "", "")
	conn := dial(t, server, fmt.Sprintf("POST /webhooks/toolbox HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n%s: %s\r\n\r\n%s",
		len(body), signatureHeader, signed(aWebhook, []byte(body)), body[:20]))
	linger(t, conn, 200*time.Millisecond)
	if _, err := io.WriteString(conn, body[20:]); err != nil {
		t.Fatal(err)
	}
	if got := status(t, conn); got != 200 {
		t.Errorf("%d", got)
	}
	s.wasAsked("keys toolbox", "notify toolbox "+aLogin)
}

// The time to send a request is not the time to answer it: banks are slow.
func TestAnswersMayTakeLonger(t *testing.T) {
	s := newFixture(t)
	s.before = func(ctx context.Context) {
		enough, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		<-enough.Done()
		if ctx.Err() != nil {
			t.Error("the operator was not waited for")
		}
	}
	server := serveFixture(t, s, func(c *http.Server) { c.ReadTimeout = 50 * time.Millisecond })
	link := server.URL + "/c/" + aToken
	body := payload("KYC", "", "")
	for path, body := range map[string]string{link + "/start": "{}", link + "/connect": "{}", link + "/finish": aPost, server.URL + "/webhooks/toolbox": body} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		with(r, "Content-Type", "application/json", signatureHeader, signed(aWebhook, []byte(body)))
		res, err := server.Client().Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %v, %v", strings.TrimPrefix(path, server.URL), res, err)
			continue
		}
		_ = res.Body.Close()
	}
}

func TestLargeHeaders(t *testing.T) {
	s := newFixture(t)
	server := serveFixture(t, s, func(*http.Server) {})
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/c/"+aToken, nil)
	r.Header.Set("X-Large", strings.Repeat("a", 64<<10))
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%d", res.StatusCode)
	}
	s.wasAsked()
}

// allocated returns how much memory was asked for while something was done: more than was
// ever held.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHugeBodies(t *testing.T) {
	const huge = 100 << 20
	s := newFixture(t, unlimited)
	server := serveFixture(t, s, func(*http.Server) {})
	send := func(path string, length int64) int {
		// What is refused unread ends with the connection, perhaps before the answer is read.
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, io.LimitReader(&repeated{text: " "}, huge))
		r.ContentLength = length
		with(r, "Content-Type", "application/json", signatureHeader, signed(aWebhook, nil))
		res, err := server.Client().Do(r)
		var failure net.Error
		switch {
		case errors.As(err, &failure) && failure.Timeout():
			return 0
		case err != nil:
			return http.StatusRequestEntityTooLarge
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for _, path := range []string{"/webhooks/toolbox", "/c/" + aToken + "/start", "/c/" + aToken + "/finish"} {
		for _, length := range []int64{huge, -1} {
			var got int
			took := allocated(func() { got = send(path, length) })
			if got != http.StatusRequestEntityTooLarge || took > 4<<20 {
				t.Errorf("%s with length %d: %d, with %d KiB", path, length, got, took>>10)
			}
		}
	}
	// One that is as large as it may be is read, and not held.
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/webhooks/toolbox", io.LimitReader(&repeated{text: " "}, maxWebhook))
	with(r, signatureHeader, signed(aWebhook, nil))
	took := allocated(func() {
		res, err := server.Client().Do(r)
		if err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v, %v", res, err)
			return
		}
		_ = res.Body.Close()
	})
	if took > 4<<20 {
		t.Errorf("32 MiB were read with %d KiB", took>>10)
	}
	s.wasAsked("keys toolbox")
}

// A thousand persons who wait at the same time, all of them for an operator that is slow.
func TestThousandPageLoads(t *testing.T) {
	const persons = 1000
	s := newFixture(t, unlimited)
	arrived, release := make(chan struct{}, persons), make(chan struct{})
	s.before = func(context.Context) { arrived <- struct{}{}; <-release }
	server := serveFixture(t, s, func(*http.Server) {})
	open := func(client *http.Client, path string) error {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		r.Close = true
		res, err := client.Do(r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "<h1") {
			return fmt.Errorf("%d, %w", res.StatusCode, err)
		}
		return nil
	}
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var failed atomic.Int64
	var all sync.WaitGroup
	for range persons {
		all.Go(func() {
			if open(server.Client(), "/c/"+aToken) != nil {
				failed.Add(1)
			}
		})
	}
	for range persons {
		<-arrived
	}
	runtime.GC()
	runtime.ReadMemStats(&during)
	if err := open(server.Client(), "/landed"); err != nil {
		t.Errorf("another client: %v", err)
	}
	if !strings.Contains(metricsOf(s.gateway), fmt.Sprintf("flinks_gateway_requests_in_flight %d", persons)) {
		t.Error("they are not counted")
	}
	close(release)
	all.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d of them got no page", failed.Load())
	}
	// The clients are part of it; the pod may have 256 MiB.
	held := int64(during.HeapInuse+during.StackInuse) - int64(before.HeapInuse+before.StackInuse)
	t.Logf("%d KiB for each", held/persons>>10)
	if held > 128<<20 {
		t.Errorf("%d MiB were held for %d persons", held>>20, persons)
	}
}
