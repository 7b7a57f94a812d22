package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// aSelection names a selected account, too.
var aSelection = aPost[:len(aPost)-1] + `,"accountIds":["5e115eac-1209-4f19-641c-08d6d484e2fe"]}`

const aPost = `{"loginId":"5e115eac-1209-4f19-641c-08d6d484e2fe","requestId":"0a7b4e3c-5d2f-4c1e-9b8a-77c6d5e4f3a2"}`

var (
	aLink   = "/c/" + aToken
	aCookie = []string{"Cookie", cookieName + "=" + aToken}
	// aConnectCookie is the cookie after Flinks Connect was opened with the tag canary-tag.
	aConnectCookie = []string{"Cookie", cookieName + "=" + aToken + ".kKe29Ykl_xVZmHZ6RwN-j3YeH0ol0veor5RZvkgeEPE"}
)

type request struct {
	method, path, body string
	header             []string
	// err is what the operator answers.
	err error
}

// requestRow is a request, what it is answered, and what the operator is asked for it.
type requestRow struct {
	request
	status int
	body   string
	asked  []string
}

func (row requestRow) check(t *testing.T) {
	s := newFixture(t)
	s.err = row.err
	r := httptest.NewRequest(or(row.method, http.MethodGet), row.path, strings.NewReader(row.request.body))
	if row.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	w := s.do(with(r, row.header...))
	if body := w.Body.String(); w.Code != row.status || !strings.Contains(strings.ToLower(body), strings.ToLower(row.body)) {
		t.Errorf("%d %s, want %d with %q", w.Code, body, row.status, row.body)
	}
	if location := w.Header().Get("Location"); location != "" {
		t.Errorf("leads to %q", location)
	}
	s.wasAsked(row.asked...)
	checkHeaders(t, w)
}

// TestOpenedLinks: what opens a link changes nothing, for mail scanners open links too.
func TestOpenedLinks(t *testing.T) {
	for name, row := range map[string]requestRow{
		"a link is opened":              {request{path: aLink}, 200, "<h1", []string{"view " + aToken}},
		"a scanner asks for the header": {request{method: "HEAD", path: aLink}, 200, "", []string{"view " + aToken}},
		"a browser prefetches":          {request{path: aLink, header: []string{"Sec-Purpose", "prefetch;prerender"}}, 200, "<h1", []string{"view " + aToken}},
		"a mail program previews":       {request{path: aLink, header: []string{"Sec-Fetch-Site", "cross-site", "User-Agent", "Preview/1.0"}}, 200, "<h1", []string{"view " + aToken}},
		"a tracker adds a query":        {request{path: aLink + "?utm_source=mail&redirect=https://evil.test"}, 200, "<h1", []string{"view " + aToken}},
		"the script polls":              {request{path: aLink + "/state"}, 200, `{"state":"Start"}`, []string{"view " + aToken}},
		"the operator is away":          {request{path: aLink, err: linkapi.ErrUnavailable}, 503, "<h1", []string{"view " + aToken}},
		"the operator is away, script":  {request{path: aLink + "/state", err: linkapi.ErrUnavailable}, 503, "try again", []string{"view " + aToken}},
		"an error with a secret in it":  {request{path: aLink + "/state", err: errors.New("canary")}, 503, "try again", []string{"view " + aToken}},
	} {
		t.Run(name, row.check)
	}
}

// TestInvalidLinks: a link that cannot be one is not asked about.
func TestInvalidLinks(t *testing.T) {
	for name, row := range map[string]requestRow{
		"no token":                 {request{path: "/c/"}, 404, "not found", nil},
		"a short token":            {request{path: "/c/abc"}, 404, "<h1", nil},
		"a long token":             {request{path: "/c/" + strings.Repeat("t", 257)}, 404, "<h1", nil},
		"a token of odd letters":   {request{path: "/c/" + aToken[:80] + "!"}, 404, "<h1", nil},
		"a token with markup":      {request{path: "/c/%3Cscript%3Ealert(1)%3C%2Fscript%3E"}, 404, "<h1", nil},
		"a token with a slash":     {request{path: "/c/" + aToken[:40] + "%2F" + aToken[40:]}, 404, "<h1", nil},
		"a token with a null byte": {request{path: "/c/" + aToken + "%00"}, 404, "<h1", nil},
		"a token with padding":     {request{path: aLink + "="}, 404, "<h1", nil},
		"a token, encoded":         {request{path: "/c/%63" + aToken[1:]}, 200, "<h1", []string{"view " + aToken}},
		"a slash too many":         {request{path: aLink + "/"}, 404, "not found", nil},
		"more of a path":           {request{path: aLink + "/other"}, 404, "not found", nil},
		"state of no token":        {request{path: "/c/abc/state"}, 200, `{"state":"LinkInvalid"}`, nil},
		"no token is shown":        {request{method: "POST", path: "/c/abc/open", body: "{}"}, 404, "not found", nil},
		"a click on no token":      {request{method: "POST", path: "/c/abc/start", body: "{}"}, 404, "not found", nil},
		"finish on no token":       {request{method: "POST", path: "/c/abc/finish", body: aPost}, 404, "not found", nil},
	} {
		t.Run(name, row.check)
	}
}

// TestClicks: only the page itself starts anything.
func TestClicks(t *testing.T) {
	for name, row := range map[string]requestRow{
		"a click":                         {request{method: "POST", path: aLink + "/start", body: "{}"}, 200, `{"state":"Start"}`, []string{"start " + aToken}},
		"a click by our own page":         {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://example.com"}}, 200, `{"state":"Start"}`, []string{"start " + aToken}},
		"a click, operator is away":       {request{method: "POST", path: aLink + "/start", body: "{}", err: linkapi.ErrUnavailable}, 503, "try again", []string{"start " + aToken}},
		"the page is shown":               {request{method: "POST", path: aLink + "/open", body: "{}"}, 200, `{"state":"Start"}`, []string{"open " + aToken}},
		"the page is shown, by no GET":    {request{path: aLink + "/open"}, 405, "Method Not Allowed", nil},
		"the page is shown in a page":     {request{method: "POST", path: aLink + "/open", body: "{}", header: []string{"Sec-Fetch-Site", "cross-site"}}, 403, "cross-origin", nil},
		"the way to Connect":              {request{method: "POST", path: aLink + "/connect", body: "{}"}, 200, `{"url":"` + strings.ReplaceAll(aWay, "&", `\u0026`) + `"}`, []string{"connect " + aToken}},
		"the way to Connect, too late":    {request{method: "POST", path: aLink + "/connect", body: "{}", err: linkapi.ErrNotNow}, 409, "look again", []string{"connect " + aToken}},
		"a click is no GET":               {request{path: aLink + "/start"}, 405, "Method Not Allowed", nil},
		"a click is no HEAD":              {request{method: "HEAD", path: aLink + "/start"}, 405, "", nil},
		"a click is no PUT":               {request{method: "PUT", path: aLink + "/connect", body: "{}"}, 405, "Method Not Allowed", nil},
		"a page is not posted":            {request{method: "POST", path: aLink, body: "{}"}, 405, "Method Not Allowed", nil},
		"a page is not deleted":           {request{method: "DELETE", path: aLink}, 405, "Method Not Allowed", nil},
		"options of another site":         {request{method: "OPTIONS", path: aLink + "/start", header: []string{"Origin", "https://evil.test", "Access-Control-Request-Method", "POST"}}, 405, "Method Not Allowed", nil},
		"a click by another site":         {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Sec-Fetch-Site", "cross-site"}}, 403, "cross-origin", nil},
		"a click by a sibling site":       {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Sec-Fetch-Site", "same-site"}}, 403, "cross-origin", nil},
		"a click by another origin":       {request{method: "POST", path: aLink + "/connect", body: "{}", header: []string{"Origin", "https://example.com.evil.test"}}, 403, "cross-origin", nil},
		"a click by no origin":            {request{method: "POST", path: aLink + "/finish", body: aPost, header: []string{"Origin", "null"}}, 403, "cross-origin", nil},
		"a form of another site":          {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Content-Type", "text/plain", "Origin", "https://evil.test"}}, 403, "cross-origin", nil},
		"a form":                          {request{method: "POST", path: aLink + "/start", body: "a=b", header: []string{"Content-Type", "application/x-www-form-urlencoded"}}, 415, "JSON", nil},
		"a click without a type":          {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Content-Type", ""}}, 415, "JSON", nil},
		"a click with a charset":          {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Content-Type", "application/JSON; charset=utf-8"}}, 200, `"Start"`, []string{"start " + aToken}},
		"a click with nothing":            {request{method: "POST", path: aLink + "/start"}, 400, "not what is expected", nil},
		"a click with a field":            {request{method: "POST", path: aLink + "/start", body: `{"state":"Connect"}`}, 400, "not what is expected", nil},
		"a click with a list":             {request{method: "POST", path: aLink + "/start", body: `[]`}, 400, "not what is expected", nil},
		"a click with two bodies":         {request{method: "POST", path: aLink + "/start", body: `{}{}`}, 400, "not what is expected", nil},
		"a click with too much":           {request{method: "POST", path: aLink + "/start", body: "{" + strings.Repeat(" ", maxJSON) + "}"}, 413, "too large", nil},
		"a click with too much after it":  {request{method: "POST", path: aLink + "/start", body: "{}" + strings.Repeat(" ", maxJSON)}, 413, "too large", nil},
		"a way out is not followed":       {request{method: "POST", path: aLink + "/start", body: `{"returnURL":"https://evil.test"}`}, 400, "not what is expected", nil},
		"a method is not overridden":      {request{path: aLink + "/start", header: []string{"X-HTTP-Method-Override", "POST"}}, 405, "Method Not Allowed", nil},
		"an origin of ours in plain text": {request{method: "POST", path: aLink + "/start", body: "{}", header: []string{"Origin", "https://example.com:8443"}}, 403, "cross-origin", nil},
	} {
		t.Run(name, row.check)
	}
}

// landed is what the landing page reports.
func landed(tag string, confirmed bool) string {
	return fmt.Sprintf(`{"loginId":%q,"requestId":%q,"tag":%q,"confirmed":%t}`, aLogin, aRequest, tag, confirmed)
}

// TestReturns: what Flinks Connect returns is passed on as it is.
func TestReturns(t *testing.T) {
	for name, row := range map[string]requestRow{
		"finish with accounts":              {request{method: "POST", path: aLink + "/finish", body: aSelection}, 200, `{"state":"Start"}`, []string{"finish " + aToken + " " + aLogin + " " + aRequest + " " + aLogin}},
		"finish":                            {request{method: "POST", path: aLink + "/finish", body: aPost}, 200, `{"state":"Start"}`, []string{"finish " + aToken + " " + aLogin + " " + aRequest}},
		"finish without a request":          {request{method: "POST", path: aLink + "/finish", body: `{"loginId":"` + aLogin + `"}`}, 200, `"Start"`, []string{"finish " + aToken + " " + aLogin}},
		"finish with what is no GUID":       {request{method: "POST", path: aLink + "/finish", body: `{"loginId":"x"}`, err: linkapi.ErrInvalid}, 400, "invalid", []string{"finish " + aToken + " x"}},
		"finish with a number":              {request{method: "POST", path: aLink + "/finish", body: `{"loginId":7}`}, 400, "not what is expected", nil},
		"finish with another field":         {request{method: "POST", path: aLink + "/finish", body: `{"loginId":"x","token":"y"}`}, 400, "not what is expected", nil},
		"finish by another site":            {request{method: "POST", path: aLink + "/finish", body: aPost, header: []string{"Sec-Fetch-Site", "cross-site"}}, 403, "cross-origin", nil},
		"landed":                            {request{path: "/landed?loginId=" + aLogin + "&institution=FlinksCapital", header: aCookie}, 200, "replaceState", nil},
		"landed, seen by a scanner":         {request{method: "HEAD", path: "/landed?loginId=" + aLogin, header: aCookie}, 200, "", nil},
		"landed, with the tag of the link":  {request{method: "POST", path: "/landed", body: landed("canary-tag", false), header: aConnectCookie}, 200, `"path":"` + aLink + `"`, []string{"finish " + aToken + " " + aLogin + " " + aRequest}},
		"landed, by a link of another site": {request{method: "POST", path: "/landed", body: landed("", false), header: aConnectCookie}, 200, `{"state":"Confirm"}`, []string{"view " + aToken}},
		"landed, with the tag of another":   {request{method: "POST", path: "/landed", body: landed("canary-tag-of-others", false), header: aConnectCookie}, 200, `{"state":"Confirm"}`, []string{"view " + aToken}},
		"landed, no tag was given":          {request{method: "POST", path: "/landed", body: landed("", false), header: aCookie}, 200, `{"state":"Confirm"}`, []string{"view " + aToken}},
		"landed, any tag where none was":    {request{method: "POST", path: "/landed", body: landed("x", false), header: aCookie}, 200, `{"state":"Confirm"}`, []string{"view " + aToken}},
		"landed, told by an old script":     {request{method: "POST", path: "/landed", body: aPost, header: aCookie}, 200, `{"state":"Confirm"}`, []string{"view " + aToken}},
		"landed, and pressed":               {request{method: "POST", path: "/landed", body: landed("", true), header: aConnectCookie}, 200, `"path":"` + aLink + `"`, []string{"finish " + aToken + " " + aLogin + " " + aRequest}},
		"landed, and pressed, without tags": {request{method: "POST", path: "/landed", body: landed("", true), header: aCookie}, 200, `"path":"` + aLink + `"`, []string{"finish " + aToken + " " + aLogin + " " + aRequest}},
		"pressed by another site":           {request{method: "POST", path: "/landed", body: landed("", true), header: append([]string{"Sec-Fetch-Site", "cross-site"}, aCookie...)}, 403, "cross-origin", nil},
		"landed, loaded again":              {request{method: "POST", path: "/landed", body: `{"loginId":"","requestId":""}`, header: aCookie}, 200, `"path":"` + aLink + `"`, []string{"view " + aToken}},
		"landed without a link":             {request{method: "POST", path: "/landed", body: aPost}, 400, "no link", nil},
		"landed with another cookie":        {request{method: "POST", path: "/landed", body: aPost, header: []string{"Cookie", "link=" + aToken}}, 400, "no link", nil},
		"landed with half a cookie":         {request{method: "POST", path: "/landed", body: aPost, header: []string{"Cookie", cookieName + "=abc"}}, 400, "no link", nil},
		"landed, told by another site":      {request{method: "POST", path: "/landed", body: aPost, header: append([]string{"Sec-Fetch-Site", "cross-site"}, aCookie...)}, 403, "cross-origin", nil},
		"landed, told twice as much":        {request{method: "POST", path: "/landed", body: `{"loginId":"` + strings.Repeat("x", maxJSON) + `"}`, header: aCookie}, 413, "too large", nil},
	} {
		t.Run(name, row.check)
	}
}

// TestOtherPaths: there is nothing else.
func TestOtherPaths(t *testing.T) {
	for name, row := range map[string]requestRow{
		"the root":                 {request{path: "/"}, 404, "not found", nil},
		"a favicon":                {request{path: "/favicon.ico"}, 404, "not found", nil},
		"probes are not public":    {request{path: "/healthz"}, 404, "not found", nil},
		"metrics are not public":   {request{path: "/metrics"}, 404, "not found", nil},
		"the link API is not":      {request{method: "POST", path: "/linkapi/v1/view", body: "{}"}, 404, "not found", nil},
		"a way out through a path": {request{path: "//evil.test/%2e%2e"}, 404, "", nil},
		"a file":                   {request{path: "/c/../../etc/passwd"}, 404, "", nil},
		"a webhook is no GET":      {request{path: "/webhooks/toolbox"}, 405, "Method Not Allowed", nil},
		"a webhook too deep":       {request{method: "POST", path: "/webhooks/a/b/c", body: "{}"}, 404, "not found", nil},
		"a webhook by a path":      {request{method: "POST", path: "/webhooks/..%2Ftoolbox", body: "{}"}, 404, "not found", nil},
	} {
		t.Run(name, row.check)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// checkHeaders: those that every answer has.
func checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	got := map[string]string{}
	for name := range fixedHeaders {
		got[name] = strings.Join(w.Header().Values(name), "|")
	}
	if diff := cmp.Diff(fixedHeaders, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	policy := w.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q has no %s", policy, part)
		}
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "Server", "ETag", "Last-Modified"} {
		if w.Header().Get(name) != "" {
			t.Errorf("has a header %s", name)
		}
	}
}

var fixedHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"Cross-Origin-Opener-Policy":   "same-origin-allow-popups",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"Strict-Transport-Security":    "max-age=31536000",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"X-Robots-Tag":                 "noindex, nofollow",
}

// The cookie has the token of the link whose button was clicked, for the landing page.
func TestCookie(t *testing.T) {
	s := newFixture(t)
	set := func(w *httptest.ResponseRecorder) string { return w.Header().Get("Set-Cookie") }
	clicked := func(w *httptest.ResponseRecorder) string {
		return strings.Join(slices.DeleteFunc(w.Header().Values("Set-Cookie"), func(c string) bool {
			return strings.HasPrefix(c, visitorCookie+"=")
		}), " and ")
	}
	for operation, cookie := range map[string][]string{"/start": aCookie, "/connect": aConnectCookie} {
		want := cookie[1] + "; Path=/; Max-Age=7200; HttpOnly; Secure; SameSite=Lax"
		if got := clicked(s.post("/c/"+aToken+operation, "{}")); got != want {
			t.Errorf("%s sets %q, want %q", operation, got, want)
		}
	}
	for _, w := range []*httptest.ResponseRecorder{
		s.get("/c/" + aToken), s.get("/c/" + aToken + "/state"), s.get("/landed"),
		s.post("/c/"+aToken+"/finish", aPost), s.post("/c/"+aToken+"/start", "{"),
	} {
		if got := clicked(w); got != "" {
			t.Errorf("sets %q without a click", got)
		}
	}
	s.view.State = linkapi.StateDone
	cleared := cookieName + "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
	for _, w := range []*httptest.ResponseRecorder{
		s.post("/c/"+aToken+"/finish", aPost),
		s.post("/landed", landed("canary-tag", false), aConnectCookie...),
	} {
		if got := set(w); got != cleared {
			t.Errorf("in the end sets %q, want %q", got, cleared)
		}
	}
}

func TestStatusOfAPage(t *testing.T) {
	for state, want := range map[linkapi.State]int{
		linkapi.StateLinkInvalid: 404, linkapi.StateLinkExpired: 410, linkapi.StateLinkReplaced: 410,
		linkapi.StateStart: 200, linkapi.StateDone: 200, linkapi.StateBlocked: 200, linkapi.StateUnavailable: 200,
	} {
		s := newFixture(t)
		s.view.State = state
		if got := s.get("/c/" + aToken).Code; got != want {
			t.Errorf("%s is %d, want %d", state, got, want)
		}
	}
}
