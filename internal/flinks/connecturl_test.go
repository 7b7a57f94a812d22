package flinks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

const (
	accountA = "11111111-1111-4111-8111-111111111111"
	accountB = "22222222-2222-4222-8222-222222222222"
)

var everyOption = flinks.ConnectOptions{
	Consent: flinks.ConsentHidden, CustomerName: "Acme Prêts & fils", TermsURL: "https://acme.example.com/terms?a=1&b=2#c",
	ConsentText: "for your mortgage + lease", Theme: "dark", BackgroundColor: "f7f7F7", ForegroundColor: "000000", DaysOfTransactions: "Days365",
	AccountSelector: true, SelectorMultiple: true, SelectorCurrency: "usd",
}

const everyOptionWritten = "&consentEnable=false&customerName=Acme%20Pr%C3%AAts%20%26%20fils" +
	"&termsUrl=https%3A%2F%2Facme.example.com%2Fterms%3Fa%3D1%26b%3D2%23c&consentTitleAppendedText=for%20your%20mortgage%20%2B%20lease" +
	"&theme=dark&backgroundColor=f7f7F7&foregroundColor1=000000&daysOfTransactions=Days365" +
	"&accountSelectorEnable=true&accountSelectorMultiple=true&accountSelectorCurrency=usd"

func TestConnectURL(t *testing.T) {
	ep := flinkstest.Must[flinks.Endpoint](t)(flinks.EndpointFor("toolbox", customerID))
	host := "https://toolbox-iframe.private.fin.ag"
	tests := map[string]struct {
		p    flinks.ConnectParams
		want string
	}{
		"nothing":     {flinks.ConnectParams{}, "/v2/"},
		"reconnect":   {flinks.ConnectParams{RequestID: request(t)}, "/v2/?requestId=" + rawRequest},
		"classic":     {flinks.ConnectParams{Form: flinks.FormClassic, RequestID: request(t)}, "/?requestId=" + rawRequest},
		"institution": {flinks.ConnectParams{InstitutionID: 14, AuthorizeToken: token(t)}, "/v2/Credential/14?authorizeToken=" + rawToken},
		"everything": {flinks.ConnectParams{
			RequestID: request(t), Form: flinks.FormV2, AuthorizeToken: token(t), Language: "fr",
			RedirectURL:            "https://app.example.com/banks/linked?a=1&b=é",
			ResumeSelectedAccounts: []string{accountA, accountB}, Tag: "user=7&x#y",
			Demo: true, JSRedirect: true, ScheduleRefresh: true, InstitutionID: 14, ConnectOptions: everyOption,
		}, "/v2/?authorizeToken=" + rawToken + "&demo=true" +
			"&redirectUrl=https%3A%2F%2Fapp.example.com%2Fbanks%2Flinked%3Fa%3D1%26b%3D%C3%A9" +
			"&jsRedirect=true&language=fr&tag=user%3D7%26x%23y&scheduleRefresh=true&requestId=" + rawRequest +
			"&resumeSelectedAccounts=" + accountA + "," + accountB + everyOptionWritten},
		"all options": {flinks.ConnectParams{InstitutionID: 14, ConnectOptions: everyOption}, "/v2/Credential/14?" + everyOptionWritten[1:]},
		"one account": {flinks.ConnectParams{ResumeSelectedAccounts: []string{accountA}}, "/v2/?resumeSelectedAccounts=" + accountA},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				got, err := flinks.ConnectURL(ep, tt.p)
				if err != nil || got != host+tt.want {
					t.Fatalf("got  %s\nwant %s\nerror %v", got, host+tt.want, err)
				}
			}
		})
	}
}

var badOptions = map[string]flinks.ConnectOptions{
	"consent":              {Consent: "maybe"},
	"name of two lines":    {CustomerName: "Acme\nYour bank"},
	"name that is no text": {CustomerName: "\xff"},
	"long name":            {CustomerName: strings.Repeat("é", 257)},
	"long text":            {ConsentText: strings.Repeat("é", 257)},
	"relative terms":       {TermsURL: "/terms"},
	"script as terms":      {TermsURL: "javascript:alert(1)"},
	"theme":                {Theme: "Dark"},
	"background by name":   {BackgroundColor: "red"},
	"background with #":    {BackgroundColor: "#f7f7f7"},
	"short foreground":     {ForegroundColor: "fff"},
	"days":                 {DaysOfTransactions: "Days360"},
	"currency":             {SelectorCurrency: "CAD"},
}

func TestConnectURLRefuses(t *testing.T) {
	ep := flinkstest.Must[flinks.Endpoint](t)(flinks.EndpointFor("toolbox", customerID))
	tests := map[string]struct {
		p    flinks.ConnectParams
		want error
	}{
		"classic with institution": {flinks.ConnectParams{Form: flinks.FormClassic, InstitutionID: 14}, flinks.ErrConnectForm},
		"unknown form":             {flinks.ConnectParams{Form: "v9"}, flinks.ErrConnectForm},
		"negative institution":     {flinks.ConnectParams{InstitutionID: -1}, flinks.ErrConnectForm},
		"language":                 {flinks.ConnectParams{Language: "de"}, flinks.ErrConnectLanguage},
		"relative redirect":        {flinks.ConnectParams{RedirectURL: "/linked"}, flinks.ErrConnectRedirect},
		"script redirect":          {flinks.ConnectParams{RedirectURL: "javascript:alert(1)"}, flinks.ErrConnectRedirect},
		"redirect with user":       {flinks.ConnectParams{RedirectURL: "https://u:p@a"}, flinks.ErrConnectRedirect},
		"redirect with newline":    {flinks.ConnectParams{RedirectURL: "https://a/\nb"}, flinks.ErrConnectRedirect},
		"account id":               {flinks.ConnectParams{ResumeSelectedAccounts: []string{accountA, "x"}}, flinks.ErrConnectAccounts},
		"101 account ids":          {flinks.ConnectParams{ResumeSelectedAccounts: strings.Split(strings.Repeat(accountA+",", 100)+accountA, ",")}, flinks.ErrConnectAccounts},
		"long tag":                 {flinks.ConnectParams{Tag: strings.Repeat("t", 257)}, flinks.ErrConnectTag},
		"tag with NUL":             {flinks.ConnectParams{Tag: "a\x00"}, flinks.ErrConnectTag},
	}
	for name, o := range badOptions {
		tests[name] = struct {
			p    flinks.ConnectParams
			want error
		}{flinks.ConnectParams{ConnectOptions: o}, flinks.ErrConnectOption}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := flinks.ConnectURL(ep, tt.p); got != "" || !errors.Is(err, tt.want) {
				t.Fatalf("%q, error %v, want %v", got, err, tt.want)
			}
		})
	}
	if _, err := flinks.ConnectURL(flinks.Endpoint{}, flinks.ConnectParams{}); !errors.Is(err, flinks.ErrInvalidURL) {
		t.Errorf("empty endpoint: %v", err)
	}
}
