package flinkssim

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed connect_pages/*.html
var connectFiles embed.FS

var connectTemplates = template.Must(template.ParseFS(connectFiles, "connect_pages/*.html"))

// The states that a page can be in, in the data-state attribute of its body.
const (
	stateInstitutions   = "institutions"
	stateCredential     = "credential"
	stateMFA            = "mfa"
	stateAccounts       = "accounts"
	stateDone           = "done"
	stateTokenInvalid   = "token-invalid"
	stateSessionExpired = "session-expired"
	stateFailed         = "failed"
)

// connectPage is what the templates print.
type connectPage struct {
	State    string
	Language string
	Text     map[string]string
	Events   []event
	Error    string // FlinksCode to tell the person about
	Action   string // where the form posts to
	Options  ConnectOptions
	First    bool // asks for consent, where Connect is to

	Institution string
	Empty       bool // no bank to show
	Users       []userHint
	RequestID   string
	Challenges  []challengeView
	Accounts    []accountDetail
	Multiple    bool
	Target      string // landing page
	Navigate    string // top, self or none
}

type userHint struct{ Name, Hint string }

type challengeView struct {
	Field, Type, Prompt string
	Options             []optionView
}

type optionView struct {
	Value string
	Image template.URL
}

func newConnectPage(p connectParams, state string, events []event) connectPage {
	return connectPage{
		State: state, Language: p.language, Text: connectTexts[p.language], Events: events, Institution: institutionName,
		Options: p.options,
	}
}

// reply prints a page. The real page is an application that loads with a 200
// whatever it then has to say.
func (page connectPage) reply() reply {
	var buf bytes.Buffer
	if err := connectTemplates.ExecuteTemplate(&buf, page.State+".html", page); err != nil {
		panic(err) // our own templates: a programming error
	}
	header := http.Header{}
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy",
		"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; form-action 'self'")
	return reply{
		status: http.StatusOK, contentType: htmlType, header: header, body: buf.Bytes(), code: page.Error,
	}
}

// badAddress returns what an address gets that Connect cannot be opened with.
func badAddress(err error) reply {
	if errors.Is(err, errNotServed) {
		return notFound()
	}
	return reply{
		status: http.StatusBadRequest, contentType: "text/plain; charset=utf-8", header: http.Header{},
		body: []byte(err.Error() + "\n"),
	}
}

func (p connectParams) action(path string) string {
	return p.base + path + "?" + p.raw
}

func credentialAction(p connectParams) string {
	return p.action("/Credential/" + strconv.Itoa(institutionID))
}

// institutionsPage lists the banks. The shared instance shows Flinks Capital
// only when it is asked to, by demo=true.
func institutionsPage(p connectParams) reply {
	page := newConnectPage(p, stateInstitutions, []event{
		{"step": "APP_MOUNTED"}, {"step": "COMPONENT_LOAD_INSTITUTION_SELECTOR"},
	})
	page.First = true
	page.Empty, page.Action = !p.demo, credentialAction(p)
	return page.reply()
}

func credentialPage(p connectParams, events []event, code string) reply {
	load := event{"step": "COMPONENT_LOAD_CREDENTIAL"}
	if code != "" {
		events = append(events, errorEvent(code))
		load = event{"step": "COMPONENT_LOAD_CREDENTIAL_RETRY"}
	}
	page := newConnectPage(p, stateCredential, append(events, load))
	page.First = len(events) == 1 && events[0]["step"] == "APP_MOUNTED"
	page.Error, page.Action = code, credentialAction(p)
	for _, u := range users {
		page.Users = append(page.Users, userHint{Name: u.name, Hint: u.hint})
	}
	return page.reply()
}

func mfaPage(p connectParams, sess *session, events []event, code string) reply {
	load := "COMPONENT_LOAD_MFA"
	if code != "" {
		load = "COMPONENT_LOAD_MFA_RETRY"
	}
	page := newConnectPage(p, stateMFA, append(events, event{"step": load, "mfaTypes": sess.step().types()}))
	page.Error, page.Action, page.RequestID = code, p.action("/Mfa"), sess.id
	for i, c := range sess.step().challenges {
		view := challengeView{Field: answerField(i), Type: c.kind, Prompt: c.prompt}
		for _, value := range c.iterables {
			option := optionView{Value: value}
			if c.kind == typeImage {
				option.Image = template.URL("data:image/jpeg;base64," + value) //nolint:gosec // our own pictures
			}
			view.Options = append(view.Options, option)
		}
		page.Challenges = append(page.Challenges, view)
	}
	return page.reply()
}

func (s *Server) accountsPage(p connectParams, sess *session, events []event) reply {
	shown, total := s.selectable(p, sess), s.selectable(connectParams{}, sess)
	page := newConnectPage(p, stateAccounts, append(events, event{
		"step": "COMPONENT_LOAD_ACCOUNT_SELECTION", "totalAccounts": len(total), "displayedAccounts": len(shown),
	}))
	page.Action, page.RequestID, page.Accounts, page.Multiple = p.action("/Accounts"), sess.id, shown, p.options.SelectorMultiple
	return page.reply()
}

// donePage posts REDIRECT and goes to the landing page: by the embedding window,
// unless it is asked to stay inside the frame or not to go at all.
func (s *Server) donePage(p connectParams, sess *session, accounts []string, events []event) reply {
	page := newConnectPage(p, stateDone, append(events, s.knobs.redirectEvent(p, sess, accounts)))
	if p.redirectURL != nil {
		page.Target = landingURL(p, p.redirectURL, sess, accounts)
	}
	switch {
	case page.Target == "", p.jsRedirect && !s.knobs.JSRedirectIgnored:
		page.Navigate = "none"
	case p.innerRedirect:
		page.Navigate = "self"
	default:
		page.Navigate = "top"
	}
	return page.reply()
}

func tokenInvalidPage(p connectParams) reply {
	page := newConnectPage(p, stateTokenInvalid, []event{{"step": "APP_MOUNTED"}, {"step": "TOKEN_INVALID"}})
	r := page.reply()
	r.code = codeUnauthorized
	return r
}

func sessionExpiredPage(p connectParams) reply {
	page := newConnectPage(p, stateSessionExpired, []event{{"step": "APP_MOUNTED"}, errorEvent(codeSessionExpired)})
	page.Error = codeSessionExpired
	page.Action = p.base + "/?" + restartQuery(p.raw)
	return page.reply()
}

// failedPage ends a resumed session: only a full flow can help from here.
func failedPage(p connectParams, events []event, code string) reply {
	page := newConnectPage(p, stateFailed, events)
	page.Error = code
	page.Action = p.base + "/?" + restartQuery(p.raw)
	return page.reply()
}
