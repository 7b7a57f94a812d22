package flinkssim

import (
	"fmt"
	"time"
)

// Knobs holds one switch for each point that Flinks' public documents leave to the
// instance: where they disagree, where they say nothing and a reading had to be
// assumed, and where an older instance differs from a newer one. The number in a
// comment is that of the row in docs/simulator.md, which lists them all.
//
// [DefaultKnobs] is the strictest reading of each: it accepts the least, keeps the
// least and says the least, so that a client which gets along with it gets along
// with any instance. [Knobs.Kind] turns all of them to the kindest one. Build from
// either: the zero value is not a usable set.
type Knobs struct {
	// AuthorizeTokenTTL is how long an unused authorize token lives (#1: 15m or 30m).
	AuthorizeTokenTTL time.Duration `json:"authorizeTokenTTL"`
	// RequireAuthorizeToken: compulsory since October 2024, optional on older
	// instances. Without it no call and no page asks for one.
	RequireAuthorizeToken bool `json:"requireAuthorizeToken"`
	// RequireXAPIKey: the key must be activated per instance; older ones answer without.
	RequireXAPIKey bool `json:"requireXApiKey"`
	// CardCredential authorises the calls about a login (apiKey, secretKey or either):
	// no document says which.
	CardCredential string `json:"cardCredential"`
	// MFAToken says which token goes with an MFA answer (#2: same, new or both).
	MFAToken string `json:"mfaToken"`
	// AcceptBearerOnAuthorize lets the API secret replace the token (#21).
	AcceptBearerOnAuthorize bool `json:"acceptBearerOnAuthorize"`
	// ResumeToken says which token Connect wants besides a living requestId: an unused
	// one (fresh), that of the session as well (session), or none.
	ResumeToken string `json:"resumeToken"`
	// ConnectTokenSpentOnOpen: a token opens the page once; else it is spent by the
	// credentials that are given there, and the page may be opened again until then.
	ConnectTokenSpentOnOpen bool `json:"connectTokenSpentOnOpen"`
	// LenientBodies accepts what backends of Flinks' kind are known to accept, though no
	// page prints it: names in any case, quoted booleans, bare strings as answers,
	// null, any content type, and a query in place of a body (#15, #24).
	LenientBodies bool `json:"lenientBodies"`
	// SaveDefault is what an absent Save means (#23).
	SaveDefault bool `json:"saveDefault"`

	// AuthorizeUnknown is Authorize's answer for an unknown login.
	AuthorizeUnknown string `json:"authorizeUnknown"`
	// DeleteUnknown is DeleteCard's answer for an unknown login (#16).
	DeleteUnknown string `json:"deleteUnknown"`
	// DeleteCardBody is the shape of DeleteCard's 200 (#16: object, or string on older instances).
	DeleteCardBody string `json:"deleteCardBody"`
	// SetScheduledRefreshBody is the shape of its 200 (#15: string or object).
	SetScheduledRefreshBody string `json:"setScheduledRefreshBody"`
	// ScheduleWhileInUse: SetScheduledRefresh works while a login is being processed;
	// else it is refused as DeleteCard is.
	ScheduleWhileInUse bool `json:"scheduleWhileInUse"`
	// InvalidLoginStatus goes with INVALID_LOGIN (#3: 400 or 401). A 400 has no
	// RequestId, so that only the message tells its two meanings apart.
	InvalidLoginStatus int `json:"invalidLoginStatus"`
	// InvalidRequestStatus goes with INVALID_REQUEST (#3: 401 or 400).
	InvalidRequestStatus int `json:"invalidRequestStatus"`
	// SessionExpiredStatus goes with SESSION_EXPIRED (#4: 400 or 401).
	SessionExpiredStatus int `json:"sessionExpiredStatus"`
	// ThrottleStatus goes with TOO_MANY_REQUESTS (#5: 401, 403 or 429).
	ThrottleStatus int `json:"throttleStatus"`
	// ThrottleRetryAfter is sent as Retry-After when throttling (#5); 0 sends none.
	ThrottleRetryAfter time.Duration `json:"throttleRetryAfter"`
	// RetryLaterStatus goes with RETRY_LATER (#6: 400 or 401).
	RetryLaterStatus int `json:"retryLaterStatus"`
	// SecurityResponseFinal: a wrong MFA answer ends the session (#7).
	SecurityResponseFinal bool `json:"securityResponseFinal"`
	// SecurityResponseCode names a final wrong answer (#7: with or without _NO_RETRY).
	SecurityResponseCode string `json:"securityResponseCode"`
	// MaintenanceCode is how the bank maintenance code is spelt (#9: three ways).
	MaintenanceCode string `json:"maintenanceCode"`
	// WrongPasswordCode: INVALID_LOGIN or INVALID_PASSWORD; Flinks does not say which.
	WrongPasswordCode string `json:"wrongPasswordCode"`
	// StatementsLink: the Statements link is missing from newer examples.
	StatementsLink bool `json:"statementsLink"`
	// InstitutionNameField: InstitutionName is missing from older examples.
	InstitutionNameField bool `json:"institutionNameField"`

	// RetentionDays is how long data outlives the last live success (#10); 0 is for ever.
	RetentionDays int `json:"retentionDays"`
	// CredentialDays is how long stored credentials allow a live refresh (#10); 0 is for ever.
	CredentialDays int `json:"credentialDays"`
	// RefreshRenewsCredentials: a refresh that succeeds counts as if the person had
	// given the credentials again.
	RefreshRenewsCredentials bool `json:"refreshRenewsCredentials"`
	// AccountIDDays: account ids change with the first success after so many days
	// without one (#11); 0 is never.
	AccountIDDays int `json:"accountIdDays"`
	// RequestIDAfterDetails: pollable, or ends once the details were delivered (#12).
	RequestIDAfterDetails string `json:"requestIdAfterDetails"`
	// RequestIDAfterReconnect: usable for data, or ends with the answer in Connect (#19).
	RequestIDAfterReconnect string `json:"requestIdAfterReconnect"`
	// FailedSessionsReadable: the RequestId of any refusal that is replayed opens the
	// older data; else that of QUESTION_NOT_FOUND alone, as is documented.
	FailedSessionsReadable bool `json:"failedSessionsReadable"`
	// IdleOutReplay is what a cached call replays of a live session whose question
	// was not answered in time: QUESTION_NOT_FOUND, as before the end of the session, or
	// SESSION_EXPIRED, which says that it ended.
	IdleOutReplay string `json:"idleOutReplay"`
	// PollUnasked: data may be polled for although no 202 said so.
	PollUnasked bool `json:"pollUnasked"`
	// TagScope: a tag stays with the Connect session that it was given to, or belongs
	// to the login, whose data then have it in any later session; or no data has any
	// (session, login or none).
	TagScope string `json:"tagScope"`
	// ResumeFiltersData: resumeSelectedAccounts limits the data of the session; else it
	// only says what the selector would.
	ResumeFiltersData bool `json:"resumeFiltersData"`
	// AccountsFilterIgnored: data calls return all accounts, whatever AccountsFilter says.
	AccountsFilterIgnored bool `json:"accountsFilterIgnored"`
	// SwapCategoryAndType exchanges the two names on an account (#14).
	SwapCategoryAndType bool `json:"swapCategoryAndType"`

	// AuthorizeAsync is open for the instance (#25).
	AuthorizeAsync bool `json:"authorizeAsync"`

	// ClassicConnect serves Connect without /v2 in the path too (#18).
	ClassicConnect bool `json:"classicConnect"`
	// ReconnectEnabled: opening Connect with a requestId may need activation (#17).
	ReconnectEnabled bool `json:"reconnectEnabled"`
	// JSRedirectIgnored: the page goes to redirectUrl although jsRedirect asks it not to.
	JSRedirectIgnored bool `json:"jsRedirectIgnored"`
	// RedirectLoginID: REDIRECT has the loginId as a field; some sessions have it in the url alone.
	RedirectLoginID bool `json:"redirectLoginId"`
	// NightlyWorks: the background refresh is recommended, or no longer supported (#20).
	NightlyWorks bool `json:"nightlyWorks"`
	// WebhookHeader carries the signature of a webhook: the two documents differ (#13).
	WebhookHeader string `json:"webhookHeader"`

	// ConcurrencyLock refuses a second live session for one login; off, the journal still sees it.
	ConcurrencyLock bool `json:"concurrencyLock"`
	// ProcessingDuration is how long data is collected after a live 200.
	ProcessingDuration time.Duration `json:"processingDuration"`
	// FirstDetailsPending: the first data call after a live 200 is a 202 in any case.
	FirstDetailsPending bool `json:"firstDetailsPending"`
	// LiveLatency is how long a live Authorize takes to answer, in real time.
	LiveLatency time.Duration `json:"liveLatency"`
	// AsyncDuration is how long AuthorizeAsync says of a live attempt that it goes on.
	AsyncDuration time.Duration `json:"asyncDuration"`
	// SlowLatency is the same for the user sim_slow.
	SlowLatency time.Duration `json:"slowLatency"`
}

// Knobs returns the knobs as they are set now.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetKnobs changes the knobs. A change that leaves an impossible value is
// refused whole.
func (s *Server) SetKnobs(change func(*Knobs)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.knobs
	change(&next)
	if err := next.Validate(); err != nil {
		return fmt.Errorf("setting knobs: %w", err)
	}
	s.knobs = next
	return nil
}
