package flinks

import "time"

// AuthState is the outcome of an Authorize call that succeeded.
type AuthState string

const (
	// Authorized: for a cached call, the last live attempt succeeded; for a live one,
	// the bank accepted the login just now.
	Authorized AuthState = "Authorized"
	// ChallengePending: the bank asked something. The customer has 8 minutes to
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
