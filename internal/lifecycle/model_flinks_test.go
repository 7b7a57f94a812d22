package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// remote is a small Flinks with one login, the bank behind it, and the customer whose
// login it is. It knows the truth that a status is measured by.
type remote struct {
	*rand.Rand
	nights
	// calm: everything works, and the bank asks nothing.
	calm, down, gone bool

	// last is what a cached call replays: how the last live session ended.
	last        flinks.Code
	lastRefresh time.Time
	// successes are the whole seconds at which the bank gave data.
	successes map[int64]bool
	// session that was opened last; nil if there was none.
	session  *liveSession
	sessions int
	// asked is when a cached call was last answered.
	asked time.Time
	// background is the session that Flinks went on with in the background last.
	background *liveSession
	// commits are things that happen at Flinks later than the call for them.
	commits []commit
}

// liveSession is a session at the bank. Flinks drops it after 8 idle minutes.
type liveSession struct {
	id         int
	touched    time.Time
	ended      bool
	ours       bool // opened by the operator
	byCustomer bool // kept alive by the customer since
	// afterOwn: the bank gave data so shortly before that, with clocks that differ,
	// they may be taken for an answer in this session.
	afterOwn bool
	asks     bool
	// code is what a session in the background ends with, and async whether AuthorizeAsync began it.
	code  flinks.Code
	async bool
}

type commit struct {
	at   time.Time
	what func()
}

func newRemote(r *rand.Rand, now time.Time) *remote {
	f := &remote{Rand: r, last: flinks.CodeOK, successes: map[int64]bool{}}
	if r.IntN(4) > 0 {
		f.success(now.Add(-time.Duration(r.Int64N(int64(100 * time.Hour)))))
	}
	return f
}

func (f *remote) chance(percent int) bool { return f.IntN(100) < percent }

func (f *remote) upTo(d time.Duration) time.Duration { return time.Duration(f.Int64N(int64(d) + 1)) }

func oneOf[T any](f *remote, of ...T) T { return of[f.IntN(len(of))] }

// advance lets happen what was under way.
func (f *remote) advance(now time.Time) {
	f.passNights(now)
	var later []commit
	for _, c := range f.commits {
		if c.at.After(now) {
			later = append(later, c)
			continue
		}
		c.what()
	}
	f.commits = later
	if s := f.open(now); s == nil && f.session != nil && f.session.asks && !f.session.ended {
		f.session.ended = true
		f.last = oneOf(f, flinks.CodeQuestionNotFound, flinks.CodeSessionExpired, f.last)
	}
}

func (f *remote) open(now time.Time) *liveSession {
	if s := f.session; s != nil && !s.ended && now.Before(s.touched.Add(lifecycle.SessionIdle)) {
		return s
	}
	return nil
}

func (f *remote) success(at time.Time) {
	f.last = flinks.CodeOK
	if at.After(f.lastRefresh) {
		f.lastRefresh = at
	}
	f.successes[at.Unix()] = true
}

// answer is what comes back from a live call, and when.
type answer struct {
	lifecycle.Outcome
	after time.Duration
	// reached reports whether the bank was contacted, letIn whether it gave data.
	reached, letIn bool
	opened         *liveSession
}

// refresh answers the live call.
func (f *remote) refresh(at time.Time) answer {
	a := answer{after: f.upTo(5 * time.Second)}
	switch {
	case f.calm:
	case f.down && f.chance(50):
		a.Err = notSent(flinks.OpRefresh)
		return a
	case f.down, f.chance(3):
		a.Err = noAnswer(flinks.OpRefresh)
		a.after = f.upTo(lifecycle.LiveCallTimeout)
		return a
	case f.chance(5):
		a.Err = refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false)
		return a
	case f.chance(4):
		a.Err = throttled(f.upTo(2 * time.Hour))
		return a
	}
	if f.gone {
		a.Err = refusal(flinks.OpRefresh, flinks.CodeInvalidLogin, false)
		return a
	}
	if f.open(at) != nil {
		a.Err = concurrent()
		return a
	}
	return f.openSession(at)
}

// openSession contacts the bank, which takes its time. Whatever comes of it comes
// whether or not the answer arrives.
func (f *remote) openSession(at time.Time) answer {
	took := f.upTo(210 * time.Second)
	done := at.Add(took)
	f.sessions++
	s := &liveSession{id: f.sessions, touched: done, ours: true, afterOwn: at.Sub(f.lastRefresh) < 5*time.Minute}
	f.session = s
	a := answer{after: took, reached: true, opened: s}
	end := func(code flinks.Code) {
		a.Err = refusal(flinks.OpRefresh, code, true)
		f.commits = append(f.commits, commit{done, func() { f.last, s.ended = code, true }})
	}
	switch n := f.IntN(100); {
	case f.calm || n < 40:
		a.letIn = true
		a.Authorization = &flinks.Authorization{State: flinks.Authorized, LastRefresh: oneOf(f, done, time.Time{})}
		f.commits = append(f.commits, commit{done, func() { f.success(done) }})
	case n < 70:
		s.asks = true
		a.Authorization, a.Link.URL = asks(s)
		if f.chance(50) {
			f.commits = append(f.commits, commit{done, func() { f.last = flinks.CodeQuestionNotFound }})
		}
	case n < 80:
		end(oneOf(f, flinks.CodeInvalidPassword, flinks.CodeDisabledLogin, flinks.CodeNewAccount, flinks.CodeUnauthorized))
	case n < 92:
		end(oneOf(f, flinks.CodeRetryLater, flinks.CodeDisabledInstitution, flinks.CodeUnrecognized))
	case n < 93:
		end(flinks.CodeInvalidRequest)
	case n < 96:
		end(flinks.CodeAggregationError)
		a.Err.HTTPStatus = 500
	default:
		a.Err, a.letIn = background(), f.goesOn(s)
	}
	if !f.calm && f.chance(15) {
		a.Err, a.Authorization = oneOf(f, noAnswer(flinks.OpRefresh), serverError()), nil
	}
	return a
}

// goesOn lets Flinks go on with a session in the background. It reports whether the
// bank gives data in the end.
func (f *remote) goesOn(s *liveSession) (letIn bool) {
	done := s.touched.Add(f.upTo(20 * time.Minute))
	f.background = s
	s.touched, s.code = done, oneOf(f, flinks.CodeOK, flinks.CodeOK, flinks.CodeInvalidPassword, flinks.CodeRetryLater)
	if s.async = f.chance(50); s.async && f.chance(40) {
		s.code = flinks.CodeSecurityChallenges
	}
	f.commits = append(f.commits, commit{done, func() {
		if s.code == flinks.CodeSecurityChallenges {
			s.asks = true
			return
		}
		f.last, s.ended = s.code, true
		if s.code == flinks.CodeOK {
			f.success(done)
		}
	}})
	return s.code == flinks.CodeOK
}

// followUp asks Flinks what became of a session in the background.
func (f *remote) followUp(now time.Time) (o lifecycle.Outcome) {
	op, s := flinks.OpGetAccountsDetailAsync, f.background
	switch {
	case f.down:
		o.Err = noAnswer(op)
	case f.chance(5):
		code := oneOf(f, flinks.CodeAggregationError, flinks.CodeSessionExpired, flinks.CodeUnauthorized, flinks.CodeTooManyRequests)
		o.Err = refusal(op, code, f.chance(70))
	case s == nil: // An edit wrote it into the status.
		o.Err = refusal(op, flinks.CodeSessionNonexistent, false)
	case !s.ended && now.Before(s.touched):
		o.Accounts = &flinks.AccountsDetail{Pending: true}
	case s.code == flinks.CodeOK:
		o.Accounts = &flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: oneOf(f, s.touched, time.Time{})}
	default:
		o.Err = refusal(op, s.code, true)
	}
	return o
}

// poll asks AuthorizeAsync what became of a session in the background.
func (f *remote) poll(now time.Time) (o lifecycle.Outcome) {
	op, s := flinks.OpPollRefresh, f.background
	switch {
	case f.down:
		o.Err = noAnswer(op)
	case f.chance(5):
		code := oneOf(f, flinks.CodeMethodNotAvailable, flinks.CodeSessionExpired, flinks.CodeUnauthorized, flinks.CodeTooManyRequests)
		o.Err = refusal(op, code, false)
	case s == nil || s.asks && f.open(now) != s:
		o.Err = refusal(op, flinks.CodeSessionNonexistent, false)
	case !s.ended && now.Before(s.touched):
		o.Err = refusal(op, flinks.CodeOperationPending, true)
	case s.code == flinks.CodeOK:
		o.Authorization = &flinks.Authorization{State: flinks.Authorized, LastRefresh: oneOf(f, s.touched, time.Time{})}
	case s.code == flinks.CodeSecurityChallenges:
		s.touched = now
		o.Authorization, o.Link.URL = asks(s)
	default:
		o.Err = refusal(op, s.code, f.chance(70))
	}
	return o
}

// asks returns the answer that the bank asks a question in a session, and the link to it.
func asks(s *liveSession) (*flinks.Authorization, string) {
	return &flinks.Authorization{State: flinks.ChallengePending, Challenges: []flinks.ChallengeType{flinks.ChallengeTextOrCall}},
		fmt.Sprintf("https://connect.example.com/?"+token+"requestId=%d", s.id)
}

func serverError() *flinks.Error {
	return &flinks.Error{
		Op: flinks.OpRefresh, HTTPStatus: 502, Code: flinks.CodeServerError, Class: flinks.ClassTransient, Delivery: flinks.Ambiguous,
	}
}

// observe answers the cached call.
func (f *remote) observe() (o lifecycle.Outcome) {
	switch {
	case f.calm:
	case f.down:
		o.Err = oneOf(f, notSent(flinks.OpObserve), noAnswer(flinks.OpObserve))
		return o
	case f.chance(2):
		o.Err = refusal(flinks.OpObserve, flinks.CodeTooManyRequests, false)
		o.Err.RetryAfter = f.upTo(time.Hour)
		return o
	case f.chance(1):
		o.Err = refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false)
		return o
	}
	f.asked = f.now
	switch {
	case f.gone:
		o.Err = gone()
	case f.last == flinks.CodeOK:
		f.read = f.now
		o.Authorization = &flinks.Authorization{
			State: flinks.Authorized, LastRefresh: f.lastRefresh, Institution: "FlinksCapital", ScheduledRefresh: f.scheduled,
		}
	default:
		f.read = f.now
		o.Err = replay(f.last)
		o.Err.InSession = f.calm || f.chance(80) // Older instances do not name it.
	}
	return o
}

// collect answers the call for the data.
func (f *remote) collect() (o lifecycle.Outcome) {
	switch {
	case !f.calm && f.down:
		o.Err = noAnswer(flinks.OpGetAccountsDetail)
	case !f.calm && f.chance(12):
		code := oneOf(f, flinks.CodeAggregationError, flinks.CodeSessionExpired, flinks.CodeNoTransaction, flinks.CodeUnauthorized, flinks.CodeMethodNotAvailable)
		o.Err = refusal(flinks.OpGetAccountsDetail, code, true)
	case f.gone:
		o.Err = refusal(flinks.OpGetAccountsDetail, flinks.CodeInvalidLogin, false)
	case f.chance(40):
		o.Accounts = &flinks.AccountsDetail{Pending: true}
	default:
		o.Accounts = &flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: oneOf(f, f.lastRefresh, f.lastRefresh, time.Time{})}
	}
	return o
}

// customerAnswers lets the customer use a link, and returns in a few words what came of it.
func (f *remote) customerAnswers(now time.Time, url string) string {
	s := f.open(now)
	if s == nil || !s.asks || now.Before(s.touched) || !strings.HasSuffix(url, fmt.Sprintf("?requestId=%d", s.id)) && !strings.HasSuffix(url, fmt.Sprintf("&requestId=%d", s.id)) {
		return "finds no session"
	}
	s.touched, s.byCustomer = now, true
	switch f.IntN(5) {
	case 0:
		return "answers one of the questions"
	case 1:
		f.last, s.ended = oneOf(f, flinks.CodeInvalidSecurityResponse, flinks.CodeInvalidSecurityResponseNoRetry), true
		return "answers wrongly"
	}
	f.success(now)
	s.ended = true
	return "answers"
}

// customerConnects lets the customer come without being asked, and returns in a few words what
// came of it.
func (f *remote) customerConnects(now time.Time) string {
	if f.gone || f.open(now) != nil {
		return "is not let in"
	}
	f.sessions++
	s := &liveSession{id: f.sessions, touched: now, byCustomer: true}
	f.session = s
	done := now.Add(f.upTo(5 * time.Minute))
	f.commits = append(f.commits, commit{done, func() {
		s.ended = true
		if f.chance(70) {
			f.success(done)
			return
		}
		f.last = flinks.CodeInvalidPassword
	}})
	return "connects"
}
