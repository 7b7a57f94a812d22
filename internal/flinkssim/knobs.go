package flinkssim

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The values of [Knobs.DeleteUnknown]: the five public shapes of DeleteCard's
// answer for a login that does not exist (any more).
const (
	DeleteUnknownString200         = "string200"
	DeleteUnknownInvalidLogin400   = "invalidLogin400"
	DeleteUnknownInvalidLogin401   = "invalidLogin401"
	DeleteUnknownInvalidRequest400 = "invalidRequest400"
	DeleteUnknownNotFound404       = "notFound404"
)

// Knobs holds one switch for each point on which Flinks' public documents
// disagree, or on which one instance of Flinks may differ from another. The
// number in a comment is that of the conflict in the project's register of
// them; the default is the variant that the trusted sources agree on.
//
// Build from [DefaultKnobs]: the zero value is not a usable set.
type Knobs struct {
	// AuthorizeTokenTTL is how long an unused authorize token lives (#1: 30m or 15m).
	AuthorizeTokenTTL time.Duration `json:"authorizeTokenTTL"`
	// RequireAuthorizeToken: compulsory since October 2024, optional on older instances.
	RequireAuthorizeToken bool `json:"requireAuthorizeToken"`
	// RequireXAPIKey: the key must be activated per instance; older ones answer without.
	RequireXAPIKey bool `json:"requireXApiKey"`
	// MFAToken says which token goes with an MFA answer (#2: same, new or both).
	MFAToken string `json:"mfaToken"`
	// AcceptBearerOnAuthorize lets the API secret replace the token (#21).
	AcceptBearerOnAuthorize bool `json:"acceptBearerOnAuthorize"`

	// InvalidLoginStatus goes with INVALID_LOGIN (#3: 401 or 400).
	InvalidLoginStatus int `json:"invalidLoginStatus"`
	// InvalidRequestStatus goes with INVALID_REQUEST (#3: 401 or 400).
	InvalidRequestStatus int `json:"invalidRequestStatus"`
	// SessionExpiredStatus goes with SESSION_EXPIRED (#4: 401 or 400).
	SessionExpiredStatus int `json:"sessionExpiredStatus"`
	// ThrottleStatus goes with TOO_MANY_REQUESTS (#5: 401, 403 or 429).
	ThrottleStatus int `json:"throttleStatus"`
	// ThrottleRetryAfter is sent as Retry-After when throttling (#5); 0 sends none.
	ThrottleRetryAfter time.Duration `json:"throttleRetryAfter"`
	// RetryLaterStatus goes with RETRY_LATER (#6: 401 or 400).
	RetryLaterStatus int `json:"retryLaterStatus"`
	// SecurityResponseFinal: a wrong MFA answer ends the session (#7).
	SecurityResponseFinal bool `json:"securityResponseFinal"`
	// SecurityResponseCode names a final wrong answer (#7: with or without _NO_RETRY).
	SecurityResponseCode string `json:"securityResponseCode"`
	// MaintenanceCode is how the bank maintenance code is spelt (#9: three ways).
	MaintenanceCode string `json:"maintenanceCode"`
	// WrongPasswordCode: INVALID_LOGIN or INVALID_PASSWORD; Flinks does not say which.
	WrongPasswordCode string `json:"wrongPasswordCode"`

	// RetentionDays is how long data outlives the last live success (#10); 0 is for ever.
	RetentionDays int `json:"retentionDays"`
	// CredentialDays is how long stored credentials allow a live refresh (#10); 0 is for ever.
	CredentialDays int `json:"credentialDays"`
	// AccountIDDays: account ids change when not refreshed for so long (#11); 0 is never.
	AccountIDDays int `json:"accountIdDays"`
	// RequestIDAfterDetails: pollable, or ends once the details were delivered (#12).
	RequestIDAfterDetails string `json:"requestIdAfterDetails"`
	// SwapCategoryAndType exchanges the two names on an account (#14).
	SwapCategoryAndType bool `json:"swapCategoryAndType"`
	// SetScheduledRefreshBody is the shape of its 200 (#15: string or object).
	SetScheduledRefreshBody string `json:"setScheduledRefreshBody"`
	// DeleteUnknown is DeleteCard's answer for an unknown login (#16).
	DeleteUnknown string `json:"deleteUnknown"`
	// DeleteCardBody is the shape of DeleteCard's 200 (#16: object, or string on older instances).
	DeleteCardBody string `json:"deleteCardBody"`
	// ReconnectEnabled: opening Connect with a requestId may need activation (#17).
	ReconnectEnabled bool `json:"reconnectEnabled"`
	// NightlyWorks: the background refresh is recommended, or no longer supported (#20).
	NightlyWorks bool `json:"nightlyWorks"`
	// SaveDefault is what an absent Save means (#23).
	SaveDefault bool `json:"saveDefault"`
	// StatementsLink: the Statements link is missing from newer examples.
	StatementsLink bool `json:"statementsLink"`
	// InstitutionNameField: InstitutionName is missing from older examples.
	InstitutionNameField bool `json:"institutionNameField"`
	// RequireTokenToResume: Connect wants an authorize token besides a living requestId (assumed off).
	RequireTokenToResume bool `json:"requireTokenToResume"`

	// JSRedirectIgnored: the page goes to redirectUrl although jsRedirect asks it not
	// to; the parameter is seen in clients' code alone, in no document.
	JSRedirectIgnored bool `json:"jsRedirectIgnored"`
	// RedirectLoginID: REDIRECT has the loginId as a field; some sessions have it in the url alone.
	RedirectLoginID bool `json:"redirectLoginId"`
	// WebhookHeader carries the signature of a webhook: the two documents differ.
	WebhookHeader string `json:"webhookHeader"`

	// ConcurrencyLock refuses a second live session for one login; off, the journal still sees it.
	ConcurrencyLock bool `json:"concurrencyLock"`
	// ProcessingDuration is how long data is collected after a live 200.
	ProcessingDuration time.Duration `json:"processingDuration"`
	// FirstDetailsPending: the first data call after a live 200 is a 202 in any case.
	FirstDetailsPending bool `json:"firstDetailsPending"`
	// LiveLatency is how long a live Authorize takes to answer, in real time.
	LiveLatency time.Duration `json:"liveLatency"`
	// SlowLatency is the same for the user sim_slow.
	SlowLatency time.Duration `json:"slowLatency"`
}

// DefaultKnobs is the profile that the trusted sources agree on.
func DefaultKnobs() Knobs {
	return Knobs{
		AuthorizeTokenTTL:       30 * time.Minute,
		RequireAuthorizeToken:   true,
		RequireXAPIKey:          true,
		MFAToken:                "both",
		InvalidLoginStatus:      401,
		InvalidRequestStatus:    401,
		SessionExpiredStatus:    401,
		ThrottleStatus:          401,
		RetryLaterStatus:        401,
		SecurityResponseFinal:   true,
		SecurityResponseCode:    codeInvalidAnswer,
		MaintenanceCode:         "BANK_MAINTENANCE_RETRY_LATER",
		WrongPasswordCode:       codeInvalidLogin,
		RetentionDays:           90,
		CredentialDays:          30,
		RequestIDAfterDetails:   "pollable",
		SetScheduledRefreshBody: "string",
		DeleteUnknown:           DeleteUnknownInvalidLogin400,
		DeleteCardBody:          "object",
		ReconnectEnabled:        true,
		NightlyWorks:            true,
		SaveDefault:             true,
		StatementsLink:          true,
		InstitutionNameField:    true,
		RedirectLoginID:         true,
		WebhookHeader:           HeaderAuthenticityKey,
		ConcurrencyLock:         true,
		ProcessingDuration:      10 * time.Second,
		FirstDetailsPending:     true,
		SlowLatency:             20 * time.Second,
	}
}

// Validate reports every knob that has a value which Flinks cannot have.
func (k Knobs) Validate() error {
	errs := []error{
		oneOf("mfaToken", k.MFAToken, "both", "same", "new"),
		oneOf("invalidLoginStatus", k.InvalidLoginStatus, 401, 400),
		oneOf("invalidRequestStatus", k.InvalidRequestStatus, 401, 400),
		oneOf("sessionExpiredStatus", k.SessionExpiredStatus, 401, 400),
		oneOf("throttleStatus", k.ThrottleStatus, 401, 403, 429),
		oneOf("retryLaterStatus", k.RetryLaterStatus, 401, 400),
		oneOf("securityResponseCode", k.SecurityResponseCode, codeInvalidAnswer, codeInvalidAnswerNoRetry),
		oneOf("maintenanceCode", k.MaintenanceCode,
			"BANK_MAINTENANCE_RETRY_LATER", "BANK MAINTENANCE_RETRY_LATER", "BANK_MAINTENENACE_RETRY_LATER"),
		oneOf("wrongPasswordCode", k.WrongPasswordCode, codeInvalidLogin, codeInvalidPassword),
		oneOf("requestIdAfterDetails", k.RequestIDAfterDetails, "pollable", "ends"),
		oneOf("setScheduledRefreshBody", k.SetScheduledRefreshBody, "string", "object"),
		oneOf("deleteUnknown", k.DeleteUnknown, DeleteUnknownString200, DeleteUnknownInvalidLogin400,
			DeleteUnknownInvalidLogin401, DeleteUnknownInvalidRequest400, DeleteUnknownNotFound404),
		oneOf("deleteCardBody", k.DeleteCardBody, "object", "string"),
		oneOf("webhookHeader", k.WebhookHeader, HeaderAuthenticityKey, HeaderSignature),
	}
	if k.AuthorizeTokenTTL <= 0 {
		errs = append(errs, errors.New("knob authorizeTokenTTL: must be positive"))
	}
	return errors.Join(append(errs, k.notNegative()...)...)
}

func (k Knobs) notNegative() []error {
	var errs []error
	for name, v := range map[string]int64{
		"throttleRetryAfter": int64(k.ThrottleRetryAfter),
		"processingDuration": int64(k.ProcessingDuration),
		"liveLatency":        int64(k.LiveLatency),
		"slowLatency":        int64(k.SlowLatency),
		"retentionDays":      int64(k.RetentionDays),
		"credentialDays":     int64(k.CredentialDays),
		"accountIdDays":      int64(k.AccountIDDays),
	} {
		if v < 0 {
			errs = append(errs, fmt.Errorf("knob %s: must not be negative", name))
		}
	}
	return errs
}

func oneOf[T comparable](name string, got T, allowed ...T) error {
	if slices.Contains(allowed, got) {
		return nil
	}
	return fmt.Errorf("knob %s: %v is not one of %v", name, got, allowed)
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
