package flinkssim

import (
	"net/http"
	"strings"
	"time"
)

// authorizeToken is good for one session: it is bound to the first one that it
// opens, and goes on to be accepted for that session's MFA answers.
type authorizeToken struct {
	mintedAt time.Time
	used     bool
	session  *session
	// visit is the visit to Connect that it opened, in which it goes on to be good.
	visit string
}

// generateAuthorizeToken answers POST GenerateAuthorizeToken.
func (s *Server) generateAuthorizeToken(x *exchange) reply {
	if !s.ownCustomer(x) || !s.secretKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	r := jsonReply(http.StatusOK, tokenBody{HTTPStatusCode: http.StatusOK, Token: s.mintToken()})
	r.committed = true
	return r
}

// MintAuthorizeToken returns a new authorize token, as GenerateAuthorizeToken
// does for the holder of the secret key.
func (s *Server) MintAuthorizeToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mintToken()
}

func (s *Server) mintToken() string {
	value := newGUID()
	s.tokens[value] = &authorizeToken{mintedAt: s.clock.Now()}
	return value
}

// spendToken takes the request's token for a new session. The token returned is
// nil where the instance does not ask for one.
func (s *Server) spendToken(x *exchange) (*authorizeToken, bool) {
	if !s.knobs.RequireAuthorizeToken || s.bearerReplacesToken(x) {
		return nil, true
	}
	t := s.unusedToken(x.header.Get("flinks-auth-key"))
	if t == nil || !s.ownCustomer(x) {
		return nil, false
	}
	t.used = true
	return t, true
}

// answerToken accepts the session's own token, or any unused one. A token that
// another session consumed is refused.
func (s *Server) answerToken(x *exchange, sess *session) bool {
	if !s.knobs.RequireAuthorizeToken || s.bearerReplacesToken(x) {
		return true
	}
	value := x.header.Get("flinks-auth-key")
	if t := s.tokens[value]; t != nil && t.used && t.session == sess {
		return s.knobs.MFAToken != mfaTokenNew
	}
	if s.knobs.MFAToken == mfaTokenSame {
		return false
	}
	t, ok := s.spendToken(x)
	t.bind(sess)
	return ok
}

// connectToken accepts a token for a fresh flow in Connect: an unused one, or that of
// the visit that is under way. A session that ended in a refusal does not end the
// visit, so that a person may correct a typing error.
func (s *Server) connectToken(p *connectParams) (*authorizeToken, bool) {
	if !s.knobs.RequireAuthorizeToken {
		return nil, true
	}
	if t := s.unusedToken(p.authorizeToken); t != nil {
		if s.knobs.ConnectTokenSpentOnOpen {
			t.used = true
			t.beginVisit(p)
		}
		return t, true
	}
	t := s.tokens[p.authorizeToken]
	if !s.sameVisit(t, p) {
		return nil, false
	}
	if t.session == nil {
		return t, s.fresh(t) // as long as nothing but the page was opened
	}
	retry := t.session.phase == phaseFailed && s.clock.Now().Before(t.session.deadline())
	return t, retry
}

// resumeToken reports whether the page may go on with a living session. That its
// RequestId names a session which a token opened already is enough for some instances.
func (s *Server) resumeToken(p *connectParams, sess *session) bool {
	if !s.knobs.RequireAuthorizeToken || s.knobs.ResumeToken == ResumeTokenNone {
		return true
	}
	if t := s.unusedToken(p.authorizeToken); t != nil {
		t.bind(sess)
		t.beginVisit(p)
		return true
	}
	t := s.tokens[p.authorizeToken]
	if t == nil || t.session != sess {
		return false
	}
	return s.knobs.ResumeToken == ResumeTokenSession || s.sameVisit(t, p)
}

// beginVisit puts the visit into the address of everything that the page posts.
func (t *authorizeToken) beginVisit(p *connectParams) {
	t.visit = newGUID()
	p.visit, p.raw = t.visit, p.raw+"&visit="+t.visit
}

// sameVisit reports whether the token opened Connect, and for this very page where it
// opens no other.
func (s *Server) sameVisit(t *authorizeToken, p *connectParams) bool {
	if t == nil || t.visit == "" {
		return false
	}
	return t.visit == p.visit || !s.knobs.ConnectTokenSpentOnOpen
}

func (s *Server) unusedToken(value string) *authorizeToken {
	t := s.tokens[value]
	if t == nil || t.used || !s.fresh(t) {
		return nil
	}
	return t
}

func (s *Server) fresh(t *authorizeToken) bool {
	return s.clock.Since(t.mintedAt) < s.knobs.AuthorizeTokenTTL
}

func (t *authorizeToken) bind(sess *session) {
	if t != nil {
		t.used, t.session = true, sess
	}
}

func (s *Server) bearerReplacesToken(x *exchange) bool {
	return s.knobs.AcceptBearerOnAuthorize && s.bearerOK(x)
}

func bearerValue(x *exchange) string {
	value, _ := strings.CutPrefix(x.header.Get("Authorization"), "Bearer ")
	return value
}

func (s *Server) ownCustomer(x *exchange) bool { return x.customerID == s.customerID }
