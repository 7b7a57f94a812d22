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

// deleteCard is DELETE DeleteCard/{loginId}. A login of another customerId and a
// login that does not exist get the same answer: so a mistyped customerId looks
// like a login that is gone.
func (s *Server) deleteCard(x *exchange) reply {
	if !s.anyKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	l := s.findLogin(x.loginID)
	if l == nil || !s.ownCustomer(x) {
		return s.deleteUnknown(x.loginID)
	}
	// A live session is open until its data is complete, so this covers both a
	// login that is processed and one whose bank waits for an answer.
	if l.openSessions(s.clock.Now()) > 0 {
		r := s.refused(codeCardInUse, messageCardInUse)
		r.loginID = l.id
		return r
	}
	s.forget(l)
	r := s.deletedReply()
	r.loginID = l.id
	return r.took()
}

func (s *Server) deletedReply() reply {
	const message = "Login deleted" // the true text is not published
	if s.knobs.DeleteCardBody == "string" {
		return jsonReply(http.StatusOK, message)
	}
	return jsonReply(http.StatusOK, deletedBody{StatusCode: http.StatusOK, Message: message})
}

// deleteUnknown is one of the five published answers.
func (s *Server) deleteUnknown(loginID string) reply {
	flat := func(status int, code, message string) reply {
		r := jsonReply(status, flatError{HTTPStatusCode: status, Message: message, FlinksCode: code})
		r.code = code
		return r
	}
	switch s.knobs.DeleteUnknown {
	case DeleteUnknownString200:
		return jsonReply(http.StatusOK, "Invalid LoginId")
	case DeleteUnknownInvalidLogin401:
		return flat(http.StatusUnauthorized, codeInvalidLogin, messageUnknownLogin)
	case DeleteUnknownInvalidRequest400:
		return flat(http.StatusBadRequest, codeInvalidRequest, fmt.Sprintf(messageMalformedLogin, loginID))
	case DeleteUnknownNotFound404:
		// Assumed: the envelope rule, that a body repeats its status, holds here.
		return jsonReply(http.StatusNotFound, flatError{HTTPStatusCode: http.StatusNotFound, Message: messageUnknownLogin})
	default:
		return flat(http.StatusBadRequest, codeInvalidLogin, messageUnknownLogin)
	}
}
