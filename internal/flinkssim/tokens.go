package flinkssim

import (
	"net/http"
	"time"
)

// authorizeToken is good for one session: it is bound to the first one that it
// opens, and goes on to be accepted for that session's MFA answers.
type authorizeToken struct {
	mintedAt time.Time
	used     bool
	session  *session
}

// generateAuthorizeToken is POST GenerateAuthorizeToken.
func (s *Server) generateAuthorizeToken(x *exchange) reply {
	if !s.ownCustomer(x) || x.header.Get("flinks-auth-key") != s.credentials.SecretKey {
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
		return s.knobs.MFAToken != "new"
	}
	if s.knobs.MFAToken == "same" {
		return false
	}
	t, ok := s.spendToken(x)
	t.bind(sess)
	return ok
}

// connectToken accepts a token for the Connect page: an unused one, or one whose
// session ended in a refusal, so that a person may correct a typing error.
func (s *Server) connectToken(value string) (*authorizeToken, bool) {
	if !s.knobs.RequireAuthorizeToken {
		return nil, true
	}
	if t := s.unusedToken(value); t != nil {
		return t, true
	}
	t := s.tokens[value]
	if t == nil || t.session == nil || !t.session.viaConnect {
		return nil, false
	}
	retry := t.session.phase == phaseFailed && s.clock.Now().Before(t.session.deadline())
	return t, retry
}

func (s *Server) unusedToken(value string) *authorizeToken {
	t := s.tokens[value]
	if t == nil || t.used || s.clock.Since(t.mintedAt) >= s.knobs.AuthorizeTokenTTL {
		return nil
	}
	return t
}

func (t *authorizeToken) bind(sess *session) {
	if t != nil {
		t.used, t.session = true, sess
	}
}

func (s *Server) bearerReplacesToken(x *exchange) bool {
	return s.knobs.AcceptBearerOnAuthorize && s.bearerOK(x)
}

func (s *Server) bearerOK(x *exchange) bool {
	return s.ownCustomer(x) && x.header.Get("Authorization") == "Bearer "+s.credentials.BearerToken
}

func (s *Server) ownCustomer(x *exchange) bool {
	return x.customerID == s.credentials.CustomerID
}

// apiKeyOK guards the data calls.
func (s *Server) apiKeyOK(x *exchange) bool {
	return !s.knobs.RequireXAPIKey || x.header.Get("x-api-key") == s.credentials.APIKey
}

// anyKeyOK guards the calls for which Flinks documents no credential at all:
// clients send either key.
func (s *Server) anyKeyOK(x *exchange) bool {
	return s.apiKeyOK(x) || x.header.Get("flinks-auth-key") == s.credentials.SecretKey
}
