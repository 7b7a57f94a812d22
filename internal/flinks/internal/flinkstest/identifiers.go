// Package flinkstest has what the tests of the packages below internal/flinks share.
package flinkstest

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Identifiers that no output may ever hold. All tests use them, so that every test can
// search for them.
const (
	CustomerID     = "43387ca6-0391-4c82-857d-70d95f087ecb"
	RawLogin       = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"
	RawRequest     = "006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"
	RawToken       = "d65f1adb-8ebc-48dc-be8b-20c773ba1565"
	RawSecretKey   = "canary-secret-7f3a"
	RawAPIKey      = "canary-api-key-91c2"
	RawBearerToken = "canary-bearer-55d0"
	OtherGUID      = "1243d6b0-0000-4000-8000-000000000001"
)

// Must returns the value of a call, and fails the test if there was an error.
func Must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return v
	}
}

// Login returns the login of RawLogin.
func Login(t testing.TB) flinks.LoginID {
	return Must[flinks.LoginID](t)(flinks.ParseLoginID([]byte(RawLogin)))
}

// Request returns the session of RawRequest.
func Request(t testing.TB) flinks.RequestID {
	return Must[flinks.RequestID](t)(flinks.ParseRequestID([]byte(RawRequest)))
}

// Tag returns the tag with a text.
func Tag(t testing.TB, text string) flinks.Tag {
	return Must[flinks.Tag](t)(flinks.ParseTag(text))
}

// Token returns the token of RawToken.
func Token(t testing.TB) flinks.AuthorizeToken {
	return Must[flinks.AuthorizeToken](t)(flinks.ParseAuthorizeToken([]byte(RawToken)))
}

// Credentials returns those of RawSecretKey, RawAPIKey and RawBearerToken.
func Credentials(t testing.TB) flinks.Credentials {
	return flinks.Credentials{
		SecretKey:   Must[flinks.SecretKey](t)(flinks.ParseSecretKey([]byte(RawSecretKey))),
		APIKey:      Must[flinks.APIKey](t)(flinks.ParseAPIKey([]byte(RawAPIKey))),
		BearerToken: Must[flinks.BearerToken](t)(flinks.ParseBearerToken([]byte(RawBearerToken))),
	}
}
