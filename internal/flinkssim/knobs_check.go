package flinkssim

import (
	"errors"
	"fmt"
	"slices"
)

// Validate reports every knob that has a value which Flinks cannot have.
func (k Knobs) Validate() error {
	errs := append(k.words(), k.statuses()...)
	if k.AuthorizeTokenTTL <= 0 {
		errs = append(errs, errors.New("knob authorizeTokenTTL: must be positive"))
	}
	return errors.Join(append(errs, k.notNegative()...)...)
}

func (k Knobs) words() []error {
	return []error{
		oneOf("cardCredential", k.CardCredential, credentialAPIKey, credentialSecret, credentialEither),
		oneOf("mfaToken", k.MFAToken, mfaTokenSame, mfaTokenNew, mfaTokenBoth),
		oneOf("resumeToken", k.ResumeToken, ResumeTokenFresh, ResumeTokenSession, ResumeTokenNone),
		oneOf("authorizeUnknown", k.AuthorizeUnknown, AuthorizeUnknownShapes()...),
		oneOf("deleteUnknown", k.DeleteUnknown, DeleteUnknownShapes()...),
		oneOf("deleteCardBody", k.DeleteCardBody, bodyObject, bodyString),
		oneOf("setScheduledRefreshBody", k.SetScheduledRefreshBody, bodyString, bodyObject),
		oneOf("securityResponseCode", k.SecurityResponseCode, codeInvalidAnswer, codeInvalidAnswerNoRetry),
		oneOf("maintenanceCode", k.MaintenanceCode, maintenanceCode, maintenanceCodeSpaced, maintenanceCodeMisspelt),
		oneOf("wrongPasswordCode", k.WrongPasswordCode, codeInvalidLogin, codeInvalidPassword),
		oneOf("requestIdAfterDetails", k.RequestIDAfterDetails, requestIDPollable, requestIDEnds),
		oneOf("requestIdAfterReconnect", k.RequestIDAfterReconnect, requestIDUsable, requestIDEnds),
		oneOf("idleOutReplay", k.IdleOutReplay, codeQuestionNotFound, codeSessionExpired),
		oneOf("tagScope", k.TagScope, TagScopeSession, TagScopeLogin, TagScopeNone),
		oneOf("webhookHeader", k.WebhookHeader, HeaderAuthenticityKey, HeaderSignature),
	}
}

func (k Knobs) statuses() []error {
	return []error{
		oneOf("invalidLoginStatus", k.InvalidLoginStatus, 401, 400),
		oneOf("invalidRequestStatus", k.InvalidRequestStatus, 401, 400),
		oneOf("sessionExpiredStatus", k.SessionExpiredStatus, 401, 400),
		oneOf("throttleStatus", k.ThrottleStatus, 401, 403, 429),
		oneOf("retryLaterStatus", k.RetryLaterStatus, 401, 400),
	}
}

func (k Knobs) notNegative() []error {
	var errs []error
	for name, v := range map[string]int64{
		"throttleRetryAfter": int64(k.ThrottleRetryAfter),
		"processingDuration": int64(k.ProcessingDuration),
		"liveLatency":        int64(k.LiveLatency),
		"slowLatency":        int64(k.SlowLatency),
		"asyncDuration":      int64(k.AsyncDuration),
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
