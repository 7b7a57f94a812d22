package manager

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

const (
	// dataAddressAnnotation is on the Lease, and says where the leader serves data.
	dataAddressAnnotation = v1alpha1.Group + "/data-api-address"
	// forwardedHeader is on a read that another replica passes on. It is passed on once.
	forwardedHeader = "Flinks-Operator-Forwarded"
	// addressAge is how long a replica believes what it read from the Lease.
	addressAge = 2 * time.Second
	// publishRetry is how long the leader waits after it could not write the annotation.
	publishRetry = 5 * time.Second
	// forwardPatience is longer than the leader takes to begin an answer.
	forwardPatience = 2 * time.Minute
)

// leaderAddress is where the leader serves data, by an annotation of the Lease: the leader writes
// it, and the other replicas read it. An address that is wrong gets no token, because the
// certificate behind it must be ours. It is safe for concurrent use.
type leaderAddress struct {
	live  client.Client
	lease types.NamespacedName
	clock clock.PassiveClock

	mu      sync.Mutex
	read    time.Time
	address string
}

// get returns the address; empty if it is not known.
func (l *leaderAddress) get(ctx context.Context) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if !l.read.IsZero() && now.Before(l.read.Add(addressAge)) {
		return l.address
	}
	var lease coordinationv1.Lease
	if err := l.live.Get(ctx, l.lease, &lease); err != nil {
		return ""
	}
	l.read, l.address = now, ""
	if address, err := netip.ParseAddrPort(lease.Annotations[dataAddressAnnotation]); err == nil {
		l.address = address.String()
	}
	return l.address
}

// publish writes the address of this process, which leads.
func (l *leaderAddress) publish(ctx context.Context, address string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{dataAddressAnnotation: address}}})
	if err != nil {
		return fmt.Errorf("writing the address of the data API: %w", err)
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: l.lease.Namespace, Name: l.lease.Name}}
	return l.live.Patch(ctx, lease, client.RawPatch(types.MergePatchType, patch))
}

// advertised returns where other replicas reach a listener; empty if they do not.
func advertised(ip string, listener net.Addr) string {
	_, port, err := net.SplitHostPort(listener.String())
	if err != nil || ip == "" {
		return ""
	}
	return net.JoinHostPort(ip, port)
}

// announce tells the other replicas where this process serves data, once it leads.
func (s *dataAPI) announce(ctx context.Context) {
	select {
	case <-s.elected:
	case <-ctx.Done():
		return
	}
	err := wait.PollUntilContextCancel(ctx, publishRetry, true, func(ctx context.Context) (bool, error) {
		err := s.leader.publish(ctx, s.own)
		if err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "Address of the data API not announced")
		}
		return err == nil, nil
	})
	_ = err // Only a process that stops gives up.
}

// forward passes a read on to the leader, which authenticates and authorizes the caller again.
func (s *dataAPI) forward(w http.ResponseWriter, req *http.Request) {
	address := ""
	if req.Header.Get(forwardedHeader) == "" {
		address = s.leader.get(req.Context())
	}
	if address == "" || address == s.own {
		refuseRead(w, notLeader())
		return
	}
	countRead(forwarded)
	(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "https", Host: address})
			r.Out.Header.Set(forwardedHeader, "1")
		},
		Transport: s.transport(),
		// What it says would be about addresses in the cluster.
		ErrorLog:     log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { refuseRead(w, notLeader()) },
	}).ServeHTTP(w, req)
}

// forwarded is the result of a read that the leader answers.
const forwarded dataapi.Reason = "Forwarded"

func notLeader() *dataapi.Problem {
	return &dataapi.Problem{Reason: dataapi.NotLeader, RetryAfter: notLeaderRetry}
}

// transport makes connections to other replicas, which have the same certificate as this one. It
// makes another one for each authority, so that a renewal is noticed.
func (s *dataAPI) transport() *http.Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	authorities := s.certificate.authorities.Load()
	if s.toLeader != nil && s.trusted == authorities {
		return s.toLeader
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(*authorities)
	if s.toLeader != nil {
		s.toLeader.CloseIdleConnections()
	}
	s.trusted = authorities
	s.toLeader = &http.Transport{
		DialContext:            (&net.Dialer{Timeout: apiHeaderTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, ServerName: s.serverName},
		TLSHandshakeTimeout:    apiHeaderTimeout,
		ResponseHeaderTimeout:  forwardPatience,
		MaxIdleConnsPerHost:    8,
		MaxConnsPerHost:        64,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxAPIHeader,
		DisableCompression:     true,
	}
	return s.toLeader
}
