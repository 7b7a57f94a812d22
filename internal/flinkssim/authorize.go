package flinkssim

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"
)

// The modes of Authorize, as the journal names them.
const (
	modeCached = "cached"
	modeLive   = "live"
	modeLink   = "link"
	modeMFA    = "mfa"
)

// authorizeRequest is the body of Authorize.
type authorizeRequest struct {
	LoginID           string                 `json:"LoginId"`
	MostRecentCached  *flexBool              `json:"MostRecentCached"`
	Username          string                 `json:"Username"`
	Password          string                 `json:"Password"`
	Institution       string                 `json:"Institution"`
	Language          string                 `json:"Language"`
	Save              *flexBool              `json:"Save"`
	ScheduleRefresh   *flexBool              `json:"ScheduleRefresh"`
	Tag               string                 `json:"Tag"`
	RequestID         string                 `json:"RequestId"`
	SecurityResponses map[string]flexStrings `json:"SecurityResponses"`
}

// mode tells the four uses of Authorize apart. MostRecentCached has no published
// default for a LoginId, so leaving it out is a fault of the caller: "".
func (in *authorizeRequest) mode() string {
	cached := in.MostRecentCached != nil && bool(*in.MostRecentCached)
	switch {
	case in.RequestID != "":
		return modeMFA
	case cached && (in.LoginID != "" || in.Username != ""):
		return modeCached
	case in.LoginID != "" && in.MostRecentCached != nil:
		return modeLive
	case in.LoginID == "" && in.Username != "":
		return modeLink
	default:
		return ""
	}
}

func (in *authorizeRequest) identity() identity {
	return newIdentity(in.Institution, in.Username, in.Language)
}

// target returns the login that a cached or live call is about, nil if unknown.
func (s *Server) target(x *exchange, in *authorizeRequest) *login {
	if !s.ownCustomer(x) || x.stranger {
		return nil
	}
	if in.LoginID != "" {
		return s.findLogin(in.LoginID)
	}
	if l := s.byIdentity[in.identity()]; l != nil {
		return s.findLogin(l.id)
	}
	return nil
}

// describeAuthorize says what the request is about, before anything happens.
func (s *Server) describeAuthorize(x *exchange) {
	var in authorizeRequest
	if x.decode(&in) != nil {
		return
	}
	x.mode, x.loginID, x.requestID = in.mode(), in.LoginID, in.RequestID
	if sess := s.sessions[strings.ToLower(in.RequestID)]; sess != nil {
		x.loginID = sess.login.id
	}
	if l := s.byIdentity[in.identity()]; l != nil && in.Username != "" {
		x.loginID = l.id
	}
}

// authorize answers POST Authorize.
func (s *Server) authorize(ctx context.Context, x *exchange) reply {
	var in authorizeRequest
	err := x.decode(&in)
	if err == nil && (x.mode == modeLive || x.mode == modeLink) {
		return s.authorizeLive(ctx, x, &in)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil || x.mode == "":
		return s.invalidRequest()
	case x.mode == modeCached:
		return s.authorizeCached(x, &in)
	default:
		return s.authorizeAnswer(x, &in)
	}
}

// authorizeCached contacts no bank: it replays how the last live attempt ended,
// under a new RequestId which opens the stored data either way.
func (s *Server) authorizeCached(x *exchange, in *authorizeRequest) reply {
	t, ok := s.spendToken(x)
	if !ok {
		return s.unauthorized(messageAuthorizeToken)
	}
	l := s.target(x, in)
	if l == nil {
		return s.authorizeUnknown(in.LoginID)
	}
	if u := l.behaviour(); u.refusesAll {
		return s.refused(u.refuses, messageOf(u.refuses))
	}
	sess := s.newSession(l)
	t.bind(sess)
	sess.cached, sess.tag = true, in.Tag
	l.lastCachedCall = s.clock.Now()
	code := s.replayed(l)
	if code == codeOK {
		sess.phase, sess.readable = phaseAuthorized, true
		return s.authorized(sess).took()
	}
	sess.phase, sess.code = phaseFailed, code
	sess.readable = !l.lastRefresh.IsZero() && (s.knobs.FailedSessionsReadable || code == codeQuestionNotFound)
	return s.bankAnswer(sess, code, nil).took()
}

// authorizeLive contacts the bank: at once in effect, and then for as long as
// the knobs say until it answers. A caller that gives up does not stop it.
func (s *Server) authorizeLive(ctx context.Context, x *exchange, in *authorizeRequest) reply {
	sess, rejection := s.beginLive(x, in)
	if rejection != nil {
		return *rejection
	}
	_ = wait(ctx, s.liveLatency(sess.login)) // the bank goes on after the caller has left
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conclude(sess, x.forced)
	if x.dispatch {
		return s.pendingAs(codeOperationDispatched, sess, "GetAccountsDetailAsync")
	}
	return s.sessionAnswer(sess).took()
}

func (s *Server) beginLive(x *exchange, in *authorizeRequest) (*session, *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.spendToken(x)
	if !ok {
		return nil, new(s.unauthorized(messageAuthorizeToken))
	}
	l, rejection := s.liveTarget(x, in)
	if rejection != nil {
		return nil, rejection
	}
	sess, refusal := s.openLive(l, s.liveRequestOf(in, t))
	if refusal != "" {
		return nil, new(s.bankAnswer(sess, refusal, nil))
	}
	x.opened(sess)
	return sess, nil
}

func (s *Server) liveTarget(x *exchange, in *authorizeRequest) (*login, *reply) {
	if x.mode == modeLive {
		if l := s.target(x, in); l != nil {
			return l, nil
		}
		return nil, new(s.authorizeUnknown(in.LoginID))
	}
	if cmp.Or(in.Institution, institutionName) != institutionName || in.Password == "" {
		return nil, new(s.invalidRequest())
	}
	return s.loginFor(in.identity(), in.Username), nil
}

func (s *Server) liveRequestOf(in *authorizeRequest, t *authorizeToken) liveRequest {
	save := s.knobs.SaveDefault
	if in.Save != nil {
		save = bool(*in.Save)
	}
	return liveRequest{
		password: in.Password, save: save, tag: in.Tag, token: t,
		schedule: in.ScheduleRefresh != nil && bool(*in.ScheduleRefresh),
	}
}

// authorizeAnswer goes on with an open session.
func (s *Server) authorizeAnswer(x *exchange, in *authorizeRequest) reply {
	sess, dead := s.apiSession(in.RequestID)
	if sess != nil && !s.answerToken(x, sess) {
		return s.unauthorized(messageAuthorizeToken)
	}
	switch {
	case dead != "" || !s.ownCustomer(x) || x.stranger:
		return s.deadSession(sess, dead)
	case sess.phase == phaseAuthorized:
		return s.bankAnswer(sess, codeAlreadyAuthorized, nil)
	case sess.phase == phaseFailed:
		return s.bankAnswer(sess, sess.code, nil)
	case sess.phase == phaseOpening:
		return s.bankAnswer(sess, codeConcurrentSession, nil)
	}
	answers := make(map[string][]string, len(in.SecurityResponses))
	for prompt, answer := range in.SecurityResponses {
		answers[prompt] = answer
	}
	return s.answered(sess, answers, x.forced)
}

func (s *Server) answered(sess *session, answers map[string][]string, forced string) reply {
	if forced != "" {
		s.fail(sess, forced)
		return s.bankAnswer(sess, forced, nil).took()
	}
	code := s.respond(sess, answers)
	if code != "" && sess.phase == phaseChallenged {
		var again []challengeBody
		if code == codeInvalidAnswer {
			again = sess.step().body()
		}
		return s.bankAnswer(sess, code, again).took()
	}
	return s.sessionAnswer(sess).took()
}

// sessionAnswer returns Authorize's answer for the state that a session is in.
func (s *Server) sessionAnswer(sess *session) reply {
	switch sess.phase {
	case phaseChallenged:
		r := jsonReply(http.StatusNonAuthoritativeInfo, challengedBody{
			Links: authorizationLinks, HTTPStatusCode: http.StatusNonAuthoritativeInfo,
			SecurityChallenges: sess.step().body(), Institution: sess.login.institution, RequestID: sess.id,
		})
		return r.about(sess)
	case phaseAuthorized:
		return s.authorized(sess)
	default:
		return s.bankAnswer(sess, sess.code, nil)
	}
}

func (s *Server) authorized(sess *session) reply {
	body := authorizedBody{
		Links:          s.knobs.dataLinks("AccountsDetail", "AccountsSummary", "Statements"),
		HTTPStatusCode: http.StatusOK, Login: sess.login.body(),
		InstitutionID: institutionID, Institution: sess.login.institution, RequestID: sess.id,
	}
	if s.knobs.InstitutionNameField {
		body.InstitutionName = sess.login.institution
	}
	return jsonReply(http.StatusOK, body).about(sess)
}

func (s *Server) liveLatency(l *login) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.behaviour().slow {
		return s.knobs.SlowLatency
	}
	return s.knobs.LiveLatency
}
