package flinks

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// AuthState is the outcome of an Authorize call that succeeded.
type AuthState string

const (
	// Authorized: for a cached call, the last live attempt succeeded; for a live one,
	// the bank accepted the login just now.
	Authorized AuthState = "Authorized"
	// ChallengePending: the bank asked something. The account holder has 8 minutes to
	// answer, in Connect, in the session of the RequestID.
	ChallengePending AuthState = "ChallengePending"
)

// ChallengeType is the kind of a bank's question. The question itself is never kept.
type ChallengeType string

// The documented kinds; anything else is ChallengeOther.
// Source: Flinks documentation, special multi-factor authentication cases.
const (
	ChallengeQuestionAndAnswer             ChallengeType = "QuestionAndAnswer"
	ChallengeMultipleChoice                ChallengeType = "MultipleChoice"
	ChallengeMultipleChoiceMultipleAnswers ChallengeType = "MultipleChoiceMultipleAnswers"
	ChallengeImageSelection                ChallengeType = "ImageSelection"
	ChallengeTextOrCall                    ChallengeType = "TextOrCall"
	ChallengeOther                         ChallengeType = "Other"
)

var challengeTypes = []ChallengeType{
	ChallengeQuestionAndAnswer, ChallengeMultipleChoice, ChallengeMultipleChoiceMultipleAnswers,
	ChallengeImageSelection, ChallengeTextOrCall,
}

const maxChallenges = 16

// Authorization is what Flinks says about a login.
type Authorization struct {
	// State tells whether the bank asked something.
	State AuthState
	// RequestID is the session that was opened; data is read with it.
	RequestID RequestID
	// Institution is the bank's name, sanitised; may be empty.
	Institution string
	// InstitutionID is Flinks' number of the bank; 0 when absent.
	InstitutionID int
	// LastRefresh is when the data was read from the bank, UTC. Zero means never, or
	// not said (ChallengePending, or a session that was authorised before). A cached
	// success is not proof of freshness; this is.
	LastRefresh time.Time
	// ScheduledRefresh is the flag of Flinks' own nightly refresh.
	ScheduledRefresh bool
	// Challenges are the kinds of the bank's questions, each once, at most 16.
	Challenges []ChallengeType
}

type authorizeRequest struct {
	LoginID          string `json:"LoginId"`
	MostRecentCached bool   `json:"MostRecentCached"`
	// The default of Save differs between pages of the documentation, so a live call says it.
	Save bool `json:"Save,omitempty"`
}

type authorizeBody struct {
	envelope
	InstitutionID looseInt        `json:"InstitutionId"`
	Login         *wireLogin      `json:"Login"`
	Challenges    []wireChallenge `json:"SecurityChallenges"`
}

type wireChallenge struct {
	Type looseString `json:"Type"`
}

// Observe is the cached Authorize: no bank is contacted and it may be repeated. It
// replays the last live outcome, so an error is not proof of a dead connection, and the
// error's RequestID may still open the older data.
// Source: Flinks documentation, authorize; errors in cached mode.
func (c *Client) Observe(ctx context.Context, ep Endpoint, token AuthorizeToken, login LoginID) (Authorization, error) {
	return c.authorize(ctx, ep, token, login, OpObserve)
}

// Refresh is the live Authorize. It may text a code to a person and may lock the login
// at the bank: it must not be repeated on any error whose Delivery is Ambiguous, and
// this client sends it at most once. It can take minutes.
// Source: Flinks documentation, authorize; live mode.
func (c *Client) Refresh(ctx context.Context, ep Endpoint, token AuthorizeToken, login LoginID) (Authorization, error) {
	return c.authorize(ctx, ep, token, login, OpRefresh)
}

func (c *Client) authorize(ctx context.Context, ep Endpoint, token AuthorizeToken, login LoginID, op Operation) (Authorization, error) {
	switch {
	case token.IsZero():
		return Authorization{}, refused(op, CodeCredentialMissing)
	case login.IsZero():
		return Authorization{}, refused(op, CodeInvalidCall)
	}
	live := op == OpRefresh
	a, failure := c.do(ctx, ep, call{
		op:      op,
		method:  http.MethodPost,
		path:    []string{"Authorize"},
		headers: map[string]string{headerAuthKey: token.value()},
		body:    authorizeRequest{LoginID: login.value(), MostRecentCached: !live, Save: live},
		long:    live,
		once:    live,
		limit:   maxControlBytes,
	})
	if failure != nil {
		return Authorization{}, failure
	}
	auth, failure := a.authorization(login)
	if failure != nil {
		return Authorization{}, failure
	}
	return auth, nil
}

func (a answer) authorization(login LoginID) (Authorization, *Error) {
	var body authorizeBody
	status, failure := a.judge(&body)
	already := failure != nil && failure.Code == CodeAlreadyAuthorized
	if failure != nil && !already {
		return Authorization{}, failure
	}
	auth := Authorization{
		State:         Authorized,
		RequestID:     body.session(),
		Institution:   institutionName(body.Institution),
		InstitutionID: int(body.InstitutionID),
	}
	if auth.RequestID.IsZero() {
		return Authorization{}, a.unreadable()
	}
	if already { // go on with this session
		return auth, nil
	}
	if status == http.StatusNonAuthoritativeInfo || body.Login == nil && len(body.Challenges) > 0 {
		auth.State, auth.Challenges = ChallengePending, body.challengeTypes()
		return auth, nil
	}
	if !auth.describe(body.Login, login) {
		return Authorization{}, a.unreadable()
	}
	return auth, nil
}

// describe copies the login's state. It refuses an answer about another login: that can
// only come from something between here and Flinks that mixes up answers.
func (auth *Authorization) describe(got *wireLogin, asked LoginID) bool {
	if got == nil {
		return false
	}
	if id, err := ParseLoginID([]byte(got.ID.text)); err != nil || !id.Equal(asked) {
		return false
	}
	last, ok := parseTime(got.LastRefresh)
	auth.LastRefresh, auth.ScheduledRefresh = last, bool(got.IsScheduledRefresh)
	return ok
}

func (b *authorizeBody) challengeTypes() []ChallengeType {
	var out []ChallengeType
	for _, c := range b.Challenges[:min(len(b.Challenges), maxChallenges)] {
		t := ChallengeType(c.Type.text)
		if !slices.Contains(challengeTypes, t) {
			t = ChallengeOther
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
