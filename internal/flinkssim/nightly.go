package flinkssim

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// nightlyWindow: without a success and a cached call within it, a login silently
// drops out of the nightly refresh.
const nightlyWindow = 7 * 24 * time.Hour

type scheduledRequest struct {
	LoginID     string    `json:"LoginId"`
	IsActivated *flexBool `json:"IsActivated"`
}

// readScheduledRequest takes the body, or where the knobs say so the query.
func readScheduledRequest(x *exchange) (in scheduledRequest, err error) {
	if x.knobs.LenientBodies {
		in.readQuery(x.request.URL.Query())
	}
	err = x.decode(&in)
	return in, err
}

func (in *scheduledRequest) readQuery(query url.Values) {
	for name, values := range query {
		switch strings.ToLower(name) {
		case "loginid":
			in.LoginID = values[0]
		case "isactivated":
			in.IsActivated = new(flexBool(strings.EqualFold(values[0], "true")))
		}
	}
}

// setScheduledRefresh answers PATCH SetScheduledRefresh.
func (s *Server) setScheduledRefresh(x *exchange) reply {
	if !s.cardKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	in, err := readScheduledRequest(x)
	if err != nil || in.LoginID == "" || in.IsActivated == nil {
		return s.invalidRequest()
	}
	l := s.findLogin(in.LoginID)
	if l == nil || !s.ownCustomer(x) || x.stranger {
		return s.unknownLogin()
	}
	if s.inUse(l) && !s.knobs.ScheduleWhileInUse {
		return s.cardInUse(l)
	}
	l.scheduled = bool(*in.IsActivated)
	r := s.scheduledReply(l)
	r.loginID = l.id
	return r.took()
}

// scheduledReply returns a bare JSON string, which no decoder of objects survives.
func (s *Server) scheduledReply(l *login) reply {
	word := "deactivated"
	if l.scheduled {
		word = "activated"
	}
	message := fmt.Sprintf("LoginId %s has now been %s for automatic refresh", l.id, word)
	if s.knobs.SetScheduledRefreshBody == bodyObject {
		return jsonReply(http.StatusOK, struct {
			StatusCode int    `json:"statusCode"`
			Message    string `json:"message"`
		}{http.StatusOK, message})
	}
	return jsonReply(http.StatusOK, message)
}

type ineligibleCard struct {
	LoginID              string  `json:"LoginId"`
	LastRefreshDate      string  `json:"LastRefreshDate"`
	LastRefreshState     string  `json:"LastRefreshState"`
	LastRefreshErrorCode *string `json:"LastRefreshErrorCode"`
}

type nightlyBody struct {
	HTTPStatusCode  int              `json:"HttpStatusCode"`
	IneligibleCards []ineligibleCard `json:"IneligibleCards"`
}

// nightlyStatus answers GET GetNightlyRefreshStatus: the logins of the instance that
// have the nightly refresh on and do not get it.
func (s *Server) nightlyStatus(x *exchange) reply {
	if !s.bearerOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	body := nightlyBody{HTTPStatusCode: http.StatusOK, IneligibleCards: []ineligibleCard{}}
	for _, l := range s.scheduledLogins() {
		if !s.eligible(l) {
			body.IneligibleCards = append(body.IneligibleCards, l.ineligible(s.replayed(l)))
		}
	}
	return jsonReply(http.StatusOK, body).took()
}

func (s *Server) scheduledLogins() []*login {
	var out []*login
	for _, l := range s.logins {
		if l.linked && !l.deleted && l.scheduled {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b *login) int { return cmp.Compare(a.id, b.id) })
	return out
}

// eligible: a recent success, a recent cached call, and no last error but one
// for which Flinks goes on trying.
func (s *Server) eligible(l *login) bool {
	return s.knobs.NightlyWorks &&
		s.clock.Since(l.lastRefresh) <= nightlyWindow &&
		s.clock.Since(l.lastCachedCall) <= nightlyWindow &&
		(l.lastCode == codeOK || vendorTransient(s.replayed(l)))
}

// vendorTransient reports whether an error keeps a login in the nightly refresh.
func vendorTransient(code string) bool {
	return strings.HasSuffix(code, codeRetryLater) || slices.Contains([]string{
		codeAggregationError, codeSessionExpired, codeDisabledInstitution, codeUnauthorized, codeSessionNonexistent,
	}, code)
}

func (l *login) ineligible(code string) ineligibleCard {
	card := ineligibleCard{LoginID: l.id, LastRefreshDate: wireTime(l.lastRefresh)}
	switch code {
	case codeOK:
		card.LastRefreshState = "Completed"
	case codeQuestionNotFound:
		card.LastRefreshState = "AnsweringSecurityChallenge"
	default:
		card.LastRefreshState, card.LastRefreshErrorCode = "Failed", new(code)
	}
	return card
}

// RunNightly does Flinks' background refresh now, once, for every login that is
// eligible, and returns how many it tried. No customer answers at night: a login
// whose bank asks something ends with QUESTION_NOT_FOUND.
func (s *Server) RunNightly() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	tried := 0
	for _, l := range s.scheduledLogins() {
		if s.eligible(l) {
			s.refreshAtNight(l)
			tried++
		}
	}
	return tried
}

func (s *Server) refreshAtNight(l *login) {
	entry := s.journal.begin(Entry{Time: s.clock.Now(), Endpoint: "Nightly", Mode: modeLive, LoginID: l.id})
	sess, refusal := s.openLive(l, liveRequest{save: true, nightly: true})
	entry.RequestID = sess.id
	if refusal == "" {
		s.conclude(sess, "")
		entry.LiveSessionOpened, entry.Committed = true, true
	}
	if sess.phase == phaseChallenged {
		sess.phase, sess.code = phaseFailed, codeQuestionNotFound
	}
	entry.Status, entry.FlinksCode = http.StatusOK, sess.code
	if sess.code != "" {
		entry.Status = s.knobs.statusOf(sess.code)
	}
}

// SetScheduled sets the flag of the nightly refresh, as Flinks' dashboard would.
func (s *Server) SetScheduled(loginID string, active bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.findLogin(loginID)
	if l == nil {
		return fmt.Errorf("login %s is not known", mask(loginID))
	}
	l.scheduled = active
	return nil
}
