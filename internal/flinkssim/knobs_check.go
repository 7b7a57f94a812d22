package flinkssim

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Validate reports every knob that has a value which Flinks cannot have.
func (k Knobs) Validate() error {
	errs := k.notChosen()
	if k.AuthorizeTokenTTL <= 0 {
		errs = append(errs, errors.New("knob authorizeTokenTTL: must be positive"))
	}
	return errors.Join(append(errs, k.notNegative()...)...)
}

// choices are the values of the knobs that have a few, the strictest first.
var choices = map[string][]string{
	"cardCredential":          {credentialAPIKey, credentialSecret, credentialEither},
	"mfaToken":                {mfaTokenSame, mfaTokenNew, mfaTokenBoth},
	"resumeToken":             {ResumeTokenFresh, ResumeTokenSession, ResumeTokenNone},
	"authorizeUnknown":        AuthorizeUnknownShapes(),
	"deleteUnknown":           DeleteUnknownShapes(),
	"deleteCardBody":          {bodyString, bodyObject},
	"setScheduledRefreshBody": {bodyString, bodyObject},
	"securityResponseCode":    {codeInvalidAnswer, codeInvalidAnswerNoRetry},
	"maintenanceCode":         {maintenanceCodeSpaced, maintenanceCode, maintenanceCodeMisspelt},
	"wrongPasswordCode":       {codeInvalidLogin, codeInvalidPassword},
	"requestIdAfterDetails":   {requestIDEnds, requestIDPollable},
	"requestIdAfterReconnect": {requestIDEnds, requestIDUsable},
	"idleOutReplay":           {codeQuestionNotFound, codeSessionExpired},
	"tagScope":                {TagScopeSession, TagScopeLogin, TagScopeNone},
	"webhookHeader":           {HeaderAuthenticityKey, HeaderSignature},
	"invalidLoginStatus":      {"400", "401"},
	"invalidRequestStatus":    {"401", "400"},
	"sessionExpiredStatus":    {"400", "401"},
	"throttleStatus":          {"401", "403", "429"},
	"retryLaterStatus":        {"400", "401"},
}

// notChosen reports the knobs that have none of their values.
func (k Knobs) notChosen() []error {
	var errs []error
	for name, allowed := range choices {
		field, _ := knobField(reflect.ValueOf(&k).Elem(), name)
		if got := fmt.Sprint(field.Interface()); !slices.Contains(allowed, got) {
			errs = append(errs, fmt.Errorf("knob %s: %s is not one of %v", name, got, allowed))
		}
	}
	return errs
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
