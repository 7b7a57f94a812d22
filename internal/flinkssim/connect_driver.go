package flinkssim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
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

// Begin opens a URL and stops there: the person takes one page after the other, by
// [Walk.Next], in their own time.
func (p Person) Begin(ctx context.Context, target string) (*Walk, error) {
	return p.begin(ctx, target, true)
}

// Resume opens a link to an open question and stops there. The person answers on that page, by
// [Walk.Rest], and gives no credentials.
func (p Person) Resume(ctx context.Context, reconnectURL string) (*Walk, error) {
	return p.begin(ctx, reconnectURL, false)
}

func (p Person) begin(ctx context.Context, target string, link bool) (*Walk, error) {
	w := &Walk{person: p, link: link, client: p.client()}
	return w, w.open(ctx, target)
}

// maxPages bounds a walk: the longest real one has seven pages.
const maxPages = 16

func (p Person) walk(ctx context.Context, start string, link bool) (LinkResult, error) {
	w, err := p.begin(ctx, start, link)
	if err != nil {
		return w.result, err
	}
	return w.Rest(ctx)
}

func (p Person) client() *http.Client {
	if p.Client != nil {
		return p.Client
	}
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &http.Client{Jar: jar}
}

func (p Person) answer(page *parsedPage, fields url.Values) error {
	known := FlinksCapitalAnswers()
	for _, q := range page.questions {
		given, ok := p.Answers[q.prompt]
		if !ok {
			given, ok = known[q.prompt]
		}
		if !ok {
			return fmt.Errorf("this person does not know the answer to a question of type %s", q.kind)
		}
		fields[q.field] = given
	}
	return nil
}
