package gateway

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

var (
	//go:embed assets/page.html
	pageHTML embed.FS
	//go:embed assets/style.css
	styleCSS string
	//go:embed assets/script.js
	scriptJS string
	//go:embed assets/landed.js
	landedJS string

	pageTemplate = template.Must(template.ParseFS(pageHTML, "assets/page.html"))
)

// page is the data of the template.
type page struct {
	Language, State, Title, Text, Reason, Button string
	UntilText, ReturnText, NoScript, Progress    string
	Until                                        *pageTime
	ConnectOrigin, ReturnURL, Nonce              string
	Request                                      *requestText
	Brand                                        *brand
	Logo                                         template.URL
	StepsText                                    string
	Steps                                        []step
	Style                                        template.CSS
	HeadScript, Script                           template.JS
	ScriptTexts                                  any
}

// pageTime is a time for scripts, and as people read it.
type pageTime struct{ Machine, Text string }

// requestText says who asks for access to the customer's bank, and for what. The names come
// from the platform; either may be empty.
type requestText struct {
	By    string `json:"-"`
	Name  string `json:"name,omitempty"`
	For   string `json:"-"`
	Title string `json:"title,omitempty"`
}

func (t texts) request(v linkapi.View) *requestText {
	if v.DisplayName == "" && v.Title == "" {
		return nil
	}
	return &requestText{By: t.requestBy, Name: v.DisplayName, For: t.requestFor, Title: v.Title}
}

// linkPage returns the page of a link. accepted is the Accept-Language of the browser.
func linkPage(v linkapi.View, accepted string) page {
	language := negotiate(v.Language, accepted)
	t := languages[language]
	text, ok := t.states[v.State]
	if !ok {
		v.State = linkapi.StateUnavailable
		text = t.states[v.State]
	}
	if v.State == linkapi.StateConnect && v.Reason == reasonConnectRequired {
		text = t.connectFirst
	}
	if v.State == linkapi.StateDone {
		text = t.alreadyFixed // A page that was open before says that all is done by its script.
	}
	p := page{
		Language: language, State: string(v.State), Title: text.Title, Text: text.Text,
		Button: text.Button, Progress: t.progress, UntilText: t.until, Request: t.request(v),
		Brand: t.brand(v.Brand), StepsText: t.stepsTitle, Steps: t.stepsIn(string(v.State)), Style: accentStyle(v.Brand.AccentColor),
	}
	if text.Button != "" {
		p.Reason = t.reasons[v.Reason]
	}
	if !v.Until.IsZero() && (v.State == linkapi.StateWait || v.State == linkapi.StateInUse || v.State == linkapi.StateUnavailable) {
		p.Until = &pageTime{v.Until.UTC().Format(time.RFC3339), v.Until.UTC().Format("2006-01-02 15:04 MST")}
	}
	p.addScript(t, v)
	p.addReturnLink(t, v)
	return p
}

// sayDone makes a page of the state Done say that all is done, to a customer who has just done it.
func (p *page) sayDone() {
	text := languages[p.Language].states[linkapi.StateDone]
	p.Title, p.Text = text.Title, text.Text
}

// addScript adds the script to a page that needs one.
func (p *page) addScript(t texts, v linkapi.View) {
	acts := p.Button != "" || v.State == linkapi.StateWorking || v.State == linkapi.StateInUse
	if acts {
		p.NoScript, p.ConnectOrigin = t.noScript, originOf(v.ConnectOrigin)
	}
	if acts || p.Until != nil {
		p.Script, p.ScriptTexts = template.JS(scriptJS), t.forScript() //nolint:gosec // The gateway's own script.
	}
}

// reasonConnectRequired is the reason if the customer has not linked a bank before.
const reasonConnectRequired = "ConnectRequired"

// addReturnLink adds a link to the application when there is nothing left to do here.
func (p *page) addReturnLink(t texts, v linkapi.View) {
	back := returnURL(v, resultAlreadyFixed)
	target, err := url.Parse(back)
	if back == "" || err != nil {
		return
	}
	p.ReturnURL, p.ReturnText = back, t.back+" "+target.Hostname()
}

// landingPage returns the page that Flinks Connect may return customers to. It has a script
// in its head, which clears the address before anything else happens: Flinks puts
// identifiers into it.
func landingPage(accepted string) page {
	language := negotiate("", accepted)
	t := languages[language]
	return page{
		Language: language, State: string(linkapi.StateWorking), Title: t.landed.Title, Text: t.landed.Text,
		Progress: t.progress, NoScript: t.noScript, Request: &requestText{By: t.requestBy, For: t.requestFor},
		StepsText: t.stepsTitle, Steps: t.stepsIn(string(linkapi.StateWorking)),
		HeadScript: template.JS(landedJS), ScriptTexts: t.forScript(), //nolint:gosec // The gateway's own script.
	}
}

// originOf returns s if it is an origin, or else nothing: it becomes a part of a header.
func originOf(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || s != u.Scheme+"://"+u.Host {
		return ""
	}
	if u.Host == "" || strings.Trim(strings.ToLower(u.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		return ""
	}
	return s
}

// write answers with the page, and with the Content-Security-Policy for it.
func (p page) write(w http.ResponseWriter, status int) error {
	p.Nonce, p.Style = rand.Text(), template.CSS(styleCSS)+p.Style //nolint:gosec // The gateway's own style.
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	w.Header().Set("Content-Security-Policy", pagePolicy(p.Nonce, p.ConnectOrigin, p.Logo != ""))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}
