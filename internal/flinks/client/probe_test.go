package client_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// TestProbeAPIKey: an answer about the session proves the key, and a refusal is one from
// wherever it comes. What says neither proves nothing.
func TestProbeAPIKey(t *testing.T) {
	good := outcome{}
	refused := func(status int) outcome { return failure(status, "UNAUTHORIZED", "instance") }
	for name, row := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"no such session":           {400, `{"HttpStatusCode":400,"FlinksCode":"SESSION_NONEXISTENT"}`, good},
		"no such session, as a 401": {401, `{"HttpStatusCode":401,"FlinksCode":"SESSION_NONEXISTENT"}`, good},
		"expired":                   {401, `{"HttpStatusCode":401,"FlinksCode":"SESSION_EXPIRED"}`, good},
		"not authorized yet":        {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","RequestId":"` + rawRequest + `"}`, good},
		"not a request":             {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_REQUEST"}`, good},
		"not offered":               {403, `{"HttpStatusCode":403,"FlinksCode":"METHOD_NOT_AVAILABLE"}`, good},
		"no code":                   {400, `{"HttpStatusCode":400,"Message":"no"}`, good},
		"not found":                 {404, `{"HttpStatusCode":404}`, good},
		"bare 404":                  {404, ``, good},
		"refused":                   {401, `{"HttpStatusCode":401,"Message":"You must provide a valid auth key","FlinksCode":"UNAUTHORIZED"}`, refused(401)},
		"refused without a code":    {401, `{"HttpStatusCode":401}`, refused(401)},
		"refused by a gateway":      {403, `{"message":"Forbidden"}`, refused(403)},
		"bare 401":                  {401, ``, refused(401)},
		"page with a 403":           {403, `<html>Forbidden</html>`, refused(403)},
		"403 without a code":        {403, `{"HttpStatusCode":403}`, refused(403)},
		"too many":                  {401, `{"HttpStatusCode":401,"FlinksCode":"TOO_MANY_REQUESTS"}`, failure(401, "TOO_MANY_REQUESTS", "throttled")},
		"bare 429":                  {429, ``, failure(429, "TOO_MANY_REQUESTS", "throttled")},
		"fault inside Flinks":       {500, `{"HttpStatusCode":500,"FlinksCode":"AGGREGATION_ERROR"}`, failure(500, "AGGREGATION_ERROR", "transient")},
		"502":                       {502, `<html>Bad gateway</html>`, ambiguous(502, flinks.CodeServerError, flinks.ClassTransient)},
		"page":                      {200, `<html>Welcome</html>`, ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(row.status, row.body))
			err := client(t, flinksclient.Options{}).ProbeAPIKey(t.Context(), endpoint(t, s.URL), credentials(t))
			var got outcome
			if err != nil {
				got.Error = *asError(t, err)
			}
			if row.want.Error.Code != "" {
				row.want.Error.Op = flinks.OpGetAccountsSummary
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
			asked := s.seen[0]
			if asked.Method != http.MethodPost || asked.Path != base+"/GetAccountsSummary" || asked.Header.Get("x-api-key") != rawAPIKey {
				t.Errorf("asked %s %s", asked.Method, asked.Path)
			}
			if asked.Header.Get("flinks-auth-key") != "" {
				t.Error("the secret key was sent along")
			}
		})
	}
}
