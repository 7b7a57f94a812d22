package flinks_test

import "github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"

// All tests use these identifiers, so that every test can search for them.
const (
	customerID   = flinkstest.CustomerID
	rawLogin     = flinkstest.RawLogin
	rawRequest   = flinkstest.RawRequest
	rawToken     = flinkstest.RawToken
	rawSecret    = flinkstest.RawSecretKey
	rawAPIKey    = flinkstest.RawAPIKey
	rawBearer    = flinkstest.RawBearerToken
	otherRequest = flinkstest.OtherGUID
)

var (
	login       = flinkstest.Login
	request     = flinkstest.Request
	tag         = flinkstest.Tag
	token       = flinkstest.Token
	credentials = flinkstest.Credentials
	checkPrint  = flinkstest.CheckPrint
)
