package flinkssim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"

	"k8s.io/utils/clock"
)

// ToolboxCustomerID is the customerId that Flinks publishes for its shared test
// instance.
const ToolboxCustomerID = "43387ca6-0391-4c82-857d-70d95f087ecb"

// Options say who the simulator is.
type Options struct {
	// Clock drives every timer of Flinks; a [VirtualClock] by default.
	Clock clock.PassiveClock
	// Instance goes into every LoginId; "toolbox" by default.
	Instance string
	// CustomerID is the one customer of the instance; [ToolboxCustomerID] by default.
	CustomerID string
	// SecretKey, APIKey and BearerToken are random GUIDs where empty.
	SecretKey   string
	APIKey      string
	BearerToken string
	// Knobs: build from [DefaultKnobs]; the zero value stands for it.
	Knobs Knobs
	// Webhook is where data is announced; nowhere by default.
	Webhook Webhook
}

// Credentials are what a client of this simulator has to know.
type Credentials struct {
	Instance    string
	CustomerID  string
	SecretKey   string
	APIKey      string
	BearerToken string
}

// Server is one simulated Flinks instance. It is safe for concurrent use.
type Server struct {
	clock      clock.PassiveClock
	instance   string
	customerID string

	mu          sync.Mutex
	secretKey   key
	apiKey      key
	bearerToken key
	knobs       Knobs
	tokens      map[string]*authorizeToken
	logins      map[string]*login
	byIdentity  map[identity]*login
	generations map[identity]int
	sessions    map[string]*session
	sweepAt     int
	passwords   map[string]string // where a customer changed it at the bank
	journal     journal
	faults      faultScript
	live        LiveStats
	webhook     Webhook
	deliveries  []*delivery
}

// New returns a simulator without logins. It panics on impossible knobs, which
// [Knobs.Validate] finds beforehand, and on a webhook that has no usable URL.
func New(o Options) *Server {
	if o.Knobs == (Knobs{}) {
		o.Knobs = DefaultKnobs()
	}
	if err := o.Knobs.Validate(); err != nil {
		panic(fmt.Sprintf("flinkssim: %v", err))
	}
	if o.Clock == nil {
		o.Clock = NewVirtualClock()
	}
	s := &Server{
		clock:       o.Clock,
		knobs:       o.Knobs,
		instance:    cmp.Or(o.Instance, "toolbox"),
		customerID:  cmp.Or(o.CustomerID, ToolboxCustomerID),
		secretKey:   key{current: cmp.Or(o.SecretKey, newGUID())},
		apiKey:      key{current: cmp.Or(o.APIKey, newGUID())},
		bearerToken: key{current: cmp.Or(o.BearerToken, newGUID())},
		tokens:      map[string]*authorizeToken{},
		logins:      map[string]*login{},
		byIdentity:  map[identity]*login{},
		generations: map[identity]int{},
		sessions:    map[string]*session{},
		passwords:   map[string]string{},
	}
	if err := s.SetWebhook(o.Webhook); err != nil {
		panic(fmt.Sprintf("flinkssim: %v", err))
	}
	return s
}

// Handler serves the API under /v3 and the Connect pages under /v2 and /.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, ep := range s.endpoints() {
		mux.Handle(ep.method+" /v3/{customerId}/BankingServices/"+ep.path, s.serve(ep))
	}
	s.routeConnect(mux)
	mux.Handle("/", s.serve(endpoint{name: "Unknown", perform: s.locked(func(*exchange) reply { return notFound() })}))
	return mux
}

// endpoints returns the calls of the API.
func (s *Server) endpoints() []endpoint {
	return []endpoint{
		{method: "POST", path: "GenerateAuthorizeToken", perform: s.locked(s.generateAuthorizeToken)},
		{method: "POST", path: "Authorize", describe: s.describeAuthorize, perform: s.authorize},
		{method: "POST", path: "GetAccountsDetail", describe: s.describeData, perform: s.locked(s.accountsDetail)},
		{method: "GET", path: "GetAccountsDetailAsync/{requestId}", describe: s.describeData, perform: s.locked(s.accountsDetail)},
		{method: "POST", path: "GetAccountsSummary", describe: s.describeData, perform: s.locked(s.accountsSummary)},
		{method: "GET", path: "GetAccountsSummaryAsync/{requestId}", describe: s.describeData, perform: s.locked(s.accountsSummary)},
		{method: "DELETE", path: "DeleteCard/{loginId}", describe: s.describeLogin, perform: s.locked(s.deleteCard)},
		{method: "PATCH", path: "SetScheduledRefresh", describe: s.describeLogin, perform: s.locked(s.setScheduledRefresh)},
		{method: "GET", path: "GetNightlyRefreshStatus", perform: s.locked(s.nightlyStatus)},
		{method: "GET", path: "Institutions", perform: s.locked(s.institutions)},
		// Known to Flinks, but closed until support opens them for an instance.
		{method: "POST", path: "AuthorizeAsync", describe: s.describeAuthorizeAsync, perform: s.locked(s.authorizeAsync)},
		{method: "POST", path: "GetStatements", perform: s.locked(s.notAvailable)},
		{method: "GET", path: "GetStatementsAsync/{requestId}", perform: s.locked(s.notAvailable)},
		{method: "GET", path: "GetMFAQuestions/{loginId}", perform: s.locked(s.mfaQuestions)},
		{method: "PATCH", path: "AnswerMFAQuestions", perform: s.locked(s.mfaQuestions)},
	}
}

func (s *Server) notAvailable(*exchange) reply {
	return s.refused(codeMethodNotAvailable, "")
}

// mfaQuestions answers calls about a login, for what Flinks no longer recommends.
func (s *Server) mfaQuestions(x *exchange) reply {
	if !s.cardKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	return s.notAvailable(x)
}

// locked makes an endpoint of a function that needs the lock throughout.
func (s *Server) locked(perform func(*exchange) reply) func(context.Context, *exchange) reply {
	return func(_ context.Context, x *exchange) reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		return perform(x)
	}
}
