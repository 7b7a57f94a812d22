package client_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// net/http replays a request if its body can be rewound or a header calls it idempotent.
func TestNoRequestInvitesAReplay(t *testing.T) {
	for _, o := range operations {
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			_, a := r.Header["Idempotency-Key"]
			_, b := r.Header["X-Idempotency-Key"]
			if r.GetBody != nil || a || b {
				t.Errorf("%s can be replayed", o.op)
			}
			if o.op == flinks.OpRefresh && (r.Body == nil || !r.Close) {
				t.Errorf("%s has no body, or keeps its connection", o.op)
			}
			return nil, errors.New("done")
		})
		if o.run(t, client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example")) == nil {
			t.Error("no error")
		}
	}
}

// idleCloser answers the first request of the first connection and keeps that connection.
// A second request on it is read and then dropped, as by a server that closes an idle
// connection just as a request arrives. Other connections are answered.
func idleCloser(t *testing.T, requests *atomic.Int32) string {
	return listener(t, func(n int, conn net.Conn) {
		r := bufio.NewReader(conn)
		for served := 0; readRequest(r); served++ {
			requests.Add(1)
			if n == 0 && served == 1 {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+contentLength(liveOK)+"\r\n\r\n"+liveOK)
		}
	})
}

func TestRefreshTakesANewConnection(t *testing.T) {
	var requests atomic.Int32
	ep := endpoint(t, idleCloser(t, &requests))
	c := client(t, flinksclient.Options{})
	if _, err := c.Observe(t.Context(), ep, token(t), login(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Refresh(t.Context(), ep, token(t), login(t)); err != nil {
		t.Errorf("the refresh went out on the stale connection: %v", err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// The kept connections of a *http.Transport that the caller supplied are not used either.
func TestRefreshTakesANewConnectionOfAGivenTransport(t *testing.T) {
	var requests atomic.Int32
	ep := endpoint(t, idleCloser(t, &requests))
	c := client(t, flinksclient.Options{Transport: flinksclient.NewTransport()})
	_, first := c.Observe(t.Context(), ep, token(t), login(t))
	_, second := c.Refresh(t.Context(), ep, token(t), login(t))
	if first != nil || second != nil || requests.Load() != 2 {
		t.Errorf("%v, %v, %d requests", first, second, requests.Load())
	}
}

// Behind a wrapper the connection cannot be chosen. The refresh then fails, but it is
// still sent once.
func TestRefreshIsSentOnceOnAStaleConnection(t *testing.T) {
	var requests atomic.Int32
	ep := endpoint(t, idleCloser(t, &requests))
	inner := flinksclient.NewTransport()
	defer inner.CloseIdleConnections()
	c := client(t, flinksclient.Options{Transport: roundTripper(inner.RoundTrip)})
	if _, err := c.Observe(t.Context(), ep, token(t), login(t)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Refresh(t.Context(), ep, token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.Ambiguous {
		t.Error(e)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2: the refresh was repeated", n)
	}
}

// The server closes each connection right behind the answer, while the client keeps it.
func TestRefreshSurvivesServersThatCloseIdleConnections(t *testing.T) {
	var requests atomic.Int32
	url := listener(t, func(_ int, conn net.Conn) {
		if readRequest(bufio.NewReader(conn)) {
			requests.Add(1)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+contentLength(liveOK)+"\r\n\r\n"+liveOK)
		}
	})
	c, ep := client(t, flinksclient.Options{}), endpoint(t, url)
	for range 50 {
		if _, err := c.Refresh(t.Context(), ep, token(t), login(t)); err != nil {
			t.Fatal(err)
		}
	}
	if n := requests.Load(); n != 50 {
		t.Errorf("%d requests for 50 refreshes", n)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := serve(t, reply(200, liveOK))
	// Nor is their body believed, whatever it says.
	bodies := map[int]string{301: liveOK, 302: `{"HttpStatusCode":401,"FlinksCode":"INVALID_LOGIN"}`, 303: `"Invalid LoginId"`, 307: "", 308: tokenOK}
	for status, body := range bodies {
		for _, o := range operations {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", elsewhere.URL+r.URL.Path)
				reply(status, body)(w, r)
			})
			e := asError(t, o.run(t, client(t, flinksclient.Options{}), endpoint(t, s.URL)))
			if e.Delivery != flinks.Ambiguous || e.Code != flinks.CodeUnreadable || e.HTTPStatus != status {
				t.Errorf("%s %d: %v", o.op, status, e)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%s %d: %d requests", o.op, status, n)
			}
		}
	}
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("%d requests went to the other host", n)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := serve(t, reply(200, liveOK))
	c, ep := client(t, flinksclient.Options{}), endpoint(t, s.URL)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := c.Observe(t.Context(), ep, token(t), login(t)); err != nil {
				t.Error(err)
			}
			if _, err := c.Refresh(t.Context(), ep, token(t), login(t)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.requests()); n != 32 {
		t.Errorf("%d requests for 32 calls", n)
	}
}
