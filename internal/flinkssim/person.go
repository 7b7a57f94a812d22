package flinkssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
)

// Person drives the Connect page over HTTP as the bank's customer would: opens a
// URL, picks the bank, types, answers. It works through pages in front of
// Connect too, as long as they have one button, or one frame, to go on with.
type Person struct {
	// Username and Password; [DefaultUsername] and [DefaultPassword] by default.
	Username string
	Password string
	// Answers by prompt, for prompts that are to be answered differently from
	// [FlinksCapitalAnswers].
	Answers map[string][]string
	// Accounts to share, by id; the first one by default.
	Accounts []string
	// Client has to keep cookies if the pages in front of Connect need them; by
	// default it does, for one flow.
	Client *http.Client
	// FollowRedirect opens the landing page, as the browser would.
	FollowRedirect bool
}

// LinkResult is what the page tells the application that embeds it.
type LinkResult struct {
	LoginID     string
	Institution string
	RequestID   string
	RedirectURL string
	AccountIDs  []string
	// Events are the steps that were posted on the way, in order.
	Events []string
}

// PageError says that the flow ended on a page that offers no way on.
type PageError struct {
	// State is the page's: credential, mfa, failed, token-invalid or session-expired.
	State string
	// Code is the FlinksCode that the page shows, if any.
	Code string
}

// Error names the page and the code.
func (e *PageError) Error() string {
	return fmt.Sprintf("connect ended on page %q with code %q", e.State, e.Code)
}

// ErrNotResumed: the URL opened a fresh flow, where an open question was expected.
var ErrNotResumed = errors.New("the page asks for credentials instead of resuming")

// Link goes through the whole flow.
func (p Person) Link(ctx context.Context, connectURL string) (LinkResult, error) {
	return p.walk(ctx, connectURL, true)
}

// Answer answers the open question of a session that is resumed.
func (p Person) Answer(ctx context.Context, reconnectURL string) (LinkResult, error) {
	return p.walk(ctx, reconnectURL, false)
}

// maxPages bounds a walk: the longest real one has seven pages.
const maxPages = 16

func (p Person) walk(ctx context.Context, start string, link bool) (LinkResult, error) {
	w := &walk{person: p, link: link, client: p.client()}
	page, err := w.open(ctx, start)
	for range maxPages {
		if err != nil {
			return w.result, err
		}
		if page.state == stateDone {
			return w.finish(ctx, page)
		}
		page, err = w.goOn(ctx, page)
	}
	return w.result, errors.New("connect does not come to an end")
}

func (p Person) client() *http.Client {
	if p.Client != nil {
		return p.Client
	}
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &http.Client{Jar: jar}
}

// walk is one person on the way through the pages.
type walk struct {
	person Person
	link   bool
	client *http.Client
	result LinkResult
}

func (w *walk) goOn(ctx context.Context, page *parsedPage) (*parsedPage, error) {
	if page.code != "" {
		return nil, &PageError{State: page.state, Code: page.code}
	}
	fields := page.hidden
	switch page.state {
	case "":
		return w.passThrough(ctx, page)
	case stateInstitutions, stateCredential:
		if !w.link {
			return nil, ErrNotResumed
		}
		if page.state == stateCredential {
			fields.Set("username", cmp.Or(w.person.Username, DefaultUsername))
			fields.Set("password", cmp.Or(w.person.Password, DefaultPassword))
		}
	case stateMFA:
		if err := w.person.answer(page, fields); err != nil {
			return nil, err
		}
	case stateAccounts:
		fields["accountId"] = w.person.Accounts
		if len(w.person.Accounts) == 0 {
			fields["accountId"] = page.accountIDs[:min(1, len(page.accountIDs))]
		}
	default:
		return nil, &PageError{State: page.state, Code: page.code}
	}
	return w.submit(ctx, page, fields)
}

// passThrough leaves a page that is not Connect's by its one frame or button.
func (w *walk) passThrough(ctx context.Context, page *parsedPage) (*parsedPage, error) {
	switch {
	case page.frame != "":
		return w.open(ctx, page.resolve(page.frame))
	case page.hasForm:
		return w.submit(ctx, page, page.hidden)
	default:
		return nil, fmt.Errorf("the page at %s is not Connect, and has no way on", page.address.Host)
	}
}

func (p Person) answer(page *parsedPage, fields url.Values) error {
	known := FlinksCapitalAnswers()
	for _, q := range page.questions {
		given, ok := p.Answers[q.prompt]
		if !ok {
			given, ok = known[q.prompt]
		}
		if !ok {
			return fmt.Errorf("nobody told this person what to answer to a question of type %s", q.kind)
		}
		fields[q.field] = given
	}
	return nil
}

func (w *walk) finish(ctx context.Context, page *parsedPage) (LinkResult, error) {
	i := slices.IndexFunc(page.events, func(e pageEvent) bool { return e.Step == "REDIRECT" })
	if i < 0 {
		return w.result, errors.New("the last page posted no REDIRECT")
	}
	e := page.events[i]
	w.result.LoginID, w.result.Institution, w.result.RequestID = e.LoginID, e.Institution, e.RequestID
	w.result.RedirectURL, w.result.AccountIDs = e.URL, e.AccountID
	if w.person.FollowRedirect && e.URL != "" {
		_, _, err := w.fetch(ctx, http.MethodGet, e.URL, nil)
		return w.result, err
	}
	return w.result, nil
}

func (w *walk) open(ctx context.Context, target string) (*parsedPage, error) {
	return w.load(ctx, http.MethodGet, target, nil)
}

func (w *walk) submit(ctx context.Context, page *parsedPage, fields url.Values) (*parsedPage, error) {
	if !page.hasForm {
		return nil, &PageError{State: page.state, Code: page.code}
	}
	target := page.resolve(page.action)
	if page.method == http.MethodGet {
		return w.open(ctx, target+"?"+fields.Encode())
	}
	return w.load(ctx, http.MethodPost, target, fields)
}

func (w *walk) load(ctx context.Context, method, target string, fields url.Values) (*parsedPage, error) {
	address, body, err := w.fetch(ctx, method, target, fields)
	if err != nil {
		return nil, err
	}
	page, err := parsePage(address, body)
	if err != nil {
		return nil, err
	}
	for _, e := range page.events {
		w.result.Events = append(w.result.Events, cmp.Or(e.Step, e.FlinksCode))
	}
	return page, nil
}

// fetch names the host alone in its errors: the query holds tokens and ids.
func (w *walk) fetch(ctx context.Context, method, target string, fields url.Values) (*url.URL, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, nil, errors.New("opening a page: the address is not a URL")
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return nil, nil, fmt.Errorf("opening a page of %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("reading a page of %s: %w", req.URL.Host, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, nil, fmt.Errorf("opening a page of %s: status %d", resp.Request.URL.Host, resp.StatusCode)
	}
	return resp.Request.URL, body, nil
}
