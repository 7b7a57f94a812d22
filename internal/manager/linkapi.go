package manager

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkAPICalls counts the calls of the gateway, by operation and result. Both labels have
// a closed set of values.
var linkAPICalls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_link_api_calls_total",
	Help: "Calls of the gateway by operation and code; OK for success.",
}, []string{"operation", "code"})

func init() { metrics.Registry.MustRegister(linkAPICalls) }

// linkAPIWriteTimeout is longer than the longest call, which waits for Flinks.
const linkAPIWriteTimeout = 90 * time.Second

// linkAPI is the link API of a process, which every replica serves.
type linkAPI struct {
	apiServer

	clock clock.PassiveClock
	keys  *linkKeys
}

// newLinkAPI reads the Secrets of the link API; it returns nil if the API is not to be
// served.
func newLinkAPI(ctx context.Context, o Options, live client.Client) (*linkAPI, error) {
	if o.LinkAPIAddress == "0" && o.LinkAPIListener == nil {
		return nil, nil //nolint:nilnil // Said above.
	}
	own, err := newBootstrapSecrets(live, o)
	if err != nil {
		return nil, err
	}
	s := &linkAPI{clock: o.Clock, apiServer: apiServer{
		clients: "the gateway", address: o.LinkAPIAddress, listener: o.LinkAPIListener, writeTimeout: linkAPIWriteTimeout,
	}}
	if s.keys, err = newLinkKeys(ctx, own); err != nil {
		return nil, err
	}
	s.certificate, err = newCertificate(ctx, own, linkAPIService)
	return s, err
}

// links returns the links that the API opens; nil if the API is not served.
func (s *linkAPI) links() *login.Links {
	if s == nil {
		return nil
	}
	return &login.Links{Keys: s.keys.current, Clock: s.clock, Removed: s.keys.removed}
}

// add makes the manager serve a backend to the callers that the API server authenticates
// and authorizes.
func (s *linkAPI) add(mgr ctrl.Manager, backend linkapi.Backend) (err error) {
	if s == nil {
		return nil
	}
	s.handler, err = protect(mgr, linkAPIProtection, &linkapi.Server{Backend: backend, OnCall: func(op linkapi.Operation, code linkapi.Code) {
		linkAPICalls.WithLabelValues(string(op), string(code)).Inc()
	}})
	if err != nil {
		return err
	}
	return mgr.Add(s)
}

// Start serves until ctx is done, and waits for the calls under way.
func (s *linkAPI) Start(ctx context.Context) error {
	go wait.UntilWithContext(ctx, s.refresh, ownSecretsLook)
	return s.serve(ctx)
}

// refresh reads the Secrets of the link API again, if that is due.
func (s *linkAPI) refresh(ctx context.Context) {
	s.keys.refresh(ctx)
	s.certificate.refresh(ctx)
}

// linkAPIProtection asks for the right to POST to the path of a call.
var linkAPIProtection = protection{
	name: "linkapi", audience: linkapi.Audience,
	attributes: func(req *http.Request) (authorizer.AttributesRecord, bool) {
		return authorizer.AttributesRecord{Verb: strings.ToLower(req.Method), Path: req.URL.Path}, true
	},
	refuse: func(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) },
	admit: func(req *http.Request, _ user.Info) *http.Request {
		req.Header.Del("Authorization")
		return req
	},
}
