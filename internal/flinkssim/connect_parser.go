package flinkssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// parsedPage is what a person sees of a page.
type parsedPage struct {
	address *url.URL
	state   string
	code    string
	events  []pageEvent

	hasForm        bool
	method, action string
	hidden         url.Values
	questions      []pageQuestion
	accountIDs     []string
	frame          string
	target         string // the landing page
	options        ConnectOptions
	consent        bool // the person is asked for it
}

type pageQuestion struct{ field, kind, prompt string }

// pageEvent holds the fields of the posted events that matter to a person.
type pageEvent struct {
	Step        string   `json:"step"`
	FlinksCode  string   `json:"flinksCode"`
	LoginID     string   `json:"loginId"`
	Institution string   `json:"institution"`
	RequestID   string   `json:"requestId"`
	URL         string   `json:"url"`
	AccountID   []string `json:"accountId"`
}

// login returns the loginId, which some sessions name in the url alone.
func (e pageEvent) login() string {
	if u, err := url.Parse(e.URL); err == nil && e.LoginID == "" {
		return u.Query().Get("loginId")
	}
	return e.LoginID
}

func parsePage(address *url.URL, body []byte) (*parsedPage, error) {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	page := &parsedPage{address: address, hidden: url.Values{}}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if err := page.see(n); err != nil {
			return nil, err
		}
	}
	return page, nil
}

func (page *parsedPage) see(n *html.Node) error {
	switch n.Data {
	case "body":
		page.state, page.code = attr(n, "data-state"), attr(n, "data-error")
	case "iframe":
		page.frame = attr(n, "src")
	case "a":
		if attr(n, "id") == "continue" {
			page.target = attr(n, "href")
		}
	case "form":
		page.hasForm, page.action = true, attr(n, "action")
		page.method = http.MethodGet
		if strings.EqualFold(attr(n, "method"), "post") {
			page.method = http.MethodPost
		}
	case "fieldset":
		if prompt := attr(n, "data-prompt"); prompt != "" {
			page.questions = append(page.questions, pageQuestion{attr(n, "data-field"), attr(n, "data-type"), prompt})
		}
	case "input":
		page.seeInput(n)
	case "section":
		page.consent = page.consent || attr(n, "id") == "consent"
	case "script":
		return page.seeScript(n)
	}
	return nil
}

func (page *parsedPage) seeScript(n *html.Node) error {
	var into any
	switch attr(n, "id") {
	case "flinks-events":
		into = &page.events
	case "connect-options":
		into = &page.options
	}
	if into == nil || n.FirstChild == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(n.FirstChild.Data), into); err != nil {
		return fmt.Errorf("reading what a page was told: %w", err)
	}
	return nil
}

func (page *parsedPage) seeInput(n *html.Node) {
	switch {
	case attr(n, "type") == "hidden":
		page.hidden.Add(attr(n, "name"), attr(n, "value"))
	case attr(n, "name") == "accountId":
		page.accountIDs = append(page.accountIDs, attr(n, "value"))
	}
}

func (page *parsedPage) resolve(ref string) string {
	u, err := page.address.Parse(ref)
	if err != nil {
		return ref
	}
	return u.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
