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

// connectURL is a fresh flow with a token; the rest is name, value pairs.
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
	w := &walk{client: Person{}.client()}
	page, err := w.open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
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
	if len(got.AccountIDs) != 1 || got.RedirectURL != "" {
		t.Errorf("got %+v, want one account and no landing page", got)
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

func TestConnectResume(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Username: "Greatday", LastRefresh: start.Add(-48 * time.Hour)})
	request := h.authorize(liveCall(id)).requestID()
	accounts := []string{stableGUID("account", id, "0", "0"), stableGUID("account", id, "2", "0")}
	q := url.Values{
		"requestId": {request}, "redirectUrl": {"https://app.test/"}, "tag": {"t-1"},
		"resumeSelectedAccounts": {strings.Join(accounts, ",")}, "accountSelectorEnable": {"true"}, "scheduleRefresh": {"true"},
	}
	got, err := Person{}.Answer(t.Context(), h.url+"/?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(accounts, got.AccountIDs); diff != "" || got.LoginID != id || got.RequestID != request {
		t.Errorf("got %+v", got)
	}
	landed, _ := url.Parse(got.RedirectURL)
	if l := landed.Query(); l.Get("requestId") != request || l.Get("accountId") != strings.Join(accounts, ",") || l.Get("tag") != "t-1" {
		t.Errorf("got %s", got.RedirectURL)
	}
	if slices.Contains(got.Events, "COMPONENT_LOAD_ACCOUNT_SELECTION") {
		t.Error("the selector must be skipped")
	}
	state, _ := h.Login(id)
	if !state.Scheduled || state.Tag != "t-1" || !state.LastRefresh.Equal(start) || state.LiveOpened != 1 {
		t.Errorf("got %+v", state)
	}
	h.pass(time.Minute)
	h.details(request)
	if d := decodeDetails(t, h.poll(request)); len(d.Accounts) != 2 {
		t.Errorf("got %d accounts, want the two of the earlier selection", len(d.Accounts))
	}
}

func TestConnectResumeOfADeadSession(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	resume := h.url + "/v2/?requestId=" + h.authorize(liveCall(id)).requestID()
	wantPage(t, resume, stateMFA, "APP_MOUNTED", "COMPONENT_LOAD_MFA")
	h.pass(idleLife)
	wantPage(t, resume, stateSessionExpired, "APP_MOUNTED", "SESSION_EXPIRED")
	wantPage(t, h.url+"/v2/?requestId=unknown", stateSessionExpired)
	_, err := Person{}.Answer(t.Context(), resume)
	var page *PageError
	if !errors.As(err, &page) || page.State != stateSessionExpired || page.Code != codeSessionExpired {
		t.Errorf("got %v", err)
	}
	if e := h.last(); e.Endpoint != "Connect" || e.Mode != modeResume || e.Committed {
		t.Errorf("got %+v", e)
	}
}

func TestConnectResumeTwiceAndAfterTheAnswer(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	resume := h.url + "/v2/?requestId=" + h.authorize(liveCall(id)).requestID()
	wantPage(t, resume, stateMFA)
	wantPage(t, resume, stateMFA)
	if state, _ := h.Login(id); state.Prompts != 1 {
		t.Errorf("got %d prompts: opening the page again asks nobody again", state.Prompts)
	}
	if _, err := (Person{}).Answer(t.Context(), resume); err != nil {
		t.Fatal(err)
	}
	wantPage(t, resume, stateDone)
}

func TestConnectResumeKeepsTheSessionAlive(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	resume := h.url + "/v2/?requestId=" + h.authorize(liveCall(id)).requestID()
	for range 3 {
		h.pass(idleLife - time.Second)
		wantPage(t, resume, stateMFA)
	}
	if _, err := (Person{}).Answer(t.Context(), resume); err != nil {
		t.Error(err)
	}
}

func TestConnectWrongAnswers(t *testing.T) {
	wrong := map[string][]string{"What city were you born in?": {"Toronto"}}
	h := newHarness(t)
	id := h.seed("Greatday")
	resume := h.url + "/v2/?requestId=" + h.authorize(liveCall(id)).requestID()
	_, err := Person{Answers: wrong}.Answer(t.Context(), resume)
	var page *PageError
	if !errors.As(err, &page) || page.State != stateFailed || page.Code != codeInvalidAnswer {
		t.Errorf("got %v", err)
	}

	again := newHarness(t, func(k *Knobs) { k.SecurityResponseFinal = false })
	id = again.seed("Greatday")
	resume = again.url + "/v2/?requestId=" + again.authorize(liveCall(id)).requestID()
	got, err := Person{Answers: wrong}.Answer(t.Context(), resume)
	if !errors.As(err, &page) || page.State != stateMFA || !slices.Contains(got.Events, "COMPONENT_LOAD_MFA_RETRY") {
		t.Errorf("got %v, events %v", err, got.Events)
	}
	if _, err := (Person{}).Answer(t.Context(), resume); err != nil {
		t.Error(err)
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
	wantPage(t, opened, stateInstitutions)
	wantPage(t, opened, stateInstitutions) // looking does not consume it
	if _, err := (Person{}).Link(t.Context(), opened); err != nil {
		t.Fatal(err)
	}
	wantPage(t, opened, stateTokenInvalid)

	retried := h.connectURL()
	h.pass(time.Minute)
	if _, err := (Person{Password: "typo"}).Link(t.Context(), retried); err == nil {
		t.Fatal("want a refusal")
	}
	if _, err := (Person{}).Link(t.Context(), retried); err != nil {
		t.Errorf("a typing error must not cost the token: %v", err)
	}
	late := h.connectURL()
	h.pass(30 * time.Minute)
	wantPage(t, late, stateTokenInvalid)
}

func TestConnectWithoutDemoHasNoBank(t *testing.T) {
	h := newHarness(t)
	page := wantPage(t, h.connectURL("demo", "false"), stateInstitutions)
	if page.hasForm {
		t.Error("there must be no bank to choose")
	}
	wantPage(t, strings.Replace(h.connectURL(), "/v2/?", "/v2/Credential/99?", 1), stateInstitutions)
}

func TestConnectInBothForms(t *testing.T) {
	h := newHarness(t)
	for _, form := range []string{"/?", "/v2/?", "/v2?", "/Credential/14?", "/v2/Credential/14?"} {
		if _, err := (Person{}).Link(t.Context(), strings.Replace(h.connectURL(), "/v2/?", form, 1)); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		h.pass(time.Hour)
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
		t.Error("an account of somebody else must not pass")
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

func TestTheTagIsThatOfTheLastLink(t *testing.T) {
	h := newHarness(t)
	link := func(params ...string) string {
		t.Helper()
		h.pass(time.Hour)
		got, err := Person{}.Link(t.Context(), h.connectURL(params...))
		if err != nil {
			t.Fatal(err)
		}
		return got.LoginID
	}
	tag := func(want string) {
		t.Helper()
		request := h.authorize(cachedCall(h.Logins()[0].LoginID)).requestID()
		h.pass(time.Minute)
		h.details(request)
		if got := h.poll(request).field("Tag"); got != want {
			t.Errorf("got tag %q, want %q", got, want)
		}
	}
	id := link("tag", "one")
	tag("one")
	link("tag", "two")
	tag("two")
	h.pass(time.Hour)
	h.authorize(liveCall(id))
	tag("two") // a refresh links nothing
	link()
	tag("")
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
		h.connectURL("tag", nasty, "language", nasty),
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
