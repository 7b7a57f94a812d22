package flinkssim

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrNoChallenge: no live session of the login waits for a person.
var ErrNoChallenge = errors.New("no session waits for an answer")

// AnswerMFA answers the step that a session waits with, keyed by prompt, as a
// person in Connect would. Wrong answers are no error: see the login's state.
func (s *Server) AnswerMFA(requestID string, answers map[string][]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess, dead := s.findSession(requestID)
	if dead != "" {
		return fmt.Errorf("answering session %s: %s", mask(requestID), dead)
	}
	if sess.phase != phaseChallenged {
		return fmt.Errorf("answering session %s: %w", mask(requestID), ErrNoChallenge)
	}
	s.answerAsPerson(sess, answers)
	return nil
}

// CompleteMFA answers everything that the login's open session asks, correctly.
func (s *Server) CompleteMFA(loginID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess := s.waitingSession(loginID)
	if sess == nil {
		return fmt.Errorf("answering for login %s: %w", mask(loginID), ErrNoChallenge)
	}
	for sess.phase == phaseChallenged {
		s.answerAsPerson(sess, sess.step().rightAnswers())
	}
	return nil
}

// WaitingRequestID returns the RequestId of the login's session that waits for a
// person, if there is one.
func (s *Server) WaitingRequestID(loginID string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess := s.waitingSession(loginID)
	if sess == nil {
		return "", false
	}
	return sess.id, true
}

func (s *Server) waitingSession(loginID string) *session {
	l := s.logins[strings.ToLower(loginID)]
	if l == nil || l.openSessions(s.clock.Now()) == 0 {
		return nil
	}
	for _, sess := range l.live {
		if sess.phase == phaseChallenged {
			return sess
		}
	}
	return nil
}

func (s *Server) answerAsPerson(sess *session, answers map[string][]string) {
	entry := s.journal.begin(Entry{
		Time: s.clock.Now(), Endpoint: "Person", Mode: modeMFA, LoginID: sess.login.id, RequestID: sess.id, Committed: true,
	})
	sess.resumed = true
	code := s.respond(sess, answers)
	entry.Status, entry.FlinksCode = http.StatusOK, code
	if code != "" {
		entry.Status = s.knobs.statusOf(code)
	} else if sess.phase == phaseChallenged {
		entry.Status = http.StatusNonAuthoritativeInfo
	}
}
