package flinkssim

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var someOptions = []string{
	"consentEnable", "true", "customerName", "Acme & fils", "termsUrl", "https://acme.test/terms", "consentTitleAppendedText", "for your lease",
	"theme", "dark", "backgroundColor", "f7f7F7", "foregroundColor1", "000000", "daysOfTransactions", "Days365", "scheduleRefresh", "true",
	"accountSelectorEnable", "true", "accountSelectorMultiple", "true", "accountSelectorCurrency", "usd",
}

// TestConnectOptions: each page tells the options that it was opened with, and the first one asks for consent.
func TestConnectOptions(t *testing.T) {
	want := ConnectOptions{
		Consent: true, CustomerName: "Acme & fils", TermsURL: "https://acme.test/terms", ConsentText: "for your lease",
		Theme: "dark", BackgroundColor: "f7f7F7", ForegroundColor: "000000", DaysOfTransactions: "Days365", ScheduleRefresh: true,
		Selector: true, SelectorMultiple: true, SelectorCurrency: "usd",
	}
	h := newHarness(t)
	w, err := Person{Username: "sim_dollars"}.Begin(t.Context(), h.connectURL(someOptions...))
	if err != nil || !w.AsksForConsent() {
		t.Fatalf("the first page does not ask for consent: %v", err)
	}
	for !w.Done() {
		if diff := cmp.Diff(want, w.Options()); diff != "" {
			t.Errorf("on page %s (-want +got):\n%s", w.State(), diff)
		}
		if w.State() == stateAccounts && len(w.AccountIDs()) != 1 {
			t.Errorf("the selector shows %d accounts", len(w.AccountIDs()))
		}
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.AsksForConsent() {
			t.Errorf("page %s asks again", w.State())
		}
	}
	if login, ok := h.Login(w.Result().LoginID); !ok || !login.Scheduled {
		t.Errorf("nightly refresh is not on: %+v", login)
	}
	page := h.send("GET", h.connectURL(someOptions...), "").body
	for _, part := range []string{"<b>Acme &amp; fils</b> for your lease", `href="https://acme.test/terms"`, "color-scheme: dark", "--paper: #f7f7F7"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	if wantPage(t, h.connectURL("consentEnable", "false"), stateInstitutions).consent {
		t.Error("a hidden page asks for consent")
	}
	if bank := strings.Replace(h.connectURL(), "/v2/?", "/v2/Credential/14?", 1); !wantPage(t, bank, stateCredential).consent {
		t.Error("where the list is left out, the form has to ask for consent")
	}
}

// TestConnectRefusesOptions: an option has a documented value, and once.
func TestConnectRefusesOptions(t *testing.T) {
	h := newHarness(t)
	for _, option := range []string{
		"demo=1", "demo=True", "demo=", "jsRedirect=yes", "innerRedirect=1", "scheduleRefresh=TRUE", "language=de",
		"consentEnable=Hidden", "customerName=", "customerName=a%0Ab", "customerName=%ff", "termsUrl=/terms", "termsUrl=javascript:alert(1)",
		"consentTitleAppendedText=", "theme=Dark", "theme=blue", "backgroundColor=%23f7f7f7", "backgroundColor=fff", "foregroundColor1=crimson",
		"daysOfTransactions=Days360", "daysOfTransactions=365", "accountSelectorEnable=on", "accountSelectorMultiple=2", "accountSelectorCurrency=CAD",
		"theme=dark&theme=light",
	} {
		for _, path := range []string{"/v2/?", "/v2/Credential/14?"} {
			page := h.url + path + "authorizeToken=" + h.MintAuthorizeToken() + "&" + option
			if got := h.send("GET", page, ""); got.status != 400 {
				t.Errorf("%s%s: %d", path, option, got.status)
			}
		}
	}
}

// TestConnectDaysOfTransactions: the data of a login reaches no further back than Connect was told.
func TestConnectDaysOfTransactions(t *testing.T) {
	for days, want := range map[string]int{"": 120, "Days90": 30, "Days365": 120} {
		h := newHarness(t)
		var params []string
		if days != "" {
			params = []string{"daysOfTransactions", days}
		}
		got, err := Person{}.Link(t.Context(), h.connectURL(params...))
		if err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		details := h.detailsWith(h.authorize(cachedCall(got.LoginID)).requestID(), `"DaysOfTransactions":"Days365"`)
		for details.status == 202 {
			h.pass(time.Minute)
			details = h.poll(details.requestID())
		}
		if n := strings.Count(details.body, `"Description"`); n != 3*want {
			t.Errorf("%q: %d transactions of three accounts", days, n)
		}
	}
}

// TestConnectAcceptsCommas, encoded or not.
func TestConnectAcceptsCommas(t *testing.T) {
	for _, comma := range []string{",", "%2C"} {
		h := newHarness(t)
		id := h.seed("Greatday")
		request := h.authorize(liveCall(id)).requestID()
		accounts := []string{stableGUID("account", id, "0", "0"), stableGUID("account", id, "2", "0")}
		link := h.connectURL("requestId", request) + "&resumeSelectedAccounts=" + strings.Join(accounts, comma)
		got, err := Person{}.Answer(t.Context(), link)
		if err != nil || !slices.Equal(got.AccountIDs, accounts) {
			t.Errorf("%s: %v, %v", comma, got.AccountIDs, err)
		}
		if u, err := url.Parse(got.RedirectURL); err != nil || u.Query().Get("accountId") != strings.Join(accounts, ",") {
			t.Errorf("%s: %v", comma, err)
		}
	}
}
