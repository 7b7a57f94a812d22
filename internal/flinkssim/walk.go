package flinkssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Walk is one person on the way through the pages.
type Walk struct {
	person Person
	link   bool // credentials may be given; else a question must be open
	client *http.Client
	page   *parsedPage
	result LinkResult
}

// State returns that of the page that the person looks at, such as mfa or credential;
// empty in front of Connect.
func (w *Walk) State() string { return w.page.state }

// Options returns the options that Connect was opened with.
func (w *Walk) Options() ConnectOptions { return w.page.options }

// AsksForConsent reports whether the page that the person looks at asks for consent.
func (w *Walk) AsksForConsent() bool { return w.page.consent }

// AccountIDs returns the accounts that the person may select on this page.
func (w *Walk) AccountIDs() []string { return slices.Clone(w.page.accountIDs) }

// Done reports whether the flow ended with a REDIRECT.
func (w *Walk) Done() bool { return w.page.state == stateDone }

// Result returns what the pages told the application so far.
func (w *Walk) Result() LinkResult { return w.result }

// Rest goes on from the page that the person looks at, to the end.
func (w *Walk) Rest(ctx context.Context) (LinkResult, error) {
	for range maxPages {
		if w.Done() {
			return w.result, nil
		}
		if err := w.Next(ctx); err != nil {
			return w.result, err
		}
	}
	return w.result, errors.New("connect does not come to an end")
}

// Next does what the page asks for, which leads to the next one.
func (w *Walk) Next(ctx context.Context) error {
	page := w.page
	if page.code != "" {
		return &PageError{State: page.state, Code: page.code}
	}
	fields := page.hidden
	switch page.state {
	case "":
		return w.passThrough(ctx)
	case stateInstitutions, stateCredential:
		if !w.link {
			return ErrNotResumed
		}
		if page.state == stateCredential {
			fields.Set("username", cmp.Or(w.person.Username, DefaultUsername))
			fields.Set("password", cmp.Or(w.person.Password, DefaultPassword))
		}
	case stateMFA:
		if err := w.person.answer(page, fields); err != nil {
			return err
		}
	case stateAccounts:
		fields["accountId"] = w.person.Accounts
		if len(w.person.Accounts) == 0 {
			fields["accountId"] = page.accountIDs[:min(1, len(page.accountIDs))]
		}
	default:
		return &PageError{State: page.state, Code: page.code}
	}
	return w.submit(ctx, fields)
}

// passThrough leaves a page that is not Connect's by its one frame or button.
func (w *Walk) passThrough(ctx context.Context) error {
	switch {
	case w.page.frame != "":
		return w.open(ctx, w.page.resolve(w.page.frame))
	case w.page.hasForm:
		return w.submit(ctx, w.page.hidden)
	default:
		return fmt.Errorf("the page at %s is not Connect, and has no way on", w.page.address.Host)
	}
}

func (w *Walk) open(ctx context.Context, target string) error {
	return w.load(ctx, http.MethodGet, target, nil)
}

func (w *Walk) submit(ctx context.Context, fields url.Values) error {
	if !w.page.hasForm {
		return &PageError{State: w.page.state, Code: w.page.code}
	}
	target := w.page.resolve(w.page.action)
	if w.page.method == http.MethodGet {
		return w.open(ctx, target+"?"+fields.Encode())
	}
	return w.load(ctx, http.MethodPost, target, fields)
}

func (w *Walk) load(ctx context.Context, method, target string, fields url.Values) error {
	address, body, err := w.fetch(ctx, method, target, fields)
	if err != nil {
		return err
	}
	if w.page, err = parsePage(address, body); err != nil {
		return err
	}
	for _, e := range w.page.events {
		w.result.Events = append(w.result.Events, cmp.Or(e.Step, e.FlinksCode))
	}
	if w.Done() {
		return w.finish(ctx)
	}
	return nil
}

func (w *Walk) finish(ctx context.Context) error {
	i := slices.IndexFunc(w.page.events, func(e pageEvent) bool { return e.Step == "REDIRECT" })
	if i < 0 {
		return errors.New("the last page posted no REDIRECT")
	}
	e := w.page.events[i]
	w.result.LoginID, w.result.Institution, w.result.RequestID = e.login(), e.Institution, e.RequestID
	w.result.RedirectURL, w.result.AccountIDs = e.URL, e.AccountID
	if w.person.FollowRedirect && w.page.target != "" {
		_, _, err := w.fetch(ctx, http.MethodGet, w.page.target, nil)
		return err
	}
	return nil
}

// fetch names the host alone in its errors: the query holds tokens and ids.
func (w *Walk) fetch(ctx context.Context, method, target string, fields url.Values) (*url.URL, []byte, error) {
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
