package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// closingTime is what Chromium gets to end by itself.
const closingTime = 10 * time.Second

// Options say which browser to start.
type Options struct {
	// Directory is where Chromium keeps its things; nobody else may use it.
	Directory string
	// TrustedKeys are base64 SHA-256 hashes of public keys: a server that has one of
	// them is taken for whoever it says it is. [KeyOf] makes one of a certificate.
	TrustedKeys []string
}

// Browser is a Chromium that runs.
type Browser struct {
	cmd  *exec.Cmd
	pipe *pipe
	exit chan struct{}

	userAgent string

	mu    sync.Mutex
	pages map[string]*Page // by session
}

// Start starts Chromium. It runs until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	b := &Browser{
		cmd: exec.CommandContext(ctx, path, o.arguments()...), exit: make(chan struct{}), pages: map[string]*Page{},
	}
	if err := b.start(filepath.Join(o.Directory, "chromium.log")); err != nil {
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	if err := b.greet(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting Chromium: %w", err), b.Close())
	}
	return b, nil
}

// start gives Chromium the ends of two pipes, as its descriptors 3 and 4, and
// keeps the others.
func (b *Browser) start(logFile string) error {
	itsIn, to, err := os.Pipe()
	if err != nil {
		return err
	}
	from, itsOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, itsIn.Close(), to.Close())
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return errors.Join(err, itsIn.Close(), to.Close(), from.Close(), itsOut.Close())
	}
	b.cmd.ExtraFiles = []*os.File{itsIn, itsOut}
	b.cmd.Stdout, b.cmd.Stderr = log, log
	b.cmd.WaitDelay = closingTime
	if err := b.cmd.Start(); err != nil {
		return errors.Join(err, itsIn.Close(), to.Close(), from.Close(), itsOut.Close(), log.Close())
	}
	b.pipe = newPipe(to, from, b.dispatch)
	go func() {
		defer close(b.exit)
		_ = b.cmd.Wait() // ended on request, or because somebody killed it: both are fine
		_ = from.Close() // what its children still hold of the pipe is of no interest
	}()
	return errors.Join(itsIn.Close(), itsOut.Close(), log.Close())
}

// greet waits for the first answer, which names the version.
func (b *Browser) greet(ctx context.Context) error {
	var version struct{ UserAgent string }
	if err := b.pipe.call(ctx, "", "Browser.getVersion", none, &version); err != nil {
		return err
	}
	b.userAgent = strings.ReplaceAll(version.UserAgent, "HeadlessChrome", "Chrome")
	return nil
}

// none are the parameters of a call that has none.
var none = struct{}{}

// Close ends Chromium, by closing what it listens to, and returns when it is gone.
func (b *Browser) Close() error {
	err := b.pipe.to.Close()
	patience := time.NewTimer(closingTime)
	defer patience.Stop()
	select {
	case <-b.exit:
	case <-patience.C:
		err = errors.Join(err, b.cmd.Process.Kill())
		<-b.exit
	}
	return err
}

// dispatch hands an event to the page that it is about.
func (b *Browser) dispatch(m message) {
	b.mu.Lock()
	page := b.pages[m.SessionID]
	b.mu.Unlock()
	if page != nil {
		page.saw(m)
	}
}

// Person is somebody with cookies of their own. Their pages share them.
type Person struct {
	browser *Browser
	id      string
}

// NewPerson returns somebody who was never here before.
func (b *Browser) NewPerson(ctx context.Context) (*Person, error) {
	var made struct{ BrowserContextID string }
	if err := b.pipe.call(ctx, "", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &made); err != nil {
		return nil, fmt.Errorf("making room for a person: %w", err)
	}
	return &Person{browser: b, id: made.BrowserContextID}, nil
}

// Leave closes the person's pages and forgets their cookies.
func (p *Person) Leave(ctx context.Context) error {
	return p.browser.pipe.call(ctx, "", "Target.disposeBrowserContext", map[string]any{"browserContextId": p.id}, nil)
}

// Cookie is one that the browser keeps.
type Cookie struct {
	Name, Value, Domain, Path  string
	Secure, HTTPOnly, HostOnly bool
	SameSite                   string
}

// Cookies are all that the person has.
func (p *Person) Cookies(ctx context.Context) ([]Cookie, error) {
	var got struct{ Cookies []Cookie }
	if err := p.browser.pipe.call(ctx, "", "Storage.getCookies", map[string]any{"browserContextId": p.id}, &got); err != nil {
		return nil, fmt.Errorf("reading cookies: %w", err)
	}
	for i := range got.Cookies {
		got.Cookies[i].HostOnly = !strings.HasPrefix(got.Cookies[i].Domain, ".")
	}
	return got.Cookies, nil
}
