package flinkssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// reply is what an endpoint answers, and what it did.
type reply struct {
	status      int
	contentType string
	body        []byte
	header      http.Header

	code      string
	loginID   string
	requestID string
	// committed: the call passed the checks and was carried out.
	committed bool
}

const (
	jsonType = "application/json; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

func jsonReply(status int, body any) reply {
	return reply{status: status, contentType: jsonType, body: encode(body), header: http.Header{}}
}

// encode leaves <, > and & as they are: Flinks escapes them no more than JSON asks.
func encode(body any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(err) // our own types: a programming error
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// notFound returns what a gateway in front of an API says to an unknown path.
func notFound() reply {
	return reply{status: http.StatusNotFound, contentType: htmlType, header: http.Header{}, body: []byte(
		"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n" +
			"<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n")}
}

// refused returns an answer of the request and key checks: flat, without a RequestId.
func (s *Server) refused(code, message string) reply {
	status := s.knobs.statusOf(code)
	r := jsonReply(status, flatError{HTTPStatusCode: status, Message: message, FlinksCode: code})
	r.code = code
	if code == codeTooManyRequests && s.knobs.ThrottleRetryAfter > 0 {
		seconds := math.Ceil(s.knobs.ThrottleRetryAfter.Seconds())
		r.header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return r
}

func (s *Server) unauthorized(message string) reply {
	return s.refused(codeUnauthorized, message)
}

func (s *Server) invalidRequest() reply {
	return s.refused(codeInvalidRequest, messageInvalidRequest)
}

func (s *Server) unknownLogin() reply {
	return s.refused(codeInvalidLogin, messageUnknownLogin)
}

// authorizeUnknown returns one of the published answers of Authorize.
func (s *Server) authorizeUnknown(loginID string) reply {
	switch s.knobs.AuthorizeUnknown {
	case AuthorizeUnknownUnauthorized:
		return s.unauthorized(messageLoginNotFound)
	case AuthorizeUnknownInvalidRequest:
		return s.refused(codeInvalidRequest, fmt.Sprintf(messageMalformedLogin, loginID))
	default:
		return s.unknownLogin()
	}
}

// deadSession returns the answer for a RequestId that findSession did not return.
func (s *Server) deadSession(sess *session, code string) reply {
	if sess == nil || code == codeSessionNonexistent {
		return s.refused(codeSessionNonexistent, messageNoSession)
	}
	return s.bankAnswer(sess, code, nil)
}

// bankAnswer returns a refusal by the bank session. A 400 is flat whatever it says,
// and throttling is the gateway's business rather than the bank's.
func (s *Server) bankAnswer(sess *session, code string, challenges []challengeBody) reply {
	status := s.knobs.statusOf(code)
	if status == http.StatusBadRequest || code == codeTooManyRequests {
		return s.refused(code, messageOf(code)).about(sess)
	}
	r := jsonReply(status, bankError{
		Links: authorizationLinks, HTTPStatusCode: status, Message: messageOf(code), FlinksCode: code,
		SecurityChallenges: challenges, Institution: sess.login.institution, RequestID: sess.id,
	})
	r.code = code
	return r.about(sess)
}

// about notes for the journal which session an answer belongs to.
func (r reply) about(sess *session) reply {
	r.requestID, r.loginID = sess.id, sess.login.id
	return r
}

// took notes that the call was carried out.
func (r reply) took() reply {
	r.committed = true
	return r
}
