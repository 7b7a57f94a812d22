package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

const maxHeaders = 16 << 10

// NewServer returns a server with the limits that a server on the Internet needs. It logs
// nothing by itself, because its messages contain the addresses of clients.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders, ErrorLog: log.New(io.Discard, "", 0),
	}
}

// listeningServer is a server and its listener.
type listeningServer struct {
	*http.Server

	listener net.Listener
}

// serveAll runs servers until ctx is done or one of them fails. After beforeStop it stops
// them, in their order.
func serveAll(ctx context.Context, servers []*listeningServer, beforeStop func()) error {
	ended := make(chan error, len(servers))
	for _, s := range servers {
		go func() { ended <- s.Serve(s.listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
		beforeStop()
	case err = <-ended:
		err = fmt.Errorf("serving: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, s := range servers {
		if stopErr := s.Shutdown(ctx); stopErr != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// pause waits for d, also after ctx is done.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	defer cancel()
	<-ctx.Done()
}
