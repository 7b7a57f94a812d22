package flinkssim

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// connectURL returns a fresh flow with a token; the rest is name, value pairs.
func (h *harness) connectURL(params ...string) string {
	q := url.Values{"demo": {"true"}, "authorizeToken": {h.MintAuthorizeToken()}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return h.url + "/v2/?" + q.Encode()
}

// wantPage opens a page and looks at its state and events.
func wantPage(t *testing.T, target, state string, events ...string) *parsedPage {
	t.Helper()
	w, err := Person{}.Begin(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	page := w.page
	if page.state != state {
		t.Errorf("got page %q, want %q", page.state, state)
	}
	if len(events) > 0 && !slices.Equal(events, w.result.Events) {
		t.Errorf("got events %v, want %v", w.result.Events, events)
	}
	return page
}

func TestConnectLinksWithEachKindOfQuestion(t *testing.T) {
	for _, username := range []string{
		"Greatday", "greatday_nomfa", "sim_multichoice", "sim_multianswer", "sim_image", "sim_textorcall", "sim_triple", "sim_otp_every_time",
	} {
		for _, language := range []string{"en", "fr"} {
			t.Run(username+"/"+language, func(t *testing.T) {
				h := newHarness(t)
				got, err := Person{Username: username}.Link(t.Context(), h.connectURL("language", language))
				if err != nil {
					t.Fatal(err)
				}
				state, ok := h.Login(got.LoginID)
				if !ok || !state.Linked || state.Language != language || state.LiveOpened != 1 {
					t.Errorf("got %+v", state)
				}
				if got.Institution != institutionName || got.RequestID == "" {
					t.Errorf("got %+v", got)
				}
				wantCode(t, h.authorize(cachedCall(got.LoginID)), 200, "")
			})
		}
	}
}

func TestConnectEvents(t *testing.T) {
	h := newHarness(t)
	got, err := Person{Username: "Greatday"}.Link(t.Context(), h.connectURL("accountSelectorEnable", "true"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"APP_MOUNTED", "COMPONENT_LOAD_INSTITUTION_SELECTOR",
		"INSTITUTION_SELECTED", "COMPONENT_LOAD_CREDENTIAL",
		"SUBMIT_CREDENTIAL", "COMPONENT_LOAD_MFA",
		"SUBMIT_MFA", "COMPONENT_LOAD_ACCOUNT_SELECTION",
		"ACCOUNT_SELECTED", "REDIRECT",
	}
	if diff := cmp.Diff(want, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if len(got.AccountIDs) != 1 || !strings.HasPrefix(got.RedirectURL, thankYou.String()+"?") {
		t.Errorf("got %+v, want one account and the published landing page", got)
	}
}

func TestConnectLandingPage(t *testing.T) {
	tests := []struct {
		name   string
		params []string
		want   map[string]string
	}{
		{"plain", nil, map[string]string{"demo": "true"}},
		{"with a tag", []string{"tag", "order 7&x=1"}, map[string]string{"demo": "true", "tag": "order 7&x=1"}},
		{"without the demo flag", []string{"demo", "false"}, map[string]string{}},
		{"keeping its own query", []string{"redirectUrl", "https://app.test/done?state=a%26b"}, map[string]string{"demo": "true", "state": "a&b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			start := h.connectURL(append([]string{"redirectUrl", "https://app.test/done"}, tt.params...)...)
			got, err := Person{}.Link(t.Context(), strings.Replace(start, "/v2/?", "/v2/Credential/14?", 1))
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(got.RedirectURL)
			if err != nil || u.Host != "app.test" || u.Path != "/done" {
				t.Fatalf("got %q", got.RedirectURL)
			}
			q := map[string]string{}
			for name, values := range u.Query() {
				q[name] = values[0]
			}
			tt.want["loginId"], tt.want["institution"] = got.LoginID, institutionName
			if diff := cmp.Diff(tt.want, q); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConnectRefusals(t *testing.T) {
	tests := []struct {
		user, password, code, event string
	}{
		{"Greatday", "wrong", codeInvalidLogin, "INVALID_LOGIN"},
		{"nobody", "Everyday", codeInvalidUsername, "INVALID_USERNAME"},
		{"test_disabled_account", "Everyday", codeDisabledLogin, "DISABLED_LOGIN"},
		{"test_service_unavailable", "Everyday", codeRetryLater, "RETRY_LATER"},
		{"sim_newaccount", "Everyday", codeNewAccount, "NEW_ACCOUNT"},
		{"sim_throttle", "Everyday", codeTooManyRequests, "TOO_MANY_REQUESTS"},
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			h := newHarness(t)
			got, err := Person{Username: tt.user, Password: tt.password}.Link(t.Context(), h.connectURL())
			var page *PageError
			if !errors.As(err, &page) || page.State != stateCredential || page.Code != tt.code {
				t.Errorf("got %v", err)
			}
			if !slices.Contains(got.Events, tt.event) || !slices.Contains(got.Events, "COMPONENT_LOAD_CREDENTIAL_RETRY") {
				t.Errorf("got events %v", got.Events)
			}
		})
	}
}

func TestConnectGivesWayToAnOpenSession(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	h.authorize(liveCall(id))
	_, err := Person{Username: "Greatday"}.Link(t.Context(), h.connectURL())
	var page *PageError
	if !errors.As(err, &page) || page.Code != codeConcurrentSession {
		t.Errorf("got %v", err)
	}
	h.pass(idleLife)
	got, err := Person{Username: "Greatday"}.Link(t.Context(), h.connectURL())
	if err != nil || got.LoginID != id {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestConnectTokens(t *testing.T) {
	h := newHarness(t)
	wantPage(t, h.url+"/v2/?demo=true", stateTokenInvalid, "APP_MOUNTED", "TOKEN_INVALID")
	wantPage(t, h.url+"/v2/Credential/14?authorizeToken=x", stateTokenInvalid)

	opened := h.connectURL()
	w, err := Person{Password: "typo"}.Begin(t.Context(), opened)
	if err != nil || w.State() != stateInstitutions {
		t.Fatalf("got page %q, %v", w.State(), err)
	}
	wantPage(t, opened, stateTokenInvalid) // looking consumes it
	for _, want := range []string{stateCredential, stateCredential} {
		if err := w.Next(t.Context()); err != nil || w.State() != want {
			t.Fatalf("got page %q, %v", w.State(), err)
		}
	}
	w.page.code, w.person.Password = "", DefaultPassword
	if err := w.Next(t.Context()); err != nil || !w.Done() {
		t.Errorf("a typing error must not cost the visit: page %q, %v", w.State(), err)
	}
	wantPage(t, opened, stateTokenInvalid)

	late := h.connectURL()
	w, err = Person{}.Begin(t.Context(), h.connectURL())
	h.pass(15 * time.Minute)
	wantPage(t, late, stateTokenInvalid)
	if err != nil || w.Next(t.Context()) != nil || w.State() != stateTokenInvalid {
		t.Errorf("a page that was opened long ago leads to %q, %v", w.State(), err)
	}
}

// A living requestId is not enough to go on in Connect, and neither is a token that
// something else was opened with.
func TestConnectTokensToResume(t *testing.T) {
	h := newHarness(t)
	token := h.MintAuthorizeToken()
	request := h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
	other := h.connectURL("requestId", h.authorize(liveCall(h.seed("Greatday+2"))).requestID())
	wantPage(t, other, stateMFA)
	wantPage(t, other, stateTokenInvalid)
	bare := h.url + "/v2/?requestId=" + request
	taken, _ := url.Parse(other)
	for _, link := range []string{
		bare, bare + "&authorizeToken=x", bare + "&authorizeToken=" + token, bare + "&" + taken.Query().Encode(),
	} {
		wantPage(t, link, stateTokenInvalid, "APP_MOUNTED", "TOKEN_INVALID")
	}
	stolen := url.Values{"requestId": {request}, "answer.0": {"Montreal"}}
	got := h.send("POST", h.url+"/v2/Mfa", stolen.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if !strings.Contains(got.body, stateTokenInvalid) {
		t.Errorf("an answer without a token was taken: %.200s", got.body)
	}
	if _, err := (Person{}).Answer(t.Context(), h.connectURL("requestId", request)); err != nil {
		t.Error(err)
	}
}

func TestConnectWithoutDemoHasNoBank(t *testing.T) {
	h := newHarness(t)
	page := wantPage(t, h.connectURL("demo", "false"), stateInstitutions)
	if page.hasForm {
		t.Error("there must be no bank to choose")
	}
	wantPage(t, strings.Replace(h.connectURL(), "/v2/?", "/v2/Credential/99?", 1), stateInstitutions)
}

func TestConnectHasOneForm(t *testing.T) {
	h := newHarness(t)
	for form, want := range map[string]int{"/?": 404, "/Credential/14?": 404, "/v2/?": 200, "/v2/Credential/14?": 200} {
		if got := h.send("GET", strings.Replace(h.connectURL(), "/v2/?", form, 1), ""); got.status != want {
			t.Errorf("%s: got %d, want %d", form, got.status, want)
		}
	}
}

func TestConnectAccountSelector(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	want := []string{stableGUID("account", id, "1", "0"), stableGUID("account", id, "2", "0")}
	got, err := Person{Accounts: want}.Link(t.Context(), h.connectURL("accountSelectorEnable", "true", "accountSelectorMultiple", "true"))
	if err != nil || !slices.Equal(got.AccountIDs, want) {
		t.Errorf("got %v, %v", got.AccountIDs, err)
	}
	h.pass(time.Minute)
	h.details(got.RequestID)
	if d := decodeDetails(t, h.poll(got.RequestID)); len(d.Accounts) != 3 {
		t.Error("the selector page must not restrict the data by itself")
	}
	h.pass(time.Hour)
	if _, err := (Person{Accounts: want}).Link(t.Context(), h.connectURL("accountSelectorEnable", "true")); err == nil {
		t.Error("two accounts must not pass where one is asked for")
	}
	h.pass(time.Hour)
	if _, err := (Person{Accounts: []string{newGUID()}}).Link(t.Context(), h.connectURL("accountSelectorEnable", "true")); err == nil {
		t.Error("an account of another login must not pass")
	}
}

func TestConnectNavigation(t *testing.T) {
	for want, params := range map[string][]string{
		`navigate = "top"`:  {"redirectUrl", "https://app.test/"},
		`navigate = "self"`: {"redirectUrl", "https://app.test/", "innerRedirect", "true"},
		`navigate = "none"`: {"redirectUrl", "https://app.test/", "jsRedirect", "true"},
	} {
		h := newHarness(t)
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		got := h.send("GET", h.connectURL(append(params, "requestId", request)...), "")
		if !strings.Contains(got.body, want) {
			t.Errorf("%v: the page lacks %s", params, want)
		}
	}
}

func TestTheTagStaysWithItsSession(t *testing.T) {
	h := newHarness(t)
	h.turn("firstDetailsPending", "false")
	linked, err := Person{}.Link(t.Context(), h.connectURL("tag", "one"))
	if err != nil {
		t.Fatal(err)
	}
	h.pass(time.Minute)
	h.lastTag(t, linked.LoginID, "")
	if got := h.details(linked.RequestID).field("Tag"); got != "one" {
		t.Errorf("got tag %q in the session that it was given to", got)
	}
	own := strings.Replace(cachedCall(linked.LoginID), "{", `{"Tag":"of its own",`, 1)
	if got := h.details(h.authorize(own).requestID()).field("Tag"); got != "of its own" {
		t.Errorf("got tag %q in a session with a tag of its own", got)
	}
	h.lastTag(t, linked.LoginID, "")
}

func TestTheTagOfALoginIsThatOfItsLastLink(t *testing.T) {
	h := newHarness(t)
	h.turn("tagScope", TagScopeLogin)
	h.turn("firstDetailsPending", "false")
	link := func(params ...string) string {
		t.Helper()
		h.pass(time.Hour)
		got, err := Person{}.Link(t.Context(), h.connectURL(params...))
		if err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
		return got.LoginID
	}
	id := link("tag", "one")
	h.lastTag(t, id, "one")
	h.lastTag(t, link("tag", "two"), "two")
	h.authorize(liveCall(id))
	h.pass(time.Hour)
	h.lastTag(t, id, "two") // a refresh links nothing
	h.lastTag(t, link(), "")
}

func TestConnectMayBeFramed(t *testing.T) {
	h := newHarness(t)
	for _, page := range []string{h.connectURL(), strings.Replace(h.connectURL(), "/v2/?", "/v2/Credential/14?", 1)} {
		got := h.send("GET", page, "")
		if got.header.Get("X-Frame-Options") != "" || strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors") {
			t.Errorf("got headers %v", got.header)
		}
	}
}

func TestConnectRefusesOtherRedirects(t *testing.T) {
	h := newHarness(t)
	for _, target := range []string{"javascript:alert(1)", "data:text/html,x", "//evil.test/", "/relative", "app.test"} {
		if got := h.send("GET", h.connectURL("redirectUrl", target), ""); got.status != 400 {
			t.Errorf("%s: got %d, want 400", target, got.status)
		}
	}
}

func TestConnectEscapes(t *testing.T) {
	const nasty = `"><script>alert(1)</script>`
	h := newHarness(t)
	request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
	for _, page := range []string{
		h.connectURL("tag", nasty, "customerName", nasty, "consentTitleAppendedText", nasty, "termsUrl", "https://app.test/?x="+nasty),
		h.connectURL("requestId", request, "tag", nasty, "redirectUrl", "https://app.test/?x="+nasty),
		h.connectURL("requestId", nasty),
		strings.Replace(h.connectURL(), "authorizeToken=", "x="+url.QueryEscape(nasty)+"&authorizeToken=", 1),
	} {
		got := h.send("GET", page, "")
		if got.status != 200 || strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, nasty) {
			t.Errorf("the page is not escaped: %d", got.status)
		}
		if got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" {
			t.Error("a page with tokens in its address must not leak or be kept")
		}
	}
}

func TestConnectFaults(t *testing.T) {
	h := newHarness(t)
	h.inject(Fault{Endpoint: "Connect", Mode: modeLink, FlinksCode: codeDisabledLogin, AsOutcome: true})
	_, err := Person{}.Link(t.Context(), h.connectURL())
	var page *PageError
	if !errors.As(err, &page) || page.Code != codeDisabledLogin {
		t.Errorf("got %v", err)
	}
	h.inject(Fault{Endpoint: "Connect", Status: 502})
	if _, err := (Person{}).Link(t.Context(), h.connectURL()); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v", err)
	}
}

func TestConnectJournal(t *testing.T) {
	h := newHarness(t)
	got, err := Person{Username: "Greatday"}.Link(t.Context(), h.connectURL())
	if err != nil {
		t.Fatal(err)
	}
	var modes []string
	opened := 0
	for _, e := range h.Journal() {
		modes = append(modes, e.Mode)
		if e.LiveSessionOpened {
			opened++
			if e.LoginID != got.LoginID || !slices.Equal(e.BodyKeys, []string{"password", "username"}) {
				t.Errorf("got %+v", e)
			}
		}
	}
	if !slices.Equal(modes, []string{modePage, modePage, modeLink, modeMFA}) || opened != 1 {
		t.Errorf("got modes %v, %d live sessions", modes, opened)
	}
}

func TestPersonPassesPagesInFront(t *testing.T) {
	h := newHarness(t)
	landed := ""
	front := http.NewServeMux()
	front.HandleFunc("GET /start", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<form method="post" action="/go"><input type="hidden" name="csrf" value="1"><button>Go</button></form>`))
	})
	front.HandleFunc("POST /go", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("csrf") == "1" {
			http.Redirect(w, r, "/frame", http.StatusSeeOther)
		}
	})
	var own string
	front.HandleFunc("GET /frame", func(w http.ResponseWriter, _ *http.Request) {
		target := h.connectURL("redirectUrl", own+"/landed")
		_, _ = w.Write([]byte(`<iframe src="` + strings.ReplaceAll(target, "&", "&amp;") + `"></iframe>`))
	})
	front.HandleFunc("GET /landed", func(_ http.ResponseWriter, r *http.Request) { landed = r.FormValue("loginId") })
	web := httptest.NewServer(front)
	defer web.Close()
	own = web.URL
	got, err := Person{FollowRedirect: true}.Link(t.Context(), own+"/start")
	if err != nil {
		t.Fatal(err)
	}
	if landed == "" || landed != got.LoginID {
		t.Error("the landing page was not opened with the login")
	}
}

func TestPersonRefusesToGuess(t *testing.T) {
	h := newHarness(t)
	if _, err := (Person{}).Answer(t.Context(), h.connectURL()); !errors.Is(err, ErrNotResumed) {
		t.Errorf("got %v", err)
	}
	nowhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>hello")) }))
	defer nowhere.Close()
	if _, err := (Person{}).Link(t.Context(), nowhere.URL); err == nil {
		t.Error("a page without a way on must be an error")
	}
	_, err := Person{}.Link(t.Context(), "http://127.0.0.1:1/?authorizeToken=hush")
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v, want an error without the query", err)
	}
}
