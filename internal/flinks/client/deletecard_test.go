package client_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

const loginInvalid = `"Message":"The login '` + rawLogin + `' is invalid."`

// gone returns the error of a login that Flinks does not know.
func gone(status int) outcome { return failure(status, "INVALID_LOGIN", "gone") }

func unreadable(status int) outcome {
	return ambiguous(status, flinks.CodeUnreadable, flinks.ClassUnknown)
}

func TestDeleteCardSuccess(t *testing.T) {
	deleted := outcome{}
	expectDeleteCard(t, map[string]answer{
		"deleted":              {200, `{"StatusCode":200,"Message":"Card deleted"}`, deleted},
		"deleted, other name":  {200, `{"HttpStatusCode":200,"Message":"Card deleted"}`, deleted},
		"deleted, bare string": {200, `"The card was deleted"`, deleted},
		"deleted, 201":         {201, `{"StatusCode":201}`, deleted},
		"deleted, as a string": {200, `{"StatusCode":"200"}`, deleted},
	})
}

// TestDeleteCardUnknownLogin: an unknown login has five shapes.
func TestDeleteCardUnknownLogin(t *testing.T) {
	expectDeleteCard(t, map[string]answer{
		"1: string, 200":            {200, `"Invalid LoginId"`, gone(200)},
		"1: string, 400":            {400, `"Invalid LoginId ` + rawLogin + `"`, gone(400)},
		"1: text, 400":              {400, `Invalid LoginId`, gone(400)},
		"1: text, 200":              {200, `Invalid LoginId`, gone(200)},
		"2: INVALID_LOGIN 400":      {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_LOGIN","Message":"The LoginId provided is either invalid or does not belong to the CustomerId"}`, gone(400)},
		"2: INVALID_LOGIN 401":      {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_LOGIN"}`, gone(401)},
		"3: INVALID_REQUEST 400":    {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_REQUEST",` + loginInvalid + `}`, failure(400, "INVALID_REQUEST", "gone")},
		"3: INVALID_REQUEST 200":    {200, `{"HttpStatusCode":200,"FlinksCode":"INVALID_REQUEST",` + loginInvalid + `}`, failure(200, "INVALID_REQUEST", "gone")},
		"4: 404 envelope":           {404, `{"HttpStatusCode":404,"Message":"Not found"}`, gone(404)},
		"5: message, 200":           {200, `{"StatusCode":200,"Message":"Invalid LoginId"}`, gone(200)},
		"5: message, 400":           {400, `{"HttpStatusCode":400,"Message":"Invalid LoginId"}`, gone(400)},
		"5: message, unknown code":  {400, `{"HttpStatusCode":400,"FlinksCode":"CARD_UNKNOWN","Message":"Invalid LoginId"}`, gone(400)},
		"5: message, request fault": {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_REQUEST","Message":"Invalid LoginId"}`, gone(400)},
	})
}

// TestDeleteCardLooksUnknown: what looks like an unknown login and is not.
func TestDeleteCardLooksUnknown(t *testing.T) {
	expectDeleteCard(t, map[string]answer{
		"404 page":                     {404, `<html>Invalid LoginId</html>`, unreadable(404)},
		"404 empty":                    {404, ``, unreadable(404)},
		"404 text":                     {404, `404 page not found`, unreadable(404)},
		"404 of a gateway":             {404, `{"statusCode":404,"message":"Resource not found"}`, unreadable(404)},
		"404 with another status":      {404, `{"HttpStatusCode":500}`, failure(404, "NO_CODE", "unknown")},
		"404 with unknown code":        {404, `{"HttpStatusCode":404,"FlinksCode":"NOT_FOUND"}`, failure(404, "UNRECOGNIZED", "unknown")},
		"key refused, says unknown":    {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","Message":"Invalid LoginId"}`, failure(401, "UNAUTHORIZED", "instance")},
		"key refused, not found":       {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","Message":"LoginId not found or invalid"}`, failure(401, "UNAUTHORIZED", "instance")},
		"key refused":                  {401, `{"HttpStatusCode":401,"Message":"You must provide a valid auth key","FlinksCode":"UNAUTHORIZED"}`, failure(401, "UNAUTHORIZED", "instance")},
		"in use, says unknown":         {400, `{"HttpStatusCode":400,"FlinksCode":"CARD_IN_USE","Message":"Invalid LoginId"}`, failure(400, "CARD_IN_USE", "transient")},
		"500 says unknown":             {500, `"Invalid LoginId"`, ambiguous(500, flinks.CodeServerError, flinks.ClassTransient)},
		"500 object says unknown":      {500, `{"HttpStatusCode":500,"Message":"Invalid LoginId"}`, ambiguous(500, flinks.CodeServerError, flinks.ClassTransient)},
		"429 says unknown":             {429, `"Invalid LoginId"`, failure(429, "TOO_MANY_REQUESTS", "throttled")},
		"202 says unknown":             {202, `"Invalid LoginId"`, unreadable(202)},
		"request fault":                {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_REQUEST","Message":"customer"}`, failure(400, "INVALID_REQUEST", "config")},
		"INVALID_LOGIN in a session":   {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_LOGIN","RequestId":"` + rawRequest + `"}`, failure(401, "INVALID_LOGIN", "user").inSession(t)},
		"INVALID_LOGIN of credentials": {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_LOGIN","Message":"The card number (username) or password provided is invalid"}`, failure(400, "INVALID_LOGIN", "user")},
	})
}

// TestDeleteCardLooksDeleted: what looks like a deletion and is not.
func TestDeleteCardLooksDeleted(t *testing.T) {
	expectDeleteCard(t, map[string]answer{
		"in use":                  {400, `{"HttpStatusCode":400,"Message":"Call still processing","FlinksCode":"CARD_IN_USE"}`, failure(400, "CARD_IN_USE", "transient")},
		"in use, blank message":   {400, `{"HttpStatusCode":400,"Message":"","FlinksCode":"CARD_IN_USE"}`, failure(400, "CARD_IN_USE", "transient")},
		"200 in use":              {200, `{"StatusCode":200,"FlinksCode":"CARD_IN_USE"}`, failure(200, "CARD_IN_USE", "transient")},
		"200 that is a 401":       {200, `{"StatusCode":401}`, failure(200, "UNAUTHORIZED", "instance")},
		"200 that is a 404":       {200, `{"StatusCode":404}`, failure(200, "NO_CODE", "unknown")},
		"200 that is a 500":       {200, `{"StatusCode":500}`, unreadable(200)},
		"200 empty":               {200, ``, unreadable(200)},
		"200 text":                {200, `OK`, unreadable(200)},
		"200 page":                {200, `<html>Card deleted</html>`, unreadable(200)},
		"200 null":                {200, `null`, unreadable(200)},
		"200 true":                {200, `true`, unreadable(200)},
		"200 array":               {200, `["deleted"]`, unreadable(200)},
		"200 empty object":        {200, `{}`, unreadable(200)},
		"200 message only":        {200, `{"Message":"deleted"}`, unreadable(200)},
		"200 truncated":           {200, `{"StatusCode":200,"Mess`, unreadable(200)},
		"200 truncated string":    {200, `"delet`, unreadable(200)},
		"202 string":              {202, `"accepted"`, unreadable(202)},
		"202 pending":             {202, `{"HttpStatusCode":202}`, failure(202, "OPERATION_PENDING", "pending")},
		"204":                     {204, ``, unreadable(204)},
		"400 with StatusCode 200": {400, `{"StatusCode":200}`, unreadable(400)},
		"400 with HttpStatus 200": {400, `{"HttpStatusCode":200}`, failure(400, "NO_CODE", "unknown")},
		"400 string":              {400, `"deleted"`, unreadable(400)},
	})
}

// expectDeleteCard deletes a login, once for each answer.
func expectDeleteCard(t *testing.T, tests map[string]answer) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(tt.status, tt.body))
			err := client(t, flinksclient.Options{}).DeleteCard(t.Context(), endpoint(t, s.URL), credentials(t), login(t))
			var got outcome
			want := tt.want
			if err != nil {
				got.Error = *asError(t, err)
			}
			if want.Error.Code != "" {
				want.Error.Op = flinks.OpDeleteCard
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
