package gateway

import (
	"html/template"
	"net/url"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// brand is what a page shows of the company that asks, besides its name.
type brand struct {
	Help    string
	Contact []reference
	Privacy *reference
}

// reference is a link out of the page. NewTab says so in words if it opens another tab, so that
// the page stays where it is.
type reference struct {
	URL          template.URL
	Text, NewTab string
}

// brand returns what the page of a view shows of the company; nil if nothing is known.
func (t texts) brand(b linkapi.Brand) *brand {
	shown := brand{Help: t.help}
	if b.SupportEmail != "" {
		shown.Contact = append(shown.Contact, reference{URL: mailTo(b.SupportEmail), Text: b.SupportEmail})
	}
	if b.SupportPhone != "" {
		shown.Contact = append(shown.Contact, reference{URL: call(b.SupportPhone), Text: b.SupportPhone})
	}
	if page := t.outside(b.SupportURL, t.helpPage); page != nil {
		shown.Contact = append(shown.Contact, *page)
	}
	shown.Privacy = t.outside(b.PrivacyURL, t.privacy)
	if len(shown.Contact) == 0 && shown.Privacy == nil {
		return nil
	}
	return &shown
}

// outside returns a link to a web page that is reached by https; nil for any other URL.
func (t texts) outside(raw, text string) *reference {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil
	}
	return &reference{URL: template.URL(u.String()), Text: text, NewTab: t.newTab} //nolint:gosec // It is https.
}

// mailTo returns the URL of an e-mail address.
func mailTo(address string) template.URL {
	return template.URL("mailto:" + url.PathEscape(address)) //nolint:gosec // It is escaped.
}

// call returns the URL of a telephone number: its digits, and the + before them.
func call(number string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r == '+' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, number)
	return template.URL("tel:" + digits) //nolint:gosec // It consists of digits.
}
