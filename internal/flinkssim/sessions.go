package flinkssim

import (
	"maps"
	"strings"
	"time"
)

// How long a RequestId lives: 8 minutes idle while authorising and before the
// next call, 30 minutes while data is processed. After that Flinks says that it
// expired, and some time later that it never existed; how much later is not
// published.
const (
	idleLife    = 8 * time.Minute
	expiredLife = 30 * time.Minute
	// tokenLife is when a token is forgotten: long after any use of it.
	tokenLife = 24 * time.Hour
)

type phase int

const (
	phaseOpening    phase = iota // the bank is being contacted
	phaseChallenged              // a 203 waits for a person
	phaseAuthorized
	phaseFailed
)

// session is what a RequestId stands for. Every Authorize makes one, cached or live.
type session struct {
	id         string
	login      *login
	cached     bool
	viaConnect bool
	resumed    bool // a person went on with it in Connect
	nightly    bool
	phase      phase
	code       string // why it failed
	readable   bool   // data may be read with this RequestId

	touched         time.Time
	workingUntil    time.Time // it was begun by AuthorizeAsync, which tells nothing until then
	dataAskedAt     time.Time
	delivered       bool
	detailed        bool // GetAccountsDetail gave its final answer
	processingUntil time.Time
	accounts        []string     // the selection that data calls are limited to
	asked           *dataRequest // the options of the first data call

	steps []step
	at    int

	// What a success stores.
	password string // as given by the person, empty in a refresh
	save     bool
	schedule bool
	tag      string
	days     string // how far back the person lets transactions reach; empty if they were not asked
}

// deadline returns when the session ends if no call touches it.
func (sess *session) deadline() time.Time {
	if sess.phase == phaseAuthorized && !sess.dataAskedAt.IsZero() && !sess.delivered {
		return sess.dataAskedAt.Add(processingCeiling)
	}
	return sess.touched.Add(idleLife)
}

// holdsLogin: a live session keeps others out until it fails, until its data is
// complete, or until it was idle for 8 minutes.
func (sess *session) holdsLogin(now time.Time) bool {
	switch sess.phase {
	case phaseOpening:
		return true
	case phaseChallenged:
		return now.Before(sess.deadline())
	case phaseAuthorized:
		return now.Before(sess.processingUntil)
	default:
		return false
	}
}

func (sess *session) step() step { return sess.steps[sess.at] }

func (s *Server) newSession(l *login) *session {
	s.sweep()
	sess := &session{id: newGUID(), login: l, touched: s.clock.Now()}
	s.sessions[sess.id] = sess
	return sess
}

// findSession returns a living session, or the code that says why there is none.
func (s *Server) findSession(requestID string) (*session, string) {
	sess := s.sessions[strings.ToLower(requestID)]
	now := s.clock.Now()
	switch {
	case sess == nil:
		return nil, codeSessionNonexistent
	case sess.phase == phaseOpening || now.Before(sess.deadline()):
		return sess, ""
	case now.Before(sess.deadline().Add(expiredLife)):
		return sess, codeSessionExpired
	default:
		return nil, codeSessionNonexistent
	}
}

// apiSession finds the session for a call of the API, for which a RequestId may end
// earlier than for the person in Connect.
func (s *Server) apiSession(requestID string) (*session, string) {
	sess, dead := s.findSession(requestID)
	if dead != "" || sess.phase != phaseAuthorized {
		return sess, dead
	}
	read := sess.detailed && s.knobs.RequestIDAfterDetails == requestIDEnds
	if read || (sess.resumed && s.knobs.RequestIDAfterReconnect == requestIDEnds) {
		return nil, codeSessionNonexistent
	}
	return sess, ""
}

// sweep drops, now and then, sessions that can no longer be found.
func (s *Server) sweep() {
	if len(s.sessions) < s.sweepAt {
		return
	}
	now := s.clock.Now()
	maps.DeleteFunc(s.tokens, func(_ string, t *authorizeToken) bool { return now.Sub(t.mintedAt) > tokenLife })
	maps.DeleteFunc(s.sessions, func(_ string, sess *session) bool {
		return sess.phase != phaseOpening && !now.Before(sess.deadline().Add(expiredLife))
	})
	s.sweepAt = 2*len(s.sessions) + 1024
}

// liveRequest asks for a live session.
type liveRequest struct {
	password   string // empty in a refresh: the stored one is used
	save       bool
	schedule   bool
	tag        string
	viaConnect bool
	nightly    bool
	token      *authorizeToken
}

// openLive takes the login for a live session, or says why not. Either way the
// attempt has a RequestId of its own.
func (s *Server) openLive(l *login, req liveRequest) (sess *session, refusal string) {
	sess = s.newSession(l)
	sess.viaConnect, sess.nightly = req.viaConnect, req.nightly
	sess.password, sess.save, sess.schedule, sess.tag = req.password, req.save, req.schedule, req.tag
	req.token.bind(sess)
	if refusal = s.refusal(l, req.password == ""); refusal != "" {
		sess.phase, sess.code = phaseFailed, refusal
		l.refused++
		s.live.refusedOne(s.clock.Now(), l, refusal)
		return sess, refusal
	}
	l.live = append(l.live, sess)
	l.opened++
	s.live.openedOne(s.clock.Now(), s.logins, l)
	return sess, ""
}

// refusal returns the code with which an attempt is turned away before it becomes a
// session. It never counts as the outcome of a live attempt.
func (s *Server) refusal(l *login, refresh bool) string {
	u := l.behaviour()
	if u.refuses != "" && (refresh || u.refusesAll) {
		return u.refuses
	}
	if l.openSessions(s.clock.Now()) > 0 && s.knobs.ConcurrencyLock {
		return codeConcurrentSession
	}
	return ""
}

// conclude records what the bank has answered. forced is a code that a
// fault wants the bank to answer with.
func (s *Server) conclude(sess *session, forced string) {
	l := sess.login
	sess.touched, l.lastAttempt = s.clock.Now(), s.clock.Now()
	if code := s.bankRefusal(sess, forced); code != "" {
		s.fail(sess, code)
		return
	}
	if ask := l.behaviour().steps; ask != nil {
		sess.steps = ask(l.language, l.opened-1)
		s.challenge(sess)
		return
	}
	s.succeed(sess)
}

// bankRefusal returns the code of an attempt that the bank turns down, if it does.
func (s *Server) bankRefusal(sess *session, forced string) string {
	l := sess.login
	u, known := lookupUser(l.identity.username)
	password := sess.password
	if password == "" {
		password = l.password
	}
	switch {
	case forced != "":
		return forced
	case !known:
		return codeInvalidUsername
	case sess.password == "" && s.credentialsGone(l):
		return codeInvalidLogin
	case password != s.bankPassword(l.identity.username):
		return s.knobs.WrongPasswordCode
	case u.maintained:
		return s.knobs.MaintenanceCode
	default:
		return u.failure
	}
}

// credentialsGone: stored credentials are kept for some days after a person gave
// them. A refresh does not renew that, as far as is published.
func (s *Server) credentialsGone(l *login) bool {
	if l.password == "" {
		return true
	}
	days := s.knobs.CredentialDays
	return days > 0 && s.clock.Since(l.credentialsSavedAt) > inDays(days)
}

func inDays(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// challenge puts the next step before the person. Until it is answered, the last
// live attempt counts as one without an answer: QUESTION_NOT_FOUND.
func (s *Server) challenge(sess *session) {
	sess.phase = phaseChallenged
	sess.login.lastCode, sess.login.asked = codeQuestionNotFound, sess
	sess.login.prompts++
}

// replayed returns what a cached call says of the last live attempt.
func (s *Server) replayed(l *login) string {
	if l.lastCode == codeQuestionNotFound && l.asked.idledOut(s.clock.Now()) {
		return s.knobs.IdleOutReplay
	}
	return l.lastCode
}

// idledOut reports whether the session ended because its question was not answered in time. A
// question from before the simulator's start has no session.
func (sess *session) idledOut(now time.Time) bool {
	return sess != nil && sess.phase == phaseChallenged && !now.Before(sess.deadline())
}

func (s *Server) fail(sess *session, code string) {
	sess.phase, sess.code = phaseFailed, code
	sess.login.lastCode = code
}

func (s *Server) succeed(sess *session) {
	l, now := sess.login, s.clock.Now()
	sess.phase, sess.readable = phaseAuthorized, true
	if days := s.knobs.AccountIDDays; days > 0 && !l.lastRefresh.IsZero() && now.Sub(l.lastRefresh) > inDays(days) {
		l.accountEra++
	}
	l.linked, l.lastCode, l.lastRefresh = true, codeOK, now
	processing := s.knobs.ProcessingDuration
	if own := l.behaviour().processing; own > 0 {
		processing = own
	}
	sess.processingUntil = now.Add(processing)
	l.processingUntil, l.detailsPending = sess.processingUntil, s.knobs.FirstDetailsPending
	if sess.schedule {
		l.scheduled = true
	}
	s.keepCredentials(sess)
	l.takeOptions(sess)
	if sess.viaConnect || sess.nightly {
		s.announce(sess)
	}
}

// keepCredentials keeps those that a person gave. Whether a refresh renews their age is left to the
// instance.
func (s *Server) keepCredentials(sess *session) {
	l, now := sess.login, s.clock.Now()
	switch {
	case sess.password != "" && sess.save:
		l.password, l.credentialsSavedAt = sess.password, now
	case sess.password == "" && s.knobs.RefreshRenewsCredentials:
		l.credentialsSavedAt = now
	}
}

// takeOptions gives the login the tag and the days of the Connect session that linked it last, so
// that one without takes them away. A refresh is no such session.
func (l *login) takeOptions(sess *session) {
	links := sess.viaConnect && sess.password != ""
	if sess.tag != "" || links {
		l.tag = sess.tag
	}
	if sess.days != "" || links {
		l.days = sess.days
	}
}

// respond gives answers to the step that a challenged session waits with. The
// code is empty where the session itself tells the result.
func (s *Server) respond(sess *session, answers map[string][]string) (code string) {
	sess.touched = s.clock.Now()
	verdict := sess.step().judge(answers)
	if verdict != verdictNothing {
		sess.login.answers++
	}
	switch verdict {
	case verdictNothing:
		return ""
	case verdictUnknownKey:
		return codeUnknownChallengeKey
	case verdictIncomplete:
		return codeAnswersIncomplete
	case verdictWrong:
		return s.wrongAnswer(sess)
	case verdictRight:
	}
	if sess.at++; sess.at < len(sess.steps) {
		s.challenge(sess)
		return ""
	}
	s.succeed(sess)
	return ""
}

// wrongAnswer ends the session, or asks once more where the instance does so.
func (s *Server) wrongAnswer(sess *session) string {
	if !s.knobs.SecurityResponseFinal && !sess.step().final {
		sess.login.prompts++
		return codeInvalidAnswer
	}
	s.fail(sess, s.knobs.SecurityResponseCode)
	return s.knobs.SecurityResponseCode
}
