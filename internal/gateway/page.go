package gateway

import (
	"bytes"
	"crypto/rand"
	_ "embed"
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
	pageHTML string
	//go:embed assets/style.css
	styleCSS string
	//go:embed assets/script.js
	scriptJS string
	//go:embed assets/landed.js
	landedJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// page is what the template shows.
type page struct {
	Language, State, Title, Text, Hint, Button string
	UntilText, ReturnText, NoScript, Progress  string
	Until                                      *pageTime
	ConnectOrigin, ReturnURL, Nonce            string
	Style                                      template.CSS
	HeadScript, Script                         template.JS
	ScriptTexts                                any
}

type pageTime struct{ Machine, Person string }

// linkPage is the page of a link.
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
	p := page{
		Language: language, State: string(v.State), Title: text.Title, Text: text.Text,
		Button: text.Button, Progress: t.progress, UntilText: t.until,
	}
	if text.Button != "" {
		p.Hint = t.hints[v.Reason]
	}
	if !v.Until.IsZero() && (v.State == linkapi.StateWait || v.State == linkapi.StateUnavailable) {
		p.Until = &pageTime{v.Until.UTC().Format(time.RFC3339), v.Until.UTC().Format("2006-01-02 15:04 MST")}
	}
	p.scripted(t, v)
	p.back(t, v)
	return p
}

// scripted adds the script to a page that does something.
func (p *page) scripted(t texts, v linkapi.View) {
	acts := p.Button != "" || v.State == linkapi.StateWorking
	if acts {
		p.NoScript, p.ConnectOrigin = t.noScript, originOf(v.ConnectOrigin)
	}
	if acts || p.Until != nil {
		p.Script, p.ScriptTexts = template.JS(scriptJS), t.forScript() //nolint:gosec // Our own script.
	}
}

// reasonConnectRequired is the reason of who links a bank for the first time.
const reasonConnectRequired = "ConnectRequired"

// back offers the way to the application where nothing is left to do here.
func (p *page) back(t texts, v linkapi.View) {
	target, err := url.Parse(v.ReturnURL)
	if v.State != linkapi.StateDone || err != nil || target.Scheme != "https" || target.Host == "" {
		return
	}
	p.ReturnURL, p.ReturnText = v.ReturnURL, t.back+" "+target.Hostname()
}

// landedPage is the landing page. It needs the first script in its head: what
// Flinks put into its address is to be gone before anything else happens.
func landedPage(accepted string) page {
	language := negotiate("", accepted)
	t := languages[language]
	return page{
		Language: language, State: string(linkapi.StateWorking), Title: t.landed.Title, Text: t.landed.Text,
		Progress: t.progress, NoScript: t.noScript,
		HeadScript: template.JS(landedJS), ScriptTexts: t.forScript(), //nolint:gosec // Our own script.
	}
}

// originOf is an origin as the link API tells it, or nothing if it is none: it
// becomes a part of a header.
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

// write sends a page with the headers that go with it.
func (p page) write(w http.ResponseWriter, status int) error {
	p.Nonce, p.Style = rand.Text(), template.CSS(styleCSS) //nolint:gosec // Our own style.
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	w.Header().Set("Content-Security-Policy", contentPolicy(p.Nonce, p.ConnectOrigin))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}
