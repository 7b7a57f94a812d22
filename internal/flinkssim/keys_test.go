package flinkssim

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// usesKeys makes the two kinds of calls that a key is good for.
func (h *harness) usesKeys(secretKey, apiKey string) (token, card answer) {
	h.t.Helper()
	token = h.call("POST", "GenerateAuthorizeToken", "{}", "flinks-auth-key", secretKey)
	body := `{"LoginId":"` + h.seed(DefaultUsername) + `","IsActivated":true}`
	return token, h.call("PATCH", "SetScheduledRefresh", body, "x-api-key", apiKey)
}

func TestEitherKeyIsRefusedAlone(t *testing.T) {
	for _, tt := range []struct {
		name        string
		replace     Keys
		token, card int
	}{
		{"the secret key", Keys{SecretKey: "other"}, 401, 200},
		{"the api key", Keys{APIKey: "other"}, 200, 401},
		{"none", Keys{}, 200, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.ReplaceKeys(tt.replace, false)
			token, card := h.usesKeys("secret", "api")
			if token.status != tt.token || card.status != tt.card {
				t.Errorf("got %d and %d, want %d and %d", token.status, card.status, tt.token, tt.card)
			}
			keys := h.Credentials()
			token, card = h.usesKeys(keys.SecretKey, keys.APIKey)
			wantCode(t, token, 200, "")
			wantCode(t, card, 200, "")
		})
	}
}

func TestAnOldKeyMayBeAcceptedForATime(t *testing.T) {
	h := newHarness(t)
	h.ReplaceKeys(Keys{SecretKey: "s2", APIKey: "a2"}, true)
	h.ReplaceKeys(Keys{APIKey: "a3"}, true)
	for _, tt := range []struct {
		secretKey, apiKey string
		old               [2]bool
	}{
		{"secret", "api", [2]bool{true, true}}, {"s2", "a2", [2]bool{false, true}}, {"s2", "a3", [2]bool{false, false}},
	} {
		before := len(h.Journal())
		token, card := h.usesKeys(tt.secretKey, tt.apiKey)
		wantCode(t, token, 200, "")
		wantCode(t, card, 200, "")
		for i, e := range h.Journal()[before:] {
			if e.OldKey != tt.old[i] || strings.Contains(e.String(), "old-key") != tt.old[i] {
				t.Errorf("%s, %s: got %s, old key %t", tt.secretKey, tt.apiKey, e, e.OldKey)
			}
		}
	}
	h.RetireOldKeys()
	token, card := h.usesKeys("secret", "a2")
	wantCode(t, token, 401, codeUnauthorized)
	wantCode(t, card, 401, codeUnauthorized)
}

func TestControlKeys(t *testing.T) {
	h, at := newControl(t)
	if a := h.send("PUT", at+"/keys", `{"apiKey":"a2","bearerToken":"b2","keepOld":true}`); a.status != 200 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	wantCode(t, h.nightlyStatus(), 200, "")
	if keys := h.Credentials(); keys.APIKey != "a2" || keys.BearerToken != "b2" || keys.SecretKey != "secret" {
		t.Errorf("got %+v", keys)
	}
	h.send("DELETE", at+"/keys", "")
	wantCode(t, h.nightlyStatus(), 401, codeUnauthorized)
	if a := h.send("PUT", at+"/keys", `{"xApiKey":"a3"}`); a.status != 400 {
		t.Errorf("got %d: a misspelt field", a.status)
	}
}

// TestTwoHostsOfOneFlinks: what goes wrong at one address does not at the other.
func TestTwoHostsOfOneFlinks(t *testing.T) {
	h := newHarness(t)
	proxy := httptest.NewServer(h.Handler())
	t.Cleanup(proxy.Close)
	host := strings.TrimPrefix(proxy.URL, "http://")
	id := h.seed(DefaultUsername)
	h.inject(Fault{Host: host, UnknownLogin: true, Times: -1})

	direct, behind := h.url, proxy.URL
	at := func(url string) { h.url = url }
	at(behind)
	wantAnswer(t, h.authorize(cachedCall(id)), 401, loginNotFound, id)
	wantAnswer(t, h.authorize(liveCall(id)), 401, loginNotFound, id)
	wantAnswer(t, h.deleteCard(id), 404, "", id)
	if e := h.last(); e.Host != host || e.Fault != "unknown login" || e.Committed {
		t.Errorf("got %+v", e)
	}
	at(direct)
	request := h.authorize(cachedCall(id)).requestID()
	at(behind)
	wantCode(t, h.details(request), 400, codeSessionNonexistent)
	at(direct)
	wantCode(t, h.details(request), 200, "")
	wantCode(t, h.deleteCard(id), 200, "")
}
