package manager

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// dataAPIReads counts the reads of applications, by result. The label has a closed set of values.
var dataAPIReads = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_data_api_reads_total",
	Help: "Reads of applications by result: OK, NotModified, Interrupted, Forwarded, or the reason of the problem.",
}, []string{"result"})

func init() { metrics.Registry.MustRegister(dataAPIReads) }

// dataAPIWriteTimeout bounds a whole read: the waits for Flinks, and what a slow reader takes.
const dataAPIWriteTimeout = 4 * time.Minute

// dataAPI is the data API of a process. Every replica listens, and the leader alone serves data:
// the others pass reads on to it.
type dataAPI struct {
	apiServer

	// elected is closed once this process leads.
	elected <-chan struct{}
	// data is the handler of the leader.
	data http.Handler
	// own is where other replicas reach this one; empty if they do not.
	own    string
	leader *leaderAddress
	// serverName is the name in the certificates of all replicas.
	serverName string

	mu sync.Mutex
	// toLeader trusts these authorities.
	toLeader *http.Transport
	trusted  *[]byte
}

// newDataAPI reads the Secret of the data API; it returns nil if the API is not to be served.
func newDataAPI(ctx context.Context, o Options, live client.Client) (*dataAPI, error) {
	if o.DataAPIAddress == "0" && o.DataAPIListener == nil {
		return nil, nil //nolint:nilnil // Said above.
	}
	own, err := newBootstrapSecrets(live, o)
	if err != nil {
		return nil, err
	}
	s := &dataAPI{apiServer: apiServer{
		clients: "applications", address: o.DataAPIAddress, listener: o.DataAPIListener, writeTimeout: o.DataWriteTimeout,
	}}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	s.own, s.serverName = advertised(o.DataAdvertiseIP, s.listener.Addr()), dataAPIService.service+"."+own.namespace+".svc"
	lease := types.NamespacedName{Namespace: cmp.Or(o.LeaderElectionNamespace, own.namespace), Name: leaseName}
	s.leader = &leaderAddress{live: live, lease: lease, clock: o.Clock}
	if !o.LeaderElection {
		s.own = ""
	}
	s.certificate, err = newCertificate(ctx, own, dataAPIService)
	return s, err
}

// add makes the manager serve a backend to the callers that the API server authenticates
// and authorizes.
func (s *dataAPI) add(mgr ctrl.Manager, backend dataapi.Backend) (err error) {
	if s == nil {
		return nil
	}
	s.elected = mgr.Elected()
	s.data = &dataapi.Server{Backend: backend, OnRead: countRead}
	s.handler, err = protect(mgr, dataAPIProtection, http.HandlerFunc(s.route))
	if err != nil {
		return err
	}
	return mgr.Add(s)
}

func countRead(r dataapi.Reason) { dataAPIReads.WithLabelValues(string(r)).Inc() }

// notLeaderRetry is about the time in which a replica takes over, or a Service finds the leader.
const notLeaderRetry = 5 * time.Second

// route serves data if this process leads: the limits of an instance are the leader's. Otherwise it
// passes the read on, with the caller's own token.
func (s *dataAPI) route(w http.ResponseWriter, req *http.Request) {
	select {
	case <-s.elected:
		req.Header.Del("Authorization")
		s.data.ServeHTTP(w, req)
	default:
		s.forward(w, req)
	}
}

func refuseRead(w http.ResponseWriter, p *dataapi.Problem) {
	countRead(p.Reason)
	dataapi.WriteProblem(w, p)
}

// Start serves until ctx is done, and waits for the reads under way.
func (s *dataAPI) Start(ctx context.Context) error {
	go wait.UntilWithContext(ctx, s.certificate.refresh, ownSecretsLook)
	if s.own != "" {
		go s.announce(ctx)
	}
	return s.serve(ctx)
}

// dataAPIProtection asks for the right to get the data of a connection, whether there is one or
// not: an answer tells a caller without that right nothing.
var dataAPIProtection = protection{
	name: "dataapi", audience: dataapi.Audience,
	attributes: func(req *http.Request) (authorizer.AttributesRecord, bool) {
		target, ok := dataapi.ParsePath(req.URL.Path)
		return authorizer.AttributesRecord{
			Verb: "get", ResourceRequest: true, Namespace: target.Namespace, Name: target.Name,
			APIGroup: dataapi.Group, APIVersion: "*", Resource: dataapi.Resource, Subresource: dataapi.Subresource,
		}, ok
	},
	refuse: func(w http.ResponseWriter, status int) {
		p := &dataapi.Problem{Reason: dataapi.Unavailable, RetryAfter: notLeaderRetry}
		switch status {
		case http.StatusUnauthorized:
			p = &dataapi.Problem{Reason: dataapi.Unauthorized}
		case http.StatusForbidden:
			p = &dataapi.Problem{Reason: dataapi.Forbidden}
		case http.StatusNotFound:
			p = &dataapi.Problem{Reason: dataapi.NotFound}
		}
		refuseRead(w, p)
	},
	admit: func(req *http.Request, caller user.Info) *http.Request {
		return req.WithContext(dataapi.WithCaller(req.Context(), caller.GetName()))
	},
}
