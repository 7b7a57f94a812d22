package gateway

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/time/rate"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// signed returns what Flinks sends in the header, from its documents.
func signed(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// hook returns a webhook that is signed as it has to be.
func hook(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(signatureHeader, signed(aWebhook, []byte(body)))
	return r
}

// payload of a kind, of one login.
func payload(kind, requestID, lastRefresh string) string {
	return fmt.Sprintf(`{"ResponseType":%q,"RequestId":%q,"Login":{"Id":%q,"LastRefresh":%q}}`, kind, requestID, aLogin, lastRefresh)
}

func zipped(body string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	return b.Bytes()
}

var (
	hookPath  = "/webhooks/toolbox"
	askKeys   = "keys toolbox"
	askNotify = "notify toolbox " + aLogin
	kyc       = payload("KYC", aRequest, "")
)

// setHeader returns a change that replaces the signature by a header.
func setHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { with(r, signatureHeader, "", name, value) }
}

func setBody(b []byte) func(*http.Request) {
	return func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b)) }
}

// webhookRow is a webhook, which change alters after it was signed, and what becomes of it.
type webhookRow struct {
	path, body string
	change     func(*http.Request)
	// err is what the operator answers.
	err     error
	status  int
	outcome string
	asked   []string
}

func (row webhookRow) check(t *testing.T) {
	s := newFixture(t, func(c *Config) { c.SignatureHeader = "x-our-signature" })
	s.err, s.keys = row.err, []string{aWebhook, "canary-key-before"}
	if strings.HasSuffix(row.path, "other") {
		s.keys = nil
	}
	r := hook(row.path, row.body)
	if row.change != nil {
		row.change(r)
	}
	w := s.do(r)
	if w.Code != row.status || w.Body.Len() > 0 {
		t.Errorf("%d %q, want %d and no more", w.Code, w.Body, row.status)
	}
	s.wasAsked(row.asked...)
	if !strings.Contains(metricsOf(s.gateway), `flinks_gateway_webhooks_total{outcome="`+row.outcome+`"} 1`) {
		t.Errorf("was not counted as %s", row.outcome)
	}
	if got := w.Header().Get("Retry-After"); (got != "") != (row.status == 503) {
		t.Errorf("Retry-After is %q", got)
	}
	checkHeaders(t, w)
}

// TestWebhooks: the login of a webhook that is signed is passed on.
func TestWebhooks(t *testing.T) {
	for name, row := range map[string]webhookRow{
		"the data of a login": {hookPath, aPayload, nil, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"who a login is of":   {hookPath, kyc, nil, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"of an instance in a namespace": {
			"/webhooks/lending/bank", kyc, nil, nil, 200, hookNotified,
			[]string{"keys lending bank", "notify lending bank " + aLogin},
		},
		"a login at the top":        {hookPath, `{"ResponseType":"KYC","LoginId":"` + aLogin + `"}`, nil, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"escapes":                   {hookPath, `{"ResponseType":"K\u0059C","LoginId":"` + strings.ReplaceAll(aLogin, "-", `\u002D`) + `"}`, nil, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"letters of the world":      {hookPath, strings.Replace(aPayload, "Chequing", "Épargne 漢字 😀", 1), nil, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"another type of content":   {hookPath, kyc, func(r *http.Request) { with(r, "Content-Type", "") }, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"an unknown length":         {hookPath, kyc, func(r *http.Request) { r.ContentLength = -1 }, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"as by a browser elsewhere": {hookPath, kyc, func(r *http.Request) { with(r, "Origin", "https://flinks.com", "Sec-Fetch-Site", "cross-site") }, nil, 200, hookNotified, []string{askKeys, askNotify}},
		"the newer header":          {hookPath, kyc, setHeader("X-Flinks-Signature", signed(aWebhook, []byte(kyc))), nil, 200, hookNotified, []string{askKeys, askNotify}},
		"in other letters":          {hookPath, kyc, setHeader("FLINKS-AUTHENTICITY-KEY", signed(aWebhook, []byte(kyc))), nil, 200, hookNotified, []string{askKeys, askNotify}},
		"our own header":            {hookPath, kyc, setHeader("X-Our-Signature", signed(aWebhook, []byte(kyc))), nil, 200, hookNotified, []string{askKeys, askNotify}},
		"the key before":            {hookPath, kyc, setHeader(signatureHeader, signed("canary-key-before", []byte(kyc))), nil, 200, hookNotified, []string{askKeys, askNotify}},
		"no login":                  {hookPath, `{"ResponseType":"KYC"}`, nil, nil, 200, hookIgnored, []string{askKeys}},
		"a login that is a number":  {hookPath, `{"ResponseType":"KYC","LoginId":7}`, nil, nil, 200, hookIgnored, []string{askKeys}},
		"an unknown kind":           {hookPath, payload("PayEvent", "", ""), nil, nil, 200, hookIgnored, []string{askKeys}},
		"no kind":                   {hookPath, `{"LoginId":"` + aLogin + `"}`, nil, nil, 200, hookIgnored, []string{askKeys}},
		"a login that is no GUID":   {hookPath, `{"ResponseType":"KYC","LoginId":"x"}`, nil, linkapi.ErrInvalid, 200, hookIgnored, []string{askKeys, "notify toolbox x"}},
		"the operator is away":      {hookPath, kyc, nil, linkapi.ErrUnavailable, 503, hookFailed, []string{askKeys, askNotify}},
		"an error with a secret":    {hookPath, kyc, nil, errors.New("canary"), 503, hookFailed, []string{askKeys, askNotify}},
	} {
		t.Run(name, row.check)
	}
}

// TestUnsignedWebhooks: a webhook that is not signed as a whole is refused.
func TestUnsignedWebhooks(t *testing.T) {
	for name, row := range map[string]webhookRow{
		"no signature":             {hookPath, kyc, setHeader(signatureHeader, ""), nil, 401, hookUnsigned, nil},
		"another key":              {hookPath, kyc, setHeader(signatureHeader, signed("canary-key-of-webhook", []byte(kyc))), nil, 401, hookUnsigned, []string{askKeys}},
		"no key":                   {hookPath, kyc, setHeader(signatureHeader, signed("", []byte(kyc))), nil, 401, hookUnsigned, []string{askKeys}},
		"another body":             {hookPath, kyc, setBody([]byte(payload("KYC", aRequest, "x"))), nil, 401, hookUnsigned, []string{askKeys}},
		"a body with more":         {hookPath, kyc, setBody([]byte(kyc + "\n")), nil, 401, hookUnsigned, []string{askKeys}},
		"a body cut off":           {hookPath, kyc, setBody([]byte(kyc[:50])), nil, 401, hookUnsigned, []string{askKeys}},
		"no body":                  {hookPath, kyc, setBody(nil), nil, 401, hookUnsigned, []string{askKeys}},
		"signed in hexadecimal":    {hookPath, kyc, setHeader(signatureHeader, hex.EncodeToString([]byte(signed(aWebhook, []byte(kyc)))[:32])), nil, 401, hookUnsigned, nil},
		"signed without padding":   {hookPath, kyc, setHeader(signatureHeader, strings.TrimRight(signed(aWebhook, []byte(kyc)), "=")), nil, 401, hookUnsigned, nil},
		"signed with other bits":   {hookPath, kyc, setHeader(signatureHeader, loose(signed(aWebhook, []byte(kyc)))), nil, 401, hookUnsigned, nil},
		"signed with half of it":   {hookPath, kyc, setHeader(signatureHeader, base64.StdEncoding.EncodeToString(mac(kyc)[:16])), nil, 401, hookUnsigned, nil},
		"signed with SHA-512":      {hookPath, kyc, setHeader(signatureHeader, sha512Of(kyc)), nil, 401, hookUnsigned, nil},
		"two signatures":           {hookPath, kyc, func(r *http.Request) { r.Header.Add(signatureHeader, "x") }, nil, 401, hookUnsigned, nil},
		"the same signature twice": {hookPath, kyc, func(r *http.Request) { r.Header.Add(signatureHeader, r.Header.Get(signatureHeader)) }, nil, 401, hookUnsigned, nil},
		"both headers":             {hookPath, kyc, func(r *http.Request) { r.Header.Add(signatureHeaderNewer, r.Header.Get(signatureHeader)) }, nil, 401, hookUnsigned, nil},
		"an unknown header":        {hookPath, kyc, setHeader("X-Hub-Signature", signed(aWebhook, []byte(kyc))), nil, 401, hookUnsigned, nil},
		"a signature in the query": {hookPath + "?flinks-authenticity-key=" + "x", kyc, setHeader(signatureHeader, ""), nil, 401, hookUnsigned, nil},
	} {
		t.Run(name, row.check)
	}
}

// TestMalformedWebhooks: what is signed is read no further than it can be understood.
func TestMalformedWebhooks(t *testing.T) {
	for name, row := range map[string]webhookRow{
		"not JSON, signed":        {hookPath, "LoginId=" + aLogin, nil, nil, 400, hookMalformed, []string{askKeys}},
		"not JSON, not signed":    {hookPath, "LoginId=" + aLogin, setHeader(signatureHeader, signed("x", nil)), nil, 401, hookUnsigned, []string{askKeys}},
		"nothing, signed":         {hookPath, "", nil, nil, 400, hookMalformed, []string{askKeys}},
		"a list, signed":          {hookPath, "[" + kyc + "]", nil, nil, 400, hookMalformed, []string{askKeys}},
		"two objects, signed":     {hookPath, kyc + kyc, nil, nil, 400, hookMalformed, []string{askKeys}},
		"too deep, signed":        {hookPath, `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, nil, nil, 400, hookMalformed, []string{askKeys}},
		"it breaks off":           {hookPath, kyc, func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)) }, nil, 400, hookMalformed, []string{askKeys}},
		"compressed":              {hookPath, kyc, func(r *http.Request) { setBody(zipped(kyc))(r); with(r, "Content-Encoding", "gzip") }, nil, 415, hookMalformed, nil},
		"not compressed, it says": {hookPath, kyc, func(r *http.Request) { with(r, "Content-Encoding", "identity") }, nil, 415, hookMalformed, nil},
		"33 MiB, as announced":    {hookPath, kyc, func(r *http.Request) { r.ContentLength = 33 << 20 }, nil, 413, hookTooLarge, nil},
		"33 MiB, in chunks": {hookPath, kyc, func(r *http.Request) {
			r.ContentLength, r.Body = -1, io.NopCloser(io.LimitReader(&repeated{text: " "}, 33<<20))
		}, nil, 413, hookTooLarge, []string{askKeys}},
		"an instance without a key":   {"/webhooks/other", kyc, nil, nil, 401, hookUnknown, []string{"keys other"}},
		"an instance of odd letters":  {"/webhooks/Tool_Box", kyc, nil, nil, 401, hookUnknown, nil},
		"an instance of a long name":  {"/webhooks/" + strings.Repeat("a", 254), kyc, nil, nil, 401, hookUnknown, nil},
		"a namespace of odd letters":  {"/webhooks/a%2Fb/toolbox", kyc, nil, nil, 401, hookUnknown, nil},
		"of a namespace without name": {"/webhooks/lending/%20", kyc, nil, nil, 401, hookUnknown, nil},
	} {
		t.Run(name, row.check)
	}
}

func mac(body string) []byte {
	raw, _ := base64.StdEncoding.DecodeString(signed(aWebhook, []byte(body)))
	return raw
}

// loose returns a signature that only a careless decoder takes for the same.
func loose(signature string) string {
	last := len(signature) - 2
	for _, other := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		changed := signature[:last] + string(other) + "="
		raw, err := base64.StdEncoding.DecodeString(changed)
		if err == nil && changed != signature && base64.StdEncoding.EncodeToString(raw) == signature {
			return changed
		}
	}
	panic("every last letter of 32 bytes has two bits to spare")
}

func sha512Of(body string) string {
	mac := hmac.New(sha512.New, []byte(aWebhook))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A signature has no time and no number: what was passed on is not passed on again.
func TestWebhooksThatComeAgain(t *testing.T) {
	s := newFixture(t)
	notify := "notify toolbox " + aLogin
	send := func(body string, status int, want ...string) {
		t.Helper()
		if got := s.do(hook("/webhooks/toolbox", body)).Code; got != status {
			t.Errorf("%d, want %d", got, status)
		}
		s.wasAsked(want...)
	}
	first := payload("GetAccountsDetail", aRequest, "2031-05-06T11:00:00.5")
	send(first, 200, "keys toolbox", notify)
	send(first, 200)
	send(payload("KYC", aRequest, "2031-05-06T11:00:00.5"), 200, notify)
	send(payload("GetAccountsDetail", "another", "2031-05-06T11:00:00.5"), 200, notify)
	send(payload("GetAccountsDetail", "newer", "2031-05-06T11:30:00"), 200, notify)
	send(payload("GetAccountsDetail", "older", "2031-05-06T11:29:59.999"), 200)
	send(payload("GetAccountsDetail", "in a zone", "2031-05-06T13:00:00+02:00"), 200)
	send(payload("GetAccountsDetail", "no time", "soon"), 200, notify)
	send(payload("GetAccountsDetail", "no time", ""), 200, notify)
	other := strings.ReplaceAll(payload("KYC", "other", "2001-01-01T00:00:00"), aLogin, aRequest)
	send(other, 200, "notify toolbox "+aRequest)

	s.clock.SetTime(noon.Add(replayWindow))
	send(payload("KYC", aRequest, "2031-05-06T11:30:00"), 200, "keys toolbox", notify)
	send(payload("GetAccountsDetail", "no time", ""), 200, notify)

	// What failed is repeated by Flinks, and then it counts.
	failing := payload("KYC", "failing", "2031-05-06T11:45:00")
	s.err = linkapi.ErrUnavailable
	send(failing, 503, notify)
	s.err = nil
	send(failing, 200, notify)
	send(failing, 200)
}

// Two instances may have logins of the same name.
func TestWebhooksOfTwoInstances(t *testing.T) {
	s := newFixture(t)
	body := payload("KYC", aRequest, "")
	for _, path := range []string{"toolbox", "lending/toolbox", "toolbox/lending"} {
		s.do(hook("/webhooks/"+path, body))
		name := strings.Replace(path, "/", " ", 1)
		s.wasAsked("keys "+name, "notify "+name+" "+aLogin)
	}
}

func TestKeysAreHeldForAMinute(t *testing.T) {
	s := newFixture(t)
	forged := func() *http.Request { return with(hook("/webhooks/toolbox", "{}"), signatureHeader, signed("x", nil)) }
	for range 200 {
		s.do(forged())
	}
	s.wasAsked("keys toolbox")

	s.keys = []string{"the next key"}
	s.clock.SetTime(noon.Add(keyLifetime - time.Second))
	if got := s.do(hook("/webhooks/toolbox", "{}")).Code; got != 200 {
		t.Errorf("the old key gets %d within the minute", got)
	}
	s.clock.SetTime(noon.Add(keyLifetime))
	if got := s.do(hook("/webhooks/toolbox", "{}")).Code; got != 401 {
		t.Errorf("the old key gets %d after the minute", got)
	}
	s.wasAsked("keys toolbox")

	s.keys = nil
	for range 20 {
		s.do(hook("/webhooks/nothing", "{}"))
	}
	s.wasAsked("keys nothing")
}

// Anyone could sign with an empty key.
func TestEmptyKeySignsNothing(t *testing.T) {
	s := newFixture(t)
	s.keys = []string{""}
	if got := s.do(with(hook("/webhooks/toolbox", "{}"), signatureHeader, signed("", []byte("{}")))).Code; got != 401 {
		t.Errorf("%d, want 401", got)
	}
}

// A flood of webhooks for made-up instances is no flood of calls to the operator, and
// evicts no real instance.
func TestFloodOfUnknownInstances(t *testing.T) {
	s := newFixture(t)
	s.do(hook("/webhooks/toolbox", "{}"))
	s.keys = nil
	s.asks()
	for i := range 1000 {
		s.do(hook(fmt.Sprintf("/webhooks/bank-%d", i), "{}"))
	}
	if asked := len(s.asks()); asked > missBurst {
		t.Errorf("the operator was asked %d times", asked)
	}
	if got := s.do(hook("/webhooks/toolbox", payload("KYC", "", ""))).Code; got != 200 {
		t.Errorf("%d for one that is known", got)
	}
}

func TestWebhooksAtOnce(t *testing.T) {
	s := newFixture(t, func(c *Config) { c.Limits.PerClient = rate.Inf })
	stop, arrived := make(chan struct{}), make(chan struct{})
	ended := make(chan int)
	slow := func(from string) {
		r := hook("/webhooks/toolbox", "{}")
		r.RemoteAddr = from
		r.Body = io.NopCloser(readFunc(func([]byte) (int, error) { arrived <- struct{}{}; <-stop; return 0, io.ErrUnexpectedEOF }))
		go func() { ended <- s.do(r).Code }()
		<-arrived
	}
	for range maxWebhooksPerClient {
		slow("192.0.2.1:1")
	}
	quick := func(from string) int {
		r := hook("/webhooks/toolbox", "{}")
		r.RemoteAddr = from
		return s.do(r).Code
	}
	if got := quick("192.0.2.1:2"); got != 503 {
		t.Errorf("%d for one more of the same client", got)
	}
	if got := quick("192.0.2.2:1"); got != 200 {
		t.Errorf("%d for another client", got)
	}
	for i := range maxWebhooks - maxWebhooksPerClient {
		slow(fmt.Sprintf("198.51.100.%d:1", i))
	}
	if got := quick("192.0.2.3:1"); got != 503 {
		t.Errorf("%d when all are in use", got)
	}
	if got := quick("192.0.2.2:1"); got != 200 {
		t.Errorf("%d for a client that signed a webhook before", got)
	}
	close(stop)
	for range maxWebhooks {
		<-ended
	}
	if got := quick("192.0.2.1:2"); got != 200 {
		t.Errorf("%d when none is in use", got)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
