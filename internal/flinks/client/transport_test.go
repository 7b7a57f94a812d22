package client_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

// listener serves raw connections: script gets each one with its number, from 0.
func listener(t *testing.T, script func(n int, conn net.Conn)) (url string) {
	t.Helper()
	l := flinkstest.Must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	var running sync.WaitGroup
	running.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				script(n, conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return "http://" + l.Addr().String()
}

// readRequest takes one whole request off the connection.
func readRequest(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

func TestNotSent(t *testing.T) {
	var untrusted atomic.Int32
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { untrusted.Add(1) }))
	tls.Config.ErrorLog = discard()
	tls.StartTLS()
	defer tls.Close()

	noNames := flinksclient.NewTransport()
	noNames.DialContext = (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server for " + rawLogin)
	}}}).DialContext

	plain := listener(t, func(_ int, conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	tests := map[string]struct {
		url       string
		transport http.RoundTripper
	}{
		"refused port":          {"http://127.0.0.1:1", nil},
		"untrusted certificate": {tls.URL, nil},
		"no TLS on the port":    {"https" + plain[len("http"):], nil},
		"no such name":          {"http://no-such-host.example", noNames},
	}
	for name, tt := range tests {
		for _, o := range operations {
			t.Run(name+"/"+string(o.op), func(t *testing.T) {
				e := asError(t, o.run(t, client(t, flinksclient.Options{Transport: tt.transport}), endpoint(t, tt.url)))
				if e.Delivery != flinks.NotSent || e.Code != flinks.CodeNotSent || e.Class != flinks.ClassTransient || e.HTTPStatus != 0 {
					t.Error(e)
				}
			})
		}
	}
	if n := untrusted.Load(); n != 0 {
		t.Errorf("%d requests reached a server with an untrusted certificate", n)
	}
}

func TestCancelledBeforeTheCall(t *testing.T) {
	s := serve(t, reply(200, liveOK))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("cause with " + rawLogin))
	_, err := client(t, flinksclient.Options{}).Refresh(ctx, endpoint(t, s.URL), token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.NotSent || !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Error(e)
	}
	if len(s.requests()) != 0 {
		t.Error("the request was sent")
	}
}

// The dial is still under way when the context ends.
func TestCancelledWhileConnecting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	transport := flinksclient.NewTransport()
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, op := range []func(c *flinksclient.Client, ep flinks.Endpoint) error{
		func(c *flinksclient.Client, ep flinks.Endpoint) error {
			return second(c.Refresh(ctx, ep, token(t), login(t)))
		},
		func(c *flinksclient.Client, ep flinks.Endpoint) error {
			return c.DeleteCard(ctx, ep, credentials(t), login(t))
		},
	} {
		err := op(client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example"))
		if e := asError(t, err); e.Delivery != flinks.NotSent || !errors.Is(err, context.Canceled) {
			t.Error(e)
		}
	}
}

func TestCancelledWhileFlinksWorks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := client(t, flinksclient.Options{}).Refresh(ctx, endpoint(t, s.URL), token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.Ambiguous || e.Code != flinks.CodeNoAnswer || !errors.Is(err, context.Canceled) {
		t.Error(e)
	}
}

// pipes returns a network in memory: its connections work under the virtual clock of synctest,
// so that the real limits of minutes can be waited for.
func pipes(script func(r *bufio.Reader, conn net.Conn)) *http.Transport {
	transport := flinksclient.NewTransport()
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			script(bufio.NewReader(far), far)
		}()
		return near, nil
	}
	return transport
}

func TestNoAnswerInTime(t *testing.T) {
	for _, o := range operations {
		t.Run(string(o.op), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				transport := pipes(func(r *bufio.Reader, _ net.Conn) {
					for readRequest(r) {
						requests.Add(1)
					}
				})
				err := o.run(t, client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example"))
				e := asError(t, err)
				if e.Delivery != flinks.Ambiguous || e.Code != flinks.CodeNoAnswer || !errors.Is(err, context.DeadlineExceeded) {
					t.Error(e)
				}
				if n := requests.Load(); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// Headers and half a body arrive, the rest never does.
func TestSlowBodyEndsWithTheCall(t *testing.T) {
	for _, o := range operations {
		t.Run(string(o.op), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := pipes(func(r *bufio.Reader, conn net.Conn) {
					if readRequest(r) {
						_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+contentLength(liveOK)+"\r\n\r\n"+liveOK[:40])
						_, _ = io.Copy(io.Discard, r)
					}
				})
				err := o.run(t, client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example"))
				e := asError(t, err)
				if e.Delivery != flinks.Ambiguous || e.HTTPStatus != 200 || !errors.Is(err, context.DeadlineExceeded) {
					t.Error(e)
				}
			})
		})
	}
}

// Nobody answers the dial: the call ends, and is known not to have been sent.
func TestNoConnectionInTime(t *testing.T) {
	for _, o := range operations {
		synctest.Test(t, func(t *testing.T) {
			transport := flinksclient.NewTransport()
			transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			err := o.run(t, client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example"))
			if e := asError(t, err); e.Delivery != flinks.NotSent || !errors.Is(err, context.DeadlineExceeded) {
				t.Error(e)
			}
		})
	}
}

// The clock of synctest starts at the year 2000, so deadlines are exact.
func TestEachCallHasItsTimeout(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	long := map[flinks.Operation]bool{flinks.OpRefresh: true, flinks.OpGetAccountsDetail: true, flinks.OpGetAccountsDetailAsync: true}
	for _, o := range operations {
		synctest.Test(t, func(t *testing.T) {
			want := map[bool]time.Duration{true: 230 * time.Second, false: 30 * time.Second}[long[o.op]]
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				deadline, _ := r.Context().Deadline()
				if got := deadline.Sub(start); got != want {
					t.Errorf("%s: %s, want %s", o.op, got, want)
				}
				return nil, errors.New("done")
			})
			_ = o.run(t, client(t, flinksclient.Options{Transport: transport}), endpoint(t, "http://flinks.example"))
		})
	}
}

// The connection breaks once the whole request was read: it is unknown what Flinks did.
func TestConnectionLostAfterTheRequest(t *testing.T) {
	answers := map[string]string{
		"nothing":       "",
		"half a header": "HTTP/1.1 200 OK\r\nContent-Len",
		"half a body":   "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"HttpStatusCode\":200,",
		"no HTTP":       "\x16\x03\x01 hello " + rawLogin + "\r\n\r\n",
		"huge header":   "HTTP/1.1 200 OK\r\nX: " + longLine + "\r\n\r\n",
	}
	for name, answer := range answers {
		for _, o := range operations {
			t.Run(name+"/"+string(o.op), func(t *testing.T) {
				var requests atomic.Int32
				url := listener(t, func(_ int, conn net.Conn) {
					if readRequest(bufio.NewReader(conn)) {
						requests.Add(1)
						_, _ = io.WriteString(conn, answer)
					}
				})
				e := asError(t, o.run(t, client(t, flinksclient.Options{}), endpoint(t, url)))
				if e.Delivery != flinks.Ambiguous || e.RequestID.IsZero() == false {
					t.Error(e)
				}
				if n := requests.Load(); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

// longLine is larger than what the client takes for all headers.
var longLine = strings.Repeat("x", 200<<10)

// A server that hangs up at once may or may not have got the request; both claims that
// the client can make here are true, a third one would not be.
func TestConnectionLostBeforeTheRequest(t *testing.T) {
	url := listener(t, func(int, net.Conn) {})
	for _, o := range operations {
		e := asError(t, o.run(t, client(t, flinksclient.Options{}), endpoint(t, url)))
		if e.Delivery == flinks.Answered || e.HTTPStatus != 0 {
			t.Errorf("%s: %v", o.op, e)
		}
	}
}

// roundTripper is a transport that net/http knows nothing of.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// NotSent is a promise about the future too: net/http writes in a goroutine of its own,
// which may come to the body after the call has failed. It must not get it then.
func TestNotSentBodyCanNeverBeSent(t *testing.T) {
	var late *http.Request
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		late = r
		return nil, errors.New("gave up before the body")
	})
	_, err := client(t, flinksclient.Options{Transport: transport}).Refresh(t.Context(), endpoint(t, "http://flinks.example"), token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.NotSent {
		t.Error(e)
	}
	if body, err := io.ReadAll(late.Body); len(body) != 0 || err == nil {
		t.Errorf("the body was handed out afterwards: %d bytes, error %v", len(body), err)
	}
}

func TestPartlySentBodyIsAmbiguous(t *testing.T) {
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		_, _ = r.Body.Read(make([]byte, 1))
		return nil, errors.New("write failed")
	})
	_, err := client(t, flinksclient.Options{Transport: transport}).Refresh(t.Context(), endpoint(t, "http://flinks.example"), token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.Ambiguous {
		t.Error(e)
	}
}

// A transport that reports no connections gives no proof for a call without a body.
func TestBodilessCallNeedsProof(t *testing.T) {
	transport := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("who knows") })
	err := client(t, flinksclient.Options{Transport: transport}).DeleteCard(t.Context(), endpoint(t, "http://flinks.example"), credentials(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.Ambiguous {
		t.Error(e)
	}
}

// An answer that arrives before the request was read completely is still an answer.
func TestEarlyAnswer(t *testing.T) {
	const early = `{"HttpStatusCode":401,"FlinksCode":"TOO_MANY_REQUESTS"}`
	url := listener(t, func(_ int, conn net.Conn) {
		r := bufio.NewReader(conn)
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Length: "+contentLength(early)+"\r\n\r\n"+early)
		_, _ = io.Copy(io.Discard, r)
	})
	_, err := client(t, flinksclient.Options{}).Refresh(t.Context(), endpoint(t, url), token(t), login(t))
	if e := asError(t, err); e.Class != flinks.ClassThrottled || e.Delivery != flinks.Answered {
		t.Error(e)
	}
}

func TestTransportLimits(t *testing.T) {
	tr := flinksclient.NewTransport()
	if tr.TLSClientConfig.MinVersion < 0x0303 || tr.TLSClientConfig.InsecureSkipVerify {
		t.Error("TLS is not as it should be")
	}
	if tr.MaxIdleConns == 0 || tr.MaxIdleConnsPerHost == 0 || tr.IdleConnTimeout == 0 || tr.TLSHandshakeTimeout == 0 || tr.MaxResponseHeaderBytes == 0 {
		t.Error("something is unbounded")
	}
	if tr.Protocols.HTTP2() || tr.ResponseHeaderTimeout != 0 {
		t.Error("HTTP/2 is on, or a limit below 210 s cuts live calls off")
	}
	if flinksclient.DefaultLongTimeout <= 210*time.Second {
		t.Error("live calls end before Flinks moves them to the background")
	}
}
