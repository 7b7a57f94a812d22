package client

import (
	"context"
	"net/http"
	"slices"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

type authorizeRequest struct {
	LoginID          string `json:"LoginId"`
	MostRecentCached bool   `json:"MostRecentCached"`
	// The default of Save differs between pages of the documentation, so a live call says it.
	Save bool `json:"Save,omitempty"`
}

// pollRequest names the session that AuthorizeAsync opened.
type pollRequest struct {
	RequestID string `json:"RequestId"`
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

// Observe makes the cached call of Authorize: no bank is contacted and it may be repeated. It
// replays the last live outcome, so an error is not proof of a dead connection, and the
// error's RequestID may still open the older data.
// Source: Flinks documentation, authorize; errors in cached mode.
func (c *Client) Observe(ctx context.Context, ep flinks.Endpoint, token flinks.AuthorizeToken, login flinks.LoginID) (flinks.Authorization, error) {
	return c.authorize(ctx, ep, token, login, flinks.OpObserve, pathAuthorize)
}

// Refresh makes the live call of Authorize. It may text a code to a person and may lock the login
// at the bank: it must not be repeated on any error whose Delivery is Ambiguous, and
// this client sends it at most once. It can take minutes.
// Source: Flinks documentation, authorize; live mode.
func (c *Client) Refresh(ctx context.Context, ep flinks.Endpoint, token flinks.AuthorizeToken, login flinks.LoginID) (flinks.Authorization, error) {
	return c.authorize(ctx, ep, token, login, flinks.OpRefresh, pathAuthorize)
}

// RefreshAsync begins the same with AuthorizeAsync, which has to be activated for an instance. What
// Refresh says of repeating it holds. The usual answer is an error of class pending: Flinks goes on
// in the session of its RequestID, and PollRefresh tells how that ends. An instance without
// AuthorizeAsync answers METHOD_NOT_AVAILABLE, and has opened no session.
// Source: Flinks help pages, asynchronous authentication.
func (c *Client) RefreshAsync(ctx context.Context, ep flinks.Endpoint, token flinks.AuthorizeToken, login flinks.LoginID) (flinks.Authorization, error) {
	return c.authorize(ctx, ep, token, login, flinks.OpRefresh, pathAuthorizeAsync)
}

// PollRefresh asks how a live session goes that RefreshAsync began; an error of class pending says
// that it goes on. It may be repeated.
// Source: Flinks help pages, asynchronous authentication.
func (c *Client) PollRefresh(ctx context.Context, ep flinks.Endpoint, token flinks.AuthorizeToken, login flinks.LoginID, req flinks.RequestID) (flinks.Authorization, error) {
	k := call{
		op:      flinks.OpPollRefresh,
		method:  http.MethodPost,
		path:    []string{pathAuthorizeAsync},
		headers: map[string]string{headerAuthKey: opaque.Reveal(token.Value)},
		body:    pollRequest{RequestID: opaque.Reveal(req.Value)},
		limit:   maxControlBytes,
	}
	switch {
	case token.IsZero():
		k.refused = flinks.CodeCredentialMissing
	case login.IsZero(), req.IsZero():
		k.refused = flinks.CodeInvalidCall
	}
	return send(ctx, c, ep, k, func(a answer) (flinks.Authorization, *flinks.Error) {
		auth, failure := a.authorization(login)
		about := auth.RequestID
		if failure != nil {
			about = failure.RequestID
		}
		if !about.IsZero() && !about.Equal(req) {
			return flinks.Authorization{}, a.unreadable() // It is mixed up with that to another call.
		}
		return auth, failure
	})
}

const (
	pathAuthorize      = "Authorize"
	pathAuthorizeAsync = "AuthorizeAsync"
)

func (c *Client) authorize(ctx context.Context, ep flinks.Endpoint, token flinks.AuthorizeToken, login flinks.LoginID, op flinks.Operation, path string) (flinks.Authorization, error) {
	live := op == flinks.OpRefresh
	k := call{
		op:      op,
		method:  http.MethodPost,
		path:    []string{path},
		headers: map[string]string{headerAuthKey: opaque.Reveal(token.Value)},
		body:    authorizeRequest{LoginID: opaque.Reveal(login.Value), MostRecentCached: !live, Save: live},
		long:    live,
		once:    live,
		limit:   maxControlBytes,
	}
	switch {
	case token.IsZero():
		k.refused = flinks.CodeCredentialMissing
	case login.IsZero():
		k.refused = flinks.CodeInvalidCall
	}
	return send(ctx, c, ep, k, func(a answer) (flinks.Authorization, *flinks.Error) { return a.authorization(login) })
}

func (a answer) authorization(login flinks.LoginID) (flinks.Authorization, *flinks.Error) {
	var body authorizeBody
	status, failure := a.judge(&body)
	already := failure != nil && failure.Code == flinks.CodeAlreadyAuthorized
	if failure != nil && !already {
		return flinks.Authorization{}, failure
	}
	auth := flinks.Authorization{
		State:         flinks.Authorized,
		RequestID:     body.session(),
		Institution:   institutionName(body.Institution),
		InstitutionID: int(body.InstitutionID),
	}
	if auth.RequestID.IsZero() {
		return flinks.Authorization{}, a.unreadable()
	}
	if already { // go on with this session
		return auth, nil
	}
	if status == http.StatusNonAuthoritativeInfo || body.Login == nil && len(body.Challenges) > 0 {
		auth.State, auth.Challenges = flinks.ChallengePending, body.challengeTypes()
		return auth, nil
	}
	if !describe(&auth, body.Login, login) {
		return flinks.Authorization{}, a.unreadable()
	}
	return auth, nil
}

// describe copies the login's state. It refuses an answer about another login: that can
// only come from something between here and Flinks that mixes up answers.
func describe(auth *flinks.Authorization, got *wireLogin, asked flinks.LoginID) bool {
	if got == nil {
		return false
	}
	if id, err := flinks.ParseLoginID([]byte(got.ID.text)); err != nil || !id.Equal(asked) {
		return false
	}
	last, ok := parseTime(got.LastRefresh)
	auth.LastRefresh, auth.ScheduledRefresh = last, bool(got.IsScheduledRefresh)
	return ok
}

const maxChallenges = 16

func (b *authorizeBody) challengeTypes() []flinks.ChallengeType {
	var out []flinks.ChallengeType
	for _, c := range b.Challenges[:min(len(b.Challenges), maxChallenges)] {
		if t := challengeType(c.Type); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func challengeType(s looseString) flinks.ChallengeType {
	switch t := flinks.ChallengeType(s.text); t {
	case flinks.ChallengeQuestionAndAnswer, flinks.ChallengeMultipleChoice, flinks.ChallengeMultipleChoiceMultipleAnswers,
		flinks.ChallengeImageSelection, flinks.ChallengeTextOrCall:
		return t
	default:
		return flinks.ChallengeOther
	}
}
