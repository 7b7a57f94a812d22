package browser

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
)

// patience is how long a person waits for anything on a busy machine.
const patience = 30 * time.Second

// pictures is where screenshots go.
const pictures = "screenshots"

// certified is a server whose certificate every browser of these tests trusts,
// whatever name it is called by: httptest gives all servers the same.
var certified = sync.OnceValue(func() *httptest.Server { return httptest.NewTLSServer(nil) })

var profile string

// chromium is the one browser of all tests. People share it, but no cookies.
var chromium = sync.OnceValues(func() (*browser.Browser, error) {
	var err error
	if profile, err = os.MkdirTemp("", "flinks-browser-"); err != nil {
		return nil, err
	}
	return browser.Start(context.Background(), browser.Options{
		Directory: profile, TrustedKeys: []string{browser.KeyOf(certified().Certificate())},
	})
})

func closeBrowser() {
	if b, err := chromium(); err == nil {
		if err := b.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing Chromium:", err)
		}
	}
	_ = os.RemoveAll(profile)
}

// named is a server's address under another name, which leads to this machine.
func named(server *httptest.Server, host string) string {
	return strings.Replace(server.URL, "127.0.0.1", host, 1)
}
