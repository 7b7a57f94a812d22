package instance

import (
	"context"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// TestVerdictOf: what an outcome says about the instance depends on the operation.
func TestVerdictOf(t *testing.T) {
	const retryAfter = time.Minute
	answered := &flinks.Error{Code: flinks.CodeAggregationError, Class: flinks.ClassTransient, Delivery: flinks.Answered, HTTPStatus: 500}
	throttled := &flinks.Error{Code: flinks.CodeTooManyRequests, Class: flinks.ClassThrottled, Delivery: flinks.Answered, RetryAfter: retryAfter}
	notSent := &flinks.Error{Code: flinks.CodeNotSent, Class: flinks.ClassTransient, Delivery: flinks.NotSent}
	noAnswer := &flinks.Error{Code: flinks.CodeNoAnswer, Class: flinks.ClassTransient, Delivery: flinks.Ambiguous}
	canceled := &flinks.Error{Code: flinks.CodeNoAnswer, Class: flinks.ClassTransient, Delivery: flinks.Ambiguous, Cause: context.Canceled}
	refused := &flinks.Error{Code: flinks.CodeCredentialMissing, Class: flinks.ClassConfig, Delivery: flinks.NotSent}
	bareNotFound := &flinks.Error{Op: flinks.OpDeleteCard, Code: flinks.CodeUnreadable, Class: flinks.ClassUnknown, Delivery: flinks.Ambiguous, HTTPStatus: 404}
	tests := map[string]struct {
		op      flinks.Operation
		failure *flinks.Error
		want    budget.Verdict
		pause   time.Duration
	}{
		"success":                       {flinks.OpObserve, nil, budget.Answers, 0},
		"success of a live call":        {flinks.OpRefresh, nil, budget.Answers, 0},
		"a token":                       {flinks.OpGenerateAuthorizeToken, nil, budget.Reached, 0},
		"the x-api-key passes":          {flinks.OpGetAccountsSummary, nil, budget.Reached, 0},
		"an error of Flinks":            {flinks.OpGetAccountsDetail, answered, budget.Answers, 0},
		"a refused token":               {flinks.OpGenerateAuthorizeToken, answered, budget.Reached, 0},
		"throttled":                     {flinks.OpObserve, throttled, budget.Throttles, retryAfter},
		"a throttled live call":         {flinks.OpRefresh, throttled, budget.Throttles, retryAfter},
		"a throttled token":             {flinks.OpGenerateAuthorizeToken, throttled, budget.Throttles, retryAfter},
		"not sent":                      {flinks.OpObserve, notSent, budget.Fails, 0},
		"a live call that was not sent": {flinks.OpRefresh, notSent, budget.Fails, 0},
		"no answer":                     {flinks.OpObserve, noAnswer, budget.Fails, 0},
		"no answer to a token":          {flinks.OpGenerateAuthorizeToken, noAnswer, budget.Fails, 0},
		"no answer to a live call":      {flinks.OpRefresh, noAnswer, budget.Unknown, 0},
		"canceled":                      {flinks.OpGetAccountsDetail, canceled, budget.Unknown, 0},
		"refused by the client":         {flinks.OpDeleteCard, refused, budget.Unknown, 0},
		"a bare 404":                    {flinks.OpDeleteCard, bareNotFound, budget.Unknown, 0},
	}
	for name, tt := range tests {
		if got, pause := verdictOf(tt.op, tt.failure); got != tt.want || pause != tt.pause {
			t.Errorf("%s: verdict %d with %s, want %d with %s", name, got, pause, tt.want, tt.pause)
		}
	}
}

// TestOutageOf: only some outcomes of a live call say something about the bank.
func TestOutageOf(t *testing.T) {
	answer := func(code flinks.Code, status int) *flinks.Error {
		return &flinks.Error{Code: code, Class: flinks.Lookup(string(code), true).Class, Delivery: flinks.Answered, HTTPStatus: status}
	}
	tests := map[string]struct {
		failure *flinks.Error
		want    budget.Outage
		told    bool
	}{
		"success":              {nil, budget.None, true},
		"wrong password":       {answer(flinks.CodeInvalidPassword, 401), budget.None, true},
		"no transactions":      {answer(flinks.CodeNoTransaction, 400), budget.None, true},
		"bank away":            {answer(flinks.CodeRetryLater, 400), budget.Away, true},
		"bank in maintenance":  {answer(flinks.CodeBankMaintenanceRetryLater, 400), budget.Away, true},
		"bank switched off":    {answer(flinks.CodeDisabledInstitution, 400), budget.Off, true},
		"bank away, as a 500":  {answer(flinks.CodeRetryLater, 500), budget.None, false},
		"a fault of Flinks":    {answer(flinks.CodeAggregationError, 400), budget.None, false},
		"reply lost":           {&flinks.Error{Code: flinks.CodeNoAnswer, Delivery: flinks.Ambiguous}, budget.Lost, true},
		"given up by a caller": {&flinks.Error{Code: flinks.CodeNoAnswer, Delivery: flinks.Ambiguous, Cause: context.Canceled}, budget.None, false},
		"not sent":             {&flinks.Error{Code: flinks.CodeNotSent, Delivery: flinks.NotSent}, budget.None, false},
	}
	for name, tt := range tests {
		if got, told := outageOf(tt.failure); got != tt.want || told != tt.told {
			t.Errorf("%s: outage %d, told %t, want %d, %t", name, got, told, tt.want, tt.told)
		}
	}
}
