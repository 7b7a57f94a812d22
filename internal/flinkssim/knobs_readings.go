package flinkssim

import "time"

// The values of [Knobs.DeleteUnknown]: every public shape of DeleteCard's answer for a
// login that does not exist (any more).
const (
	// DeleteUnknownBare404 is a 404 without a body: what a gateway that routes by path
	// says, and so what a wrong address looks like.
	DeleteUnknownBare404           = "bare404"
	DeleteUnknownNotFound404       = "notFound404" // with an envelope that repeats the 404
	DeleteUnknownInvalidLogin400   = "invalidLogin400"
	DeleteUnknownInvalidLogin401   = "invalidLogin401"
	DeleteUnknownInvalidRequest400 = "invalidRequest400"
	DeleteUnknownInvalidRequest401 = "invalidRequest401"
	DeleteUnknownString200         = "string200"
	DeleteUnknownString400         = "string400"
	DeleteUnknownObject200         = "object200" // that of a deletion, but for its message
)

// DeleteUnknownShapes returns all values of [Knobs.DeleteUnknown].
func DeleteUnknownShapes() []string {
	return []string{
		DeleteUnknownBare404, DeleteUnknownNotFound404,
		DeleteUnknownInvalidLogin400, DeleteUnknownInvalidLogin401,
		DeleteUnknownInvalidRequest400, DeleteUnknownInvalidRequest401,
		DeleteUnknownString200, DeleteUnknownString400, DeleteUnknownObject200,
	}
}

// The values of [Knobs.AuthorizeUnknown].
const (
	// AuthorizeUnknownUnauthorized is a 401 UNAUTHORIZED without a RequestId: but for
	// its message it is that of refused keys.
	AuthorizeUnknownUnauthorized   = "unauthorized"
	AuthorizeUnknownInvalidLogin   = "invalidLogin"
	AuthorizeUnknownInvalidRequest = "invalidRequest"
)

// AuthorizeUnknownShapes returns all values of [Knobs.AuthorizeUnknown].
func AuthorizeUnknownShapes() []string {
	return []string{AuthorizeUnknownUnauthorized, AuthorizeUnknownInvalidLogin, AuthorizeUnknownInvalidRequest}
}

// The values of the other knobs that are words.
const (
	credentialAPIKey = "apiKey"
	credentialSecret = "secretKey"
	credentialEither = "either"

	mfaTokenSame = "same"
	mfaTokenNew  = "new"
	mfaTokenBoth = "both"

	// ResumeTokenFresh, ResumeTokenSession and ResumeTokenNone are the values of
	// [Knobs.ResumeToken].
	ResumeTokenFresh   = "fresh"
	ResumeTokenSession = "session"
	ResumeTokenNone    = "none"

	requestIDEnds     = "ends"
	requestIDPollable = "pollable"
	requestIDUsable   = "usable"

	// TagScopeSession, TagScopeLogin and TagScopeNone are the values of [Knobs.TagScope].
	TagScopeSession = "session"
	TagScopeLogin   = "login"
	TagScopeNone    = "none"

	bodyString = "string"
	bodyObject = "object"

	maintenanceCode         = "BANK_MAINTENANCE_RETRY_LATER"
	maintenanceCodeSpaced   = "BANK MAINTENANCE_RETRY_LATER"
	maintenanceCodeMisspelt = "BANK_MAINTENENACE_RETRY_LATER"
)

// DefaultKnobs returns the strictest reading of everything that is left to the instance.
func DefaultKnobs() Knobs {
	k := Knobs{
		ReconnectEnabled:    true,
		WebhookHeader:       HeaderAuthenticityKey,
		ConcurrencyLock:     true,
		ProcessingDuration:  10 * time.Second,
		AsyncDuration:       10 * time.Second,
		FirstDetailsPending: true,
		SlowLatency:         20 * time.Second,
	}
	k.Strict()
	return k
}

// Strict turns every reading to the strictest one, and leaves alone what is none: the
// durations of bank and data, and what has no stricter side.
func (k *Knobs) Strict() {
	k.strictCalls()
	k.strictAnswers()
	k.strictSessions()
	k.ClassicConnect, k.RedirectLoginID, k.NightlyWorks, k.AuthorizeAsync = false, false, false, false
}

func (k *Knobs) strictCalls() {
	k.AuthorizeTokenTTL = 15 * time.Minute
	k.RequireAuthorizeToken, k.RequireXAPIKey = true, true
	k.CardCredential = credentialAPIKey
	k.MFAToken, k.AcceptBearerOnAuthorize = mfaTokenSame, false
	k.ResumeToken, k.ConnectTokenSpentOnOpen = ResumeTokenFresh, true
	k.LenientBodies, k.SaveDefault = false, false
}

func (k *Knobs) strictAnswers() {
	k.AuthorizeUnknown, k.DeleteUnknown = AuthorizeUnknownUnauthorized, DeleteUnknownBare404
	k.DeleteCardBody, k.SetScheduledRefreshBody, k.ScheduleWhileInUse = bodyString, bodyString, false
	k.InvalidLoginStatus, k.InvalidRequestStatus, k.SessionExpiredStatus = 400, 401, 400
	k.ThrottleStatus, k.ThrottleRetryAfter, k.RetryLaterStatus = 401, 0, 400
	k.SecurityResponseFinal, k.SecurityResponseCode = true, codeInvalidAnswer
	k.MaintenanceCode, k.WrongPasswordCode = maintenanceCodeSpaced, codeInvalidLogin
	k.StatementsLink, k.InstitutionNameField = false, false
}

func (k *Knobs) strictSessions() {
	k.RetentionDays, k.CredentialDays, k.AccountIDDays = 90, 30, 90
	k.RefreshRenewsCredentials = false
	k.RequestIDAfterDetails, k.RequestIDAfterReconnect = requestIDEnds, requestIDEnds
	k.FailedSessionsReadable, k.IdleOutReplay, k.PollUnasked = false, codeQuestionNotFound, false
	k.TagScope, k.ResumeFiltersData = TagScopeSession, false
	k.FirstDetailsPending = true
}

// Kind turns every reading to the kindest one, and leaves alone what Strict does.
func (k *Knobs) Kind() {
	k.kindCalls()
	k.kindAnswers()
	k.kindSessions()
	k.ClassicConnect, k.RedirectLoginID, k.NightlyWorks, k.AuthorizeAsync = true, true, true, true
}

func (k *Knobs) kindCalls() {
	k.AuthorizeTokenTTL = 30 * time.Minute
	k.RequireAuthorizeToken, k.RequireXAPIKey = false, false
	k.CardCredential = credentialEither
	k.MFAToken, k.AcceptBearerOnAuthorize = mfaTokenBoth, true
	k.ResumeToken, k.ConnectTokenSpentOnOpen = ResumeTokenNone, false
	k.LenientBodies, k.SaveDefault = true, true
}

func (k *Knobs) kindAnswers() {
	k.AuthorizeUnknown, k.DeleteUnknown = AuthorizeUnknownInvalidLogin, DeleteUnknownInvalidLogin400
	k.DeleteCardBody, k.SetScheduledRefreshBody, k.ScheduleWhileInUse = bodyObject, bodyObject, true
	k.InvalidLoginStatus, k.InvalidRequestStatus, k.SessionExpiredStatus = 401, 400, 401
	k.ThrottleStatus, k.ThrottleRetryAfter, k.RetryLaterStatus = 429, time.Minute, 401
	k.SecurityResponseFinal, k.SecurityResponseCode = false, codeInvalidAnswerNoRetry
	k.MaintenanceCode, k.WrongPasswordCode = maintenanceCode, codeInvalidPassword
	k.StatementsLink, k.InstitutionNameField = true, true
}

func (k *Knobs) kindSessions() {
	k.RetentionDays, k.CredentialDays, k.AccountIDDays = 0, 0, 0
	k.RefreshRenewsCredentials = true
	k.RequestIDAfterDetails, k.RequestIDAfterReconnect = requestIDPollable, requestIDUsable
	k.FailedSessionsReadable, k.IdleOutReplay, k.PollUnasked = true, codeSessionExpired, true
	k.TagScope, k.ResumeFiltersData = TagScopeLogin, true
	k.FirstDetailsPending = false
}
