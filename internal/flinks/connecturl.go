package flinks

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

// Reasons why a Connect link was refused. They never carry the refused value.
var (
	// ErrConnectForm: an unknown form, or an institution with FormClassic, which has no path for one.
	ErrConnectForm = errors.New("flinks: the form of the Connect link is not valid")
	// ErrConnectLanguage: the language is neither en nor fr.
	ErrConnectLanguage = errors.New("flinks: the language of the Connect link is neither en nor fr")
	// ErrConnectRedirect: the redirect URL is not absolute http or https, or holds a user.
	ErrConnectRedirect = errors.New("flinks: the redirect URL of the Connect link is not valid")
	// ErrConnectAccounts: more than 100 account ids, or one that is no GUID.
	ErrConnectAccounts = errors.New("flinks: the account ids of the Connect link are not valid")
	// ErrConnectOption: an option of consent, look, history or account selector that Flinks does not have.
	ErrConnectOption = errors.New("flinks: an option of the Connect link is not valid")
)

// Form is one of the two shapes of a Connect link that the documentation prints.
type Form string

const (
	// FormV2 is …/v2/?…, the current design. The zero value means the same.
	FormV2 Form = "v2"
	// FormClassic is …/?…, the first design.
	FormClassic Form = "classic"
)

const authorizeTokenParam = "authorizeToken"

// ConnectParams say what a Connect link should open. Zero fields are left out.
type ConnectParams struct {
	RequestID              RequestID      // the session to go on with; dies after 8 idle minutes
	Form                   Form           // zero = FormV2
	InstitutionID          int            // skips the bank list, which a session has not; FormV2 only
	AuthorizeToken         AuthorizeToken // compulsory for instances made since October 2024
	Language               string         // en or fr
	RedirectURL            string         // landing page; absolute
	ResumeSelectedAccounts []string       // account ids (GUID) chosen before
	Tag                    string         // comes back with the redirect, the data and webhooks
	Demo                   bool           // show the test bank; needed on the sandbox
	JSRedirect             bool           // end with the REDIRECT event alone, and stay on the page
	ScheduleRefresh        bool           // switch nightly refresh on
	ConnectOptions
}

// ConnectURL builds a link to Flinks Connect. Equal parameters give equal links. The
// link is a secret for as long as its session lives: it must not be logged. The error is
// one of the ErrConnect values or ErrInvalidURL.
// Source: Flinks documentation, Connect parameters; resume and reconnect.
func ConnectURL(ep Endpoint, p ConnectParams) (string, error) {
	base, err := baseURL(ep.Connect)
	if err != nil {
		return "", err
	}
	path, err := p.path()
	if err != nil {
		return "", err
	}
	if err := p.check(); err != nil {
		return "", err
	}
	return base + path + p.query(), nil
}

// HasAuthorizeToken reports whether a Connect link has an authorize token.
func HasAuthorizeToken(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Query().Get(authorizeTokenParam) != ""
}

func (p ConnectParams) path() (string, error) {
	switch {
	case p.InstitutionID < 0:
		return "", ErrConnectForm
	case p.Form == FormClassic && p.InstitutionID == 0:
		return "/", nil
	case p.Form != FormV2 && p.Form != "":
		return "", ErrConnectForm
	case p.InstitutionID > 0 && p.RequestID.IsZero():
		return "/v2/Credential/" + strconv.Itoa(p.InstitutionID), nil
	default:
		return "/v2/", nil
	}
}

func (p ConnectParams) check() error {
	if p.Language != "" && p.Language != "en" && p.Language != "fr" {
		return ErrConnectLanguage
	}
	if p.RedirectURL != "" && !isLandingPage(p.RedirectURL) {
		return ErrConnectRedirect
	}
	if len(p.ResumeSelectedAccounts) > MaxAccounts {
		return ErrConnectAccounts
	}
	for _, id := range p.ResumeSelectedAccounts {
		if !guid.Is(id) {
			return ErrConnectAccounts
		}
	}
	if _, err := ParseTag(p.Tag); err != nil {
		return err
	}
	return p.ConnectOptions.check()
}

func isLandingPage(raw string) bool {
	if len(raw) > maxURLBytes || strings.ContainsFunc(raw, isControl) {
		return false
	}
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// query holds the parameters of a link, in the order in which they are added.
type query struct{ strings.Builder }

// add leaves out what is empty. A space is %20, which every reader of a query takes for one.
func (q *query) add(name, value string) {
	q.raw(name, strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
}

func (q *query) raw(name, value string) {
	if value == "" {
		return
	}
	separator := "&"
	if q.Len() == 0 {
		separator = "?"
	}
	_, _ = q.WriteString(separator + name + "=" + value) // It never fails.
}

func (q *query) flag(name string, on bool) {
	if on {
		q.raw(name, "true")
	}
}

// query writes the parameters in the order of the documentation's table. The ids of accounts
// have commas between them as they are, as the documentation prints them.
func (p ConnectParams) query() string {
	var q query
	q.add(authorizeTokenParam, opaque.Reveal(p.AuthorizeToken.Value))
	q.flag("demo", p.Demo)
	q.add("redirectUrl", p.RedirectURL)
	q.flag("jsRedirect", p.JSRedirect)
	q.add("language", p.Language)
	q.add("tag", p.Tag)
	q.flag("scheduleRefresh", p.ScheduleRefresh)
	q.add("requestId", opaque.Reveal(p.RequestID.Value))
	q.raw("resumeSelectedAccounts", strings.Join(p.ResumeSelectedAccounts, ","))
	p.write(&q)
	return q.String()
}
