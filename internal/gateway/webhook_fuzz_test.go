package gateway

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// FuzzWebhooks sends the gateway any webhook, with the right signature of its body or with
// any header. The operator is notified of the login that encoding/json finds in the body,
// once, and only if the body is signed. Otherwise the answer is the same for an instance
// that exists and for one that does not: same status, same headers, no body.
func FuzzWebhooks(f *testing.F) {
	for _, body := range []string{kyc, aPayload, payload("KYC", "", "2031-05-06T11:59:00"), `{"ResponseType":"KYC","LoginId":"x","Login":7}`, "{", ""} {
		f.Add([]byte(body), "", int64(len(body)))
	}
	f.Add([]byte(kyc), "%%%", int64(-1))
	f.Add([]byte(kyc), signed("another key", []byte(kyc)), int64(len(kyc)))
	f.Add([]byte(kyc), signed(aWebhook, []byte(kyc+" ")), int64(maxWebhook+1))
	f.Fuzz(func(t *testing.T, body []byte, signature string, length int64) {
		genuine := signature == ""
		if genuine {
			signature = signed(aWebhook, body)
		}
		w, notified := sendHook(t, hookPath, body, signature, length, aWebhook)
		if w.Body.Len() > 0 || w.Code >= 500 || genuine && w.Code == http.StatusUnauthorized || !genuine && w.Code == http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		checkNotified(t, body, genuine && w.Code == http.StatusOK, notified)
		if genuine && (w.Code == http.StatusOK || w.Code == http.StatusBadRequest) {
			return // The sender has the key.
		}
		other, nothing := sendHook(t, "/webhooks/made-up", body, signature, length)
		if len(nothing) > 0 || !isSame(w, other) {
			t.Fatalf("%d, and %d for a name that does not exist, which notifies of %q", w.Code, other.Code, nothing)
		}
	})
}

// isSame reports whether a client cannot tell two answers apart.
func isSame(a, b *httptest.ResponseRecorder) bool {
	return a.Code == b.Code && maps.EqualFunc(a.Header(), b.Header(), slices.Equal) && a.Body.String() == b.Body.String()
}

// sendHook sends a webhook to an instance with some keys, and returns what the operator was
// notified of.
func sendHook(t *testing.T, path string, body []byte, signature string, length int64, keys ...string) (w *httptest.ResponseRecorder, notified []string) {
	t.Helper()
	s := newFixture(t)
	s.keys = keys
	r := httptest.NewRequest(http.MethodPost, path, io.NopCloser(bytes.NewReader(body)))
	r.ContentLength = max(length, -1)
	r.Header[http.CanonicalHeaderKey(signatureHeader)] = []string{signature}
	w = s.do(r)
	checkHeaders(t, w)
	return w, slices.DeleteFunc(s.asks(), func(ask string) bool { return strings.HasPrefix(ask, "keys ") })
}

// checkNotified checks what the operator was notified of by an answer that is 200, or by
// another one.
func checkNotified(t *testing.T, body []byte, ok bool, notified []string) {
	t.Helper()
	want, isJSON := wanted(body)
	switch {
	case !ok && len(notified) > 0, len(notified) > 1:
		t.Fatalf("notified of %q", notified)
	case !ok || !isJSON || depthOf(body) > maxDepth:
		return // The parser is more tolerant than encoding/json.
	}
	login := ""
	if announcesData[want.responseType] {
		login = want.loginID()
	}
	if got := strings.TrimPrefix(strings.Join(notified, ""), "notify toolbox "); got != login {
		t.Fatalf("notified of %q, and the body has the login %q", got, login)
	}
}
