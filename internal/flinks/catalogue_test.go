package flinks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// The table of the Flinks documentation, written down a second time: every code with its
// class when the body holds no RequestId, and when it holds one.
var documentedCodes = []struct {
	code              string
	outside, inside   flinks.Class
	ours              bool
	unknownLoginIsNew flinks.Class // third row for "the login is not known"; "" = none
}{
	{"OK", "success", "success", false, ""},
	{"CREATED", "success", "success", false, ""},
	{"OPERATION_PENDING", "pending", "pending", false, ""},
	{"OPERATION_DISPATCHED", "pending", "pending", false, ""},
	{"SECURITY_CHALLENGES", "user", "user", true, ""},
	{"SESSION_NONEXISTENT", "transient", "transient", false, ""},
	{"SESSION_EXPIRED", "transient", "transient", false, ""},
	{"CARD_IN_USE", "transient", "transient", false, ""},
	{"CONCURRENT_SESSION", "transient", "transient", false, ""},
	{"TOO_MANY_REQUESTS", "throttled", "throttled", false, ""},
	{"RETRY_LATER", "transient", "transient", false, ""},
	{"BANK_MAINTENANCE_RETRY_LATER", "transient", "transient", false, ""},
	{"AGGREGATION_ERROR", "transient", "transient", false, ""},
	{"DISABLED_INSTITUTION", "transient", "transient", false, ""},
	{"UNAUTHORIZED", "instance", "user", false, "gone"},
	{"ACCESS_DENIED", "instance", "user", false, ""},
	{"METHOD_NOT_AVAILABLE", "config", "config", false, ""},
	{"INVALID_REQUEST", "config", "config", false, "gone"},
	{"INVALID_LOGIN", "gone", "user", false, ""},
	{"INVALID_USERNAME", "user", "user", false, ""},
	{"INVALID_PASSWORD", "user", "user", false, ""},
	{"INVALID_SECURITY_RESPONSE", "user", "user", false, ""},
	{"INVALID_SECURITY_RESPONSE_NO_RETRY", "user", "user", false, ""},
	{"QUESTION_NOT_FOUND", "user", "user", false, ""},
	{"UNKNOWN_CHALLENGE_KEY", "user", "user", false, ""},
	{"SECURITYRESPONSES_INCOMPLETE", "user", "user", false, ""},
	{"ALREADY_AUTHORIZED", "success", "success", false, ""},
	{"DISABLED_LOGIN", "user", "user", false, ""},
	{"NEW_ACCOUNT", "user", "user", false, ""},
	{"NO_TRANSACTION", "data", "data", false, ""},

	{"UNRECOGNIZED", "unknown", "unknown", true, ""},
	{"NO_CODE", "unknown", "unknown", true, ""},
	{"SERVER_ERROR", "transient", "transient", true, ""},
	{"UNREADABLE_ANSWER", "unknown", "unknown", true, ""},
	{"NO_ANSWER", "transient", "transient", true, ""},
	{"NOT_SENT", "transient", "transient", true, ""},
	{"CREDENTIAL_MISSING", "config", "config", true, ""},
	{"INVALID_CALL", "config", "config", true, ""},
	{"HOST_UNPROVEN", "config", "config", true, ""},
}

func TestCatalogueHoldsEveryCodeWithItsClass(t *testing.T) {
	rows := 0
	for _, want := range documentedCodes {
		for inSession, class := range map[bool]flinks.Class{false: want.outside, true: want.inside} {
			got := flinks.Lookup(want.code, inSession)
			if got.Code != flinks.Code(want.code) || got.Class != class || got.Ours != want.ours {
				t.Errorf("Lookup(%s, inSession=%t) = %+v, want class %s", want.code, inSession, got, class)
			}
		}
		rows++
		if want.inside != want.outside {
			rows++
		}
		if want.unknownLoginIsNew != "" {
			rows++
		}
	}
	if got := len(flinks.Catalogue()); got != rows {
		t.Errorf("the catalogue has %d rows, this test knows %d", got, rows)
	}
}

func TestCatalogueRowsAreCompleteAndDistinct(t *testing.T) {
	type key struct {
		code    flinks.Code
		meaning flinks.Meaning
	}
	seen := map[key]bool{}
	for _, e := range flinks.Catalogue() {
		k := key{e.Code, e.Meaning}
		if seen[k] {
			t.Errorf("%v is there twice", k)
		}
		seen[k] = true
		if !strings.HasSuffix(e.Remedy, ".") || len(e.Remedy) > 200 {
			t.Errorf("%v: the remedy is no short sentence: %q", k, e.Remedy)
		}
		if e.Meaning == flinks.MeaningUnknownLogin && e.Class != flinks.ClassGone {
			t.Errorf("%v: class %s", k, e.Class)
		}
	}
}

func TestCatalogueIsACopy(t *testing.T) {
	flinks.Catalogue()[0] = flinks.Entry{}
	if flinks.Catalogue()[0] == (flinks.Entry{}) {
		t.Fatal("a caller can change the catalogue")
	}
}

func TestLookupOfOtherCodes(t *testing.T) {
	maintenance := flinks.Lookup("BANK_MAINTENANCE_RETRY_LATER", false)
	unrecognized := flinks.Lookup("UNRECOGNIZED", false)
	tests := map[string]flinks.Entry{
		"BANK MAINTENANCE_RETRY_LATER":          maintenance,
		"BANK_MAINTENENACE_RETRY_LATER":         maintenance,
		"bank_maintenance_retry_later":          unrecognized,
		rawLogin + "RETRY_LATER":                unrecognized,
		strings.Repeat("A", 60) + "RETRY_LATER": unrecognized,
		"":                                      unrecognized,
		"retry_later":                           unrecognized,
		"RETRY_LATER\n":                         unrecognized,
		"SOMETHING_NEW":                         unrecognized,
		rawLogin:                                unrecognized,
		"<html>":                                unrecognized,
		"UNAUTHORIZED\x00":                      unrecognized,
	}
	for code, want := range tests {
		if diff := cmp.Diff(want, flinks.Lookup(code, true)); diff != "" {
			t.Errorf("Lookup(%q): %s", code, diff)
		}
	}
}

func TestRemedyFitsTheClass(t *testing.T) {
	for _, e := range flinks.Catalogue() {
		got := (&flinks.Error{Code: e.Code, Class: e.Class}).Remedy()
		if got != e.Remedy {
			t.Errorf("%s/%s: %q, want %q", e.Code, e.Class, got, e.Remedy)
		}
	}
	if (&flinks.Error{}).Remedy() == "" {
		t.Error("an empty error has no remedy")
	}
}
