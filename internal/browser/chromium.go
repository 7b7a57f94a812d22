package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Variable is the environment variable that may name the program to start.
const Variable = "CHROMIUM"

// programs are the names that Chromium and what is made of it have.
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

// arguments of a Chromium without a window, that talks to nobody on its own.
func (o Options) arguments() []string {
	args := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + o.Directory,
		"--disable-gpu", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
		"--no-first-run", "--no-default-browser-check", "--no-pings", "--metrics-recording-only",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps",
		"--disable-extensions", "--disable-sync", "--disable-breakpad", "--disable-client-side-phishing-detection",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--password-store=basic", "--use-mock-keychain",
		"--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
		// Frames of other sites stay in the process of their page, where one session reaches
		// them. What a page may know of another origin does not depend on that.
		"--disable-site-isolation-trials",
		"--disable-features=" + strings.Join([]string{
			"IsolateOrigins", "site-per-process", "Translate", "OptimizationHints", "MediaRouter",
			"HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PrivacySandboxSettings4",
		}, ","),
	}
	if len(o.TrustedKeys) > 0 {
		args = append(args, "--ignore-certificate-errors-spki-list="+strings.Join(o.TrustedKeys, ","))
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // which Chromium refuses to set up for root
	}
	return append(args, "about:blank")
}
