package flinkssim

import (
	"cmp"
	"net/http"
)

// modePoll asks how a live attempt goes.
const modePoll = "poll"

// describeAuthorizeAsync says what the request is about, before anything happens.
func (s *Server) describeAuthorizeAsync(x *exchange) {
	s.describeAuthorize(x)
	var in authorizeRequest
	if x.mode == modeMFA && x.decode(&in) == nil && in.SecurityResponses == nil {
		x.mode = modePoll
	}
}

// authorizeAsync answers POST AuthorizeAsync, which Flinks opens for single instances: it begins a live
// attempt that goes on in the background, and tells how one goes.
func (s *Server) authorizeAsync(x *exchange) reply {
	if !s.knobs.AuthorizeAsync {
		return s.notAvailable(x)
	}
	var in authorizeRequest
	if x.decode(&in) != nil {
		return s.invalidRequest()
	}
	switch x.mode {
	case modeLive, modeLink:
		return s.beginAsync(x, &in)
	case modePoll:
		return s.pollAsync(x, &in)
	case modeMFA:
		return s.answerAsync(x, &in)
	default:
		return s.invalidRequest()
	}
}

// beginAsync takes the login for a live attempt. Its 202 says only that the login is known: whatever
// stands in the way of the attempt is told to those who ask later.
func (s *Server) beginAsync(x *exchange, in *authorizeRequest) reply {
	t, ok := s.spendToken(x)
	if !ok {
		return s.unauthorized(messageAuthorizeToken)
	}
	l, rejection := s.liveTarget(x, in)
	if rejection != nil {
		return *rejection
	}
	sess, refusal := s.openLive(l, s.liveRequestOf(in, t))
	if refusal == "" {
		x.opened(sess)
		s.conclude(sess, x.forced)
	}
	return s.work(sess)
}

// pollAsync tells how a live attempt goes. A RequestId of another call is not one of such an attempt.
func (s *Server) pollAsync(x *exchange, in *authorizeRequest) reply {
	if _, ok := s.spendToken(x); !ok {
		return s.unauthorized(messageAuthorizeToken)
	}
	sess, dead := s.apiSession(in.RequestID)
	if dead != "" || !s.ownCustomer(x) || x.stranger || sess.workingUntil.IsZero() {
		return s.deadSession(sess, cmp.Or(dead, codeSessionNonexistent))
	}
	sess.touched = s.clock.Now()
	if sess.touched.Before(sess.workingUntil) {
		return working(sess)
	}
	return s.sessionAnswer(sess).took()
}

// answerAsync gives answers to the bank, and goes on in the background.
func (s *Server) answerAsync(x *exchange, in *authorizeRequest) reply {
	if r := s.authorizeAnswer(x, in); !r.committed {
		return r
	}
	sess, _ := s.findSession(in.RequestID)
	return s.work(sess)
}

// work has a session go on in the background for as long as the knobs say.
func (s *Server) work(sess *session) reply {
	sess.workingUntil = s.clock.Now().Add(s.knobs.AsyncDuration)
	return working(sess)
}

// working returns the answer of an attempt that goes on: nothing but its RequestId is published.
func working(sess *session) reply {
	r := jsonReply(http.StatusAccepted, workingBody{HTTPStatusCode: http.StatusAccepted, RequestID: sess.id})
	return r.about(sess).took()
}
