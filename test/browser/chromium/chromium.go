package chromium

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// Variable is the environment variable that may name the program to start.
const Variable = "CHROMIUM"

// programs are the names that Chromium and Chrome have.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// ErrNotFound says what to do without Chromium.
var ErrNotFound = errors.New("no Chromium: `make chromium` installs it on Debian and its like, " +
	"and $" + Variable + " names one that is elsewhere")

// Find returns the path of the Chromium to start.
func Find() (string, error) {
	if named := os.Getenv(Variable); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("looking for the Chromium that $%s names: %w", Variable, err)
		}
		return path, nil
	}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNotFound
}

// flags are those of a Chromium without a window that contacts no service of its own accord.
var flags = map[string]any{
	"mute-audio": true, "hide-scrollbars": true, "disable-gpu": true, "no-pings": true, "disable-component-update": true,
	"host-resolver-rules": "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
	// Frames of other sites stay in the process of their page, where one session reaches
	// them. What a page may know of another origin does not depend on that.
	"disable-site-isolation-trials": true,
	"disable-features": "IsolateOrigins,site-per-process,Translate,OptimizationHints,MediaRouter," +
		"HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PrivacySandboxSettings4",
}

// Browser is a Chromium that runs.
type Browser struct {
	ctx context.Context
	// userAgent is that of a Chromium with a window.
	userAgent string
}

// Start starts Chromium. It runs until Close, or until ctx ends. It trusts servers that have the
// key of one of these certificates, whatever name they are called by.
func Start(ctx context.Context, trusted ...*x509.Certificate) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	if len(trusted) > 0 {
		options = append(options, chromedp.Flag("ignore-certificate-errors-spki-list", keysOf(trusted)))
	}
	ctx, _ = chromedp.NewExecAllocator(ctx, options...)
	ctx, _ = chromedp.NewContext(ctx)
	version, err := chromedp.CallBrowser(ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return &Browser{ctx: ctx, userAgent: strings.ReplaceAll(version.UserAgent, "HeadlessChrome", "Chrome")}, nil
}

// Close ends Chromium and returns when it has ended.
func (b *Browser) Close() error { return chromedp.Cancel(b.ctx) }

// keysOf returns the SHA-256 hashes of the certificates' public keys, as Chromium wants them.
func keysOf(certificates []*x509.Certificate) string {
	var hashes []string
	for _, c := range certificates {
		sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
		hashes = append(hashes, base64.StdEncoding.EncodeToString(sum[:]))
	}
	return strings.Join(hashes, ",")
}
