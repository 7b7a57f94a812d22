package flinkssim

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The modes of the Connect pages, as the journal names them. Giving credentials
// and answers have the names that the same acts have in Authorize.
const (
	modePage     = "page"
	modeResume   = "resume"
	modeAccounts = "accounts"
)

// routeConnect serves the pages in both published forms, with and without /v2.
func (s *Server) routeConnect(mux *http.ServeMux) {
	start := s.serve(endpoint{name: "Connect", describe: s.describeConnect, perform: s.locked(s.connectStart)})
	credential := s.serve(endpoint{name: "Connect", describe: s.describeConnect, perform: s.connectCredential})
	answer := s.serve(endpoint{name: "Connect", describe: s.describeConnect, perform: s.locked(s.connectAnswer)})
	accounts := s.serve(endpoint{name: "Connect", describe: s.describeConnect, perform: s.locked(s.connectAccounts)})
	for _, base := range []string{"", "/v2"} {
		mux.Handle("GET "+base+"/{$}", start)
		mux.Handle("GET "+base+"/Credential/{institutionId}", credential)
		mux.Handle("POST "+base+"/Credential/{institutionId}", credential)
		mux.Handle("POST "+base+"/Mfa", answer)
		mux.Handle("POST "+base+"/Accounts", accounts)
	}
}

// connectParams are the query parameters that the simulator understands. Others
// of Flinks' long list only change the look, and are ignored.
type connectParams struct {
	authorizeToken string
	demo           bool
	redirectURL    *url.URL
	innerRedirect  bool
	jsRedirect     bool
	language       string
	tag            string
	requestID      string
	resumeAccounts []string
	options        ConnectOptions

	visit string // that of the token, where the page was opened by one before
	base  string // "" or "/v2"
	raw   string // the query as it came: it travels with every form
}

var (
	errRedirectURL = errors.New("redirectUrl must be an absolute http or https URL")
	errNotServed   = errors.New("connect is not served at this path")
)

func readConnectParams(x *exchange) (p connectParams, err error) {
	q := x.request.URL.Query()
	r := &optionReader{query: q}
	p = connectParams{
		authorizeToken: q.Get("authorizeToken"), tag: q.Get("tag"), requestID: q.Get("requestId"),
		demo: r.flag("demo", false), innerRedirect: r.flag("innerRedirect", false), jsRedirect: r.flag("jsRedirect", false),
		language: cmp.Or(r.word("language", "en", "fr"), "en"),
		options:  readConnectOptions(r), visit: q.Get("visit"), raw: x.request.URL.RawQuery,
	}
	if strings.HasPrefix(x.request.URL.Path, "/v2/") {
		p.base = "/v2"
	}
	if ids := q.Get("resumeSelectedAccounts"); ids != "" {
		p.resumeAccounts = strings.Split(ids, ",")
	}
	if p.base == "" && !x.knobs.ClassicConnect {
		return p, errNotServed
	}
	if target := q.Get("redirectUrl"); target != "" && r.err == nil {
		p.redirectURL, r.err = readRedirectURL(target)
	}
	return p, r.err
}

func readRedirectURL(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errRedirectURL
	}
	return u, nil
}

// form reads the fields of a posted page; without any it is empty.
func (x *exchange) form() url.Values {
	if x.request.Method != http.MethodPost {
		return url.Values{}
	}
	fields, _ := url.ParseQuery(string(x.body)) // a malformed field is a missing one
	return fields
}

func (s *Server) describeConnect(x *exchange) {
	form := x.form()
	x.requestID = form.Get("requestId")
	x.mode = modePage
	switch {
	case strings.HasSuffix(x.request.URL.Path, "/Mfa"):
		x.mode = modeMFA
	case strings.HasSuffix(x.request.URL.Path, "/Accounts"):
		x.mode = modeAccounts
	case form.Has("username"):
		x.mode = modeLink
		language := x.request.URL.Query().Get("language")
		if l := s.byIdentity[newIdentity("", form.Get("username"), language)]; l != nil {
			x.loginID = l.id
		}
	case x.request.URL.Query().Has("requestId"):
		x.mode, x.requestID = modeResume, x.request.URL.Query().Get("requestId")
	}
	if sess := s.sessions[strings.ToLower(x.requestID)]; sess != nil {
		x.loginID = sess.login.id
	}
}

// connectStart returns the page that a connect URL opens: the list of banks, or the
// open question of the session that is to be resumed.
func (s *Server) connectStart(x *exchange) reply {
	p, err := readConnectParams(x)
	if err != nil {
		return badAddress(err)
	}
	if p.requestID != "" && s.knobs.ReconnectEnabled {
		return s.connectResume(p)
	}
	if _, ok := s.connectToken(&p); !ok {
		return tokenInvalidPage(p)
	}
	return institutionsPage(p)
}

// connectResume goes on where a session stopped, for as long as it lives.
func (s *Server) connectResume(p connectParams) reply {
	sess, dead := s.findSession(p.requestID)
	switch {
	case dead != "" || sess.phase == phaseFailed || sess.phase == phaseOpening:
		return sessionExpiredPage(p)
	case !s.resumeToken(&p, sess):
		return tokenInvalidPage(p)
	}
	sess.viaConnect, sess.resumed, sess.touched = true, true, s.clock.Now()
	s.adopt(p, sess)
	return s.connectProgress(p, sess, []event{{"step": "APP_MOUNTED"}}).about(sess).took()
}

// adopt takes over what the page was opened with. Flinks applies an earlier
// selection of accounts on its own side; that of the selector page it does not.
func (s *Server) adopt(p connectParams, sess *session) {
	sess.schedule = sess.schedule || p.options.ScheduleRefresh
	if p.tag != "" {
		sess.tag = p.tag
	}
	if p.options.DaysOfTransactions != "" {
		sess.days = p.options.DaysOfTransactions
	}
	if len(p.resumeAccounts) > 0 {
		sess.accounts = p.resumeAccounts
	}
}

// connectCredential shows the credential form and takes what it posts. Its path
// can be opened directly, which skips the list of banks.
func (s *Server) connectCredential(ctx context.Context, x *exchange) reply {
	p, err := readConnectParams(x)
	if err != nil {
		return badAddress(err)
	}
	form := x.form()
	if form.Has("username") {
		return s.connectLink(ctx, x, p, form)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.connectToken(&p); !ok {
		return tokenInvalidPage(p)
	}
	if x.request.PathValue("institutionId") != strconv.Itoa(institutionID) {
		return institutionsPage(p)
	}
	events := []event{{"step": "APP_MOUNTED"}}
	if form.Has("institution") {
		events = []event{{"step": "INSTITUTION_SELECTED", "institution": institutionName}}
	}
	return credentialPage(p, events, "")
}

// connectLink opens a live session with the credentials of a person.
func (s *Server) connectLink(ctx context.Context, x *exchange, p connectParams, form url.Values) reply {
	sess, rejection := s.beginConnectLink(x, &p, form)
	if rejection != nil {
		return *rejection
	}
	_ = wait(ctx, s.liveLatency(sess.login)) // the bank goes on after the person has left
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conclude(sess, x.forced)
	return s.connectProgress(p, sess, []event{{"step": "SUBMIT_CREDENTIAL"}}).about(sess).took()
}

func (s *Server) beginConnectLink(x *exchange, p *connectParams, form url.Values) (*session, *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.connectToken(p)
	if !ok {
		return nil, new(tokenInvalidPage(*p))
	}
	username, password := strings.TrimSpace(form.Get("username")), form.Get("password")
	if username == "" || password == "" {
		return nil, new(credentialPage(*p, []event{{"step": "SUBMIT_CREDENTIAL"}}, codeInvalidLogin))
	}
	l := s.loginFor(newIdentity("", username, p.language), username)
	sess, refusal := s.openLive(l, liveRequest{
		password: password, save: true, schedule: p.options.ScheduleRefresh, tag: p.tag, viaConnect: true, token: t,
	})
	if t != nil && t.visit == "" {
		t.beginVisit(p)
	}
	if refusal != "" {
		r := credentialPage(*p, []event{{"step": "SUBMIT_CREDENTIAL"}}, refusal)
		return nil, new(r.about(sess))
	}
	s.adopt(*p, sess)
	x.opened(sess)
	return sess, nil
}

// connectAnswer takes the answers to one step, which the form numbers.
func (s *Server) connectAnswer(x *exchange) reply {
	p, err := readConnectParams(x)
	if err != nil {
		return badAddress(err)
	}
	form := x.form()
	sess, dead := s.findSession(form.Get("requestId"))
	if dead != "" || sess.phase != phaseChallenged {
		return sessionExpiredPage(p)
	}
	if !s.resumeToken(&p, sess) {
		return tokenInvalidPage(p)
	}
	submitted := []event{{"step": "SUBMIT_MFA"}}
	if x.forced != "" {
		s.fail(sess, x.forced)
		return s.connectProgress(p, sess, submitted).about(sess).took()
	}
	code := s.respond(sess, answersOf(form, sess.step()))
	if code != "" && sess.phase == phaseChallenged {
		return mfaPage(p, sess, append(submitted, errorEvent(code)), code).about(sess).took()
	}
	return s.connectProgress(p, sess, submitted).about(sess).took()
}

func answersOf(form url.Values, st step) map[string][]string {
	answers := map[string][]string{}
	for i, c := range st.challenges {
		given := slices.DeleteFunc(slices.Clone(form[answerField(i)]), func(v string) bool { return v == "" })
		if len(given) > 0 {
			answers[c.prompt] = given
		}
	}
	return answers
}

func answerField(i int) string { return "answer." + strconv.Itoa(i) }

// connectAccounts takes the choice of the account selector.
func (s *Server) connectAccounts(x *exchange) reply {
	p, err := readConnectParams(x)
	if err != nil {
		return badAddress(err)
	}
	form := x.form()
	sess, dead := s.findSession(form.Get("requestId"))
	if dead != "" || sess.phase != phaseAuthorized {
		return sessionExpiredPage(p)
	}
	if !s.resumeToken(&p, sess) {
		return tokenInvalidPage(p)
	}
	chosen := form["accountId"]
	known := s.selectable(p, sess)
	foreign := slices.ContainsFunc(chosen, func(id string) bool {
		return !slices.ContainsFunc(known, func(a accountDetail) bool { return a.ID == id })
	})
	if len(chosen) == 0 || foreign || (len(chosen) > 1 && !p.options.SelectorMultiple) {
		return s.accountsPage(p, sess, nil).about(sess)
	}
	return s.donePage(p, sess, chosen, []event{{"step": "ACCOUNT_SELECTED"}}).about(sess).took()
}

// selectable returns the accounts that the selector shows.
func (s *Server) selectable(p connectParams, sess *session) []accountDetail {
	return slices.DeleteFunc(s.allAccounts(sess.login, &dataRequest{WithTransactions: new(flexBool(false))}), func(a accountDetail) bool {
		return p.options.SelectorCurrency != "" && !strings.EqualFold(a.Currency, p.options.SelectorCurrency)
	})
}

// connectProgress returns the page for the state that the session is in now.
func (s *Server) connectProgress(p connectParams, sess *session, events []event) reply {
	switch {
	case sess.phase == phaseChallenged:
		return mfaPage(p, sess, events, "")
	case sess.phase == phaseAuthorized && p.options.Selector && len(p.resumeAccounts) == 0:
		return s.accountsPage(p, sess, events)
	case sess.phase == phaseAuthorized:
		return s.donePage(p, sess, p.resumeAccounts, events)
	case p.requestID != "":
		return failedPage(p, append(events, errorEvent(sess.code)), sess.code)
	default:
		return credentialPage(p, events, sess.code)
	}
}
