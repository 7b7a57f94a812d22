package flinkssim

import (
	"fmt"
	"net/http"
)

// describeLogin finds the login that a call is about, in the path, the body or
// the query: for SetScheduledRefresh, clients use all of them.
func (s *Server) describeLogin(x *exchange) {
	x.loginID = x.request.PathValue("loginId")
	if x.loginID == "" {
		in, _ := readScheduledRequest(x)
		x.loginID = in.LoginID
	}
}

// deleteCard answers DELETE DeleteCard/{loginId}. A login of another customerId and a
// login that does not exist get the same answer: so a mistyped customerId looks
// like a login that is gone.
func (s *Server) deleteCard(x *exchange) reply {
	if !s.cardKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	l := s.findLogin(x.loginID)
	if l == nil || !s.ownCustomer(x) || x.stranger {
		return s.deleteUnknown(x.loginID)
	}
	if s.inUse(l) {
		return s.cardInUse(l)
	}
	s.forget(l)
	r := s.deletedReply()
	r.loginID = l.id
	return r.took()
}

// inUse: a live session is open until its data is complete, so this covers both a
// login that is processed and one whose bank waits for an answer.
func (s *Server) inUse(l *login) bool { return l.openSessions(s.clock.Now()) > 0 }

func (s *Server) cardInUse(l *login) reply {
	r := s.refused(codeCardInUse, messageCardInUse)
	r.loginID = l.id
	return r
}

func (s *Server) deletedReply() reply {
	const message = "Login deleted" // the true text is not published
	if s.knobs.DeleteCardBody == bodyString {
		return jsonReply(http.StatusOK, message)
	}
	return jsonReply(http.StatusOK, deletedBody{StatusCode: http.StatusOK, Message: message})
}

// deleteUnknown returns one of the published answers.
func (s *Server) deleteUnknown(loginID string) reply {
	malformed := fmt.Sprintf(messageMalformedLogin, loginID)
	switch s.knobs.DeleteUnknown {
	case DeleteUnknownNotFound404:
		// Assumed: the envelope rule, that a body repeats its status, holds here.
		return flat(http.StatusNotFound, "", messageUnknownLogin)
	case DeleteUnknownInvalidLogin400:
		return flat(http.StatusBadRequest, codeInvalidLogin, messageUnknownLogin)
	case DeleteUnknownInvalidLogin401:
		return flat(http.StatusUnauthorized, codeInvalidLogin, messageUnknownLogin)
	case DeleteUnknownInvalidRequest400:
		return flat(http.StatusBadRequest, codeInvalidRequest, malformed)
	case DeleteUnknownInvalidRequest401:
		return flat(http.StatusUnauthorized, codeInvalidRequest, malformed)
	case DeleteUnknownString200:
		return jsonReply(http.StatusOK, messageInvalidLoginID)
	case DeleteUnknownString400:
		return jsonReply(http.StatusBadRequest, messageInvalidLoginID)
	case DeleteUnknownObject200:
		return jsonReply(http.StatusOK, deletedBody{StatusCode: http.StatusOK, Message: messageInvalidLoginID})
	default:
		return reply{status: http.StatusNotFound, header: http.Header{}}
	}
}

// flat returns an error under a status of its own, whatever the knobs say of its code.
func flat(status int, code, message string) reply {
	r := jsonReply(status, flatError{HTTPStatusCode: status, Message: message, FlinksCode: code})
	r.code = code
	return r
}
