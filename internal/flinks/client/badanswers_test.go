package client_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

func contentLength(body string) string { return strconv.Itoa(len(body)) }

// flood writes until the client hangs up or the size is reached; 0 means for ever.
func flood(status int, start, chunk string, size int) http.HandlerFunc {
	block := strings.Repeat(chunk, 1+(64<<10)/len(chunk))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, start)
		for n := 0; err == nil && (size == 0 || n < size); n += len(block) {
			_, err = io.WriteString(w, block)
		}
	}
}

// Every bad answer, to every operation: never a success, never a verdict about the login
// or the keys, always ambiguous (a bare 429 excepted, which has a test of its own).
func TestBadAnswersAreAmbiguous(t *testing.T) {
	const page = `<!DOCTYPE html><html><body>Invalid LoginId FlinksCode UNAUTHORIZED</body></html>`
	deep := strings.Repeat(`{"Login":`, 20000) + `1` + strings.Repeat(`}`, 20000)
	tests := map[string]http.HandlerFunc{
		"page 200":                reply(200, page),
		"page 400":                reply(400, page),
		"page 401":                reply(401, page),
		"page 403":                reply(403, page),
		"page 404":                reply(404, page),
		"page 407":                reply(407, page),
		"page 500":                reply(500, page),
		"page 502":                reply(502, page),
		"empty 401":               reply(401, ``),
		"empty 404":               reply(404, ``),
		"empty 500":               reply(500, ``),
		"empty object":            reply(200, `{}`),
		"object of others":        reply(200, `{"message":"ok","statuscode2":200}`),
		"null":                    reply(200, `null`),
		"number":                  reply(200, `200`),
		"array":                   reply(200, `[{"HttpStatusCode":200}]`),
		"truncated":               reply(200, liveOK[:len(liveOK)-10]),
		"two answers":             reply(200, liveOK+liveOK),
		"trailing text":           reply(200, liveOK+" x"),
		"leading text":            reply(200, "x "+liveOK),
		"deep":                    reply(200, deep),
		"deep and closed wrongly": reply(200, strings.Repeat(`{"Accounts":[`, 5000)),
		"invalid UTF-8":           reply(200, "\xff\xfe\xfd"),
		"UTF-16":                  reply(200, "{\x00\"\x00H\x00"),
		"compressed":              reply(200, "\x1f\x8b\x08\x00\x00\x00\x00\x00"),
		"status too small":        reply(200, `{"HttpStatusCode":-1}`),
		"status too large":        reply(200, `{"HttpStatusCode":99999999}`),
		"status 304":              reply(200, `{"HttpStatusCode":304}`),
		"wrong types":             reply(200, `{"HttpStatusCode":200,"Login":[1],"Accounts":"x","IneligibleCards":7,"Token":{},"SecurityChallenges":3,"RequestId":[]}`),
		"100 MiB of blanks":       flood(200, ``, " ", 100<<20),
		"100 MiB of JSON":         flood(200, `{"HttpStatusCode":200,"Accounts":[`, `{"Id":"`+accountA+`"},`, 100<<20),
		"endless":                 flood(200, `{"HttpStatusCode":200,"x":"`, "a", 0),
		"endless error":           flood(500, `{"HttpStatusCode":500,"FlinksCode":"AGGREGATION_ERROR","x":"`, "a", 0),
		"endless page":            flood(404, `<html>`, "Invalid LoginId ", 0),
	}
	for name, answer := range tests {
		for _, o := range operations {
			if answersAString(o.op) && name == "wrong types" {
				continue // None of these fields is read.
			}
			t.Run(name+"/"+string(o.op), func(t *testing.T) {
				s := serve(t, answer)
				e := asError(t, o.run(t, client(t, flinksclient.Options{}), endpoint(t, s.URL)))
				if e.Delivery != flinks.Ambiguous || e.Class != flinks.ClassUnknown && e.Class != flinks.ClassTransient {
					t.Error(e)
				}
				if n := len(s.requests()); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

// A good answer does not make up for more bytes than any good answer has.
func TestOversizedGoodAnswer(t *testing.T) {
	for _, o := range operations {
		s := serve(t, flood(200, goodAnswers[o.op], " ", 100<<20))
		if e := asError(t, o.run(t, client(t, flinksclient.Options{}), endpoint(t, s.URL))); e.Delivery != flinks.Ambiguous {
			t.Error(e)
		}
	}
}

func answersAString(op flinks.Operation) bool {
	return op == flinks.OpDeleteCard || op == flinks.OpSetScheduledRefresh
}

// encoding/json lets the last of several equal keys win, whatever its case. Whichever it
// is, an error status must not become a success by it.
func TestDuplicateKeys(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		code   flinks.Code // empty = success
	}{
		"the last code wins":             {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_PASSWORD","FlinksCode":"NEW_ACCOUNT"}`, "NEW_ACCOUNT"},
		"in any case":                    {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_PASSWORD","flinkscode":"NEW_ACCOUNT"}`, "NEW_ACCOUNT"},
		"null takes a code back":         {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_PASSWORD","FlinksCode":null}`, "UNAUTHORIZED"},
		"a 401 is not talked into a 200": {401, `{"HttpStatusCode":401,` + liveOK[1:], "NO_CODE"},
		"the same login twice":           {200, `{"Login":{"Id":"` + otherRequest + `"},` + liveOK[1:], ""},
		"another login last":             {200, liveOK[:len(liveOK)-1] + `,"Login":{"Id":"` + otherRequest + `"}}`, "UNREADABLE_ANSWER"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(tt.status, tt.body))
			_, err := client(t, flinksclient.Options{}).Observe(t.Context(), endpoint(t, s.URL), token(t), login(t))
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := asError(t, err); e.Code != tt.code {
				t.Error(e)
			}
		})
	}
}
