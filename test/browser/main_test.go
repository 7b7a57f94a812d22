package browser

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, testenv.Options{ControllerManager: true, Isolated: true})
}

// patience is how long a person waits for anything on a busy machine.
const patience = 30 * time.Second

// pictures is where screenshots go.
const pictures = "screenshots"

// certified is a server whose certificate every browser of these tests trusts,
// whatever name it is called by: httptest gives all servers the same.
var certified = sync.OnceValue(func() *httptest.Server { return httptest.NewTLSServer(nil) })

// chromium is the one browser of all tests. People share it, but no cookies.
var chromium = sync.OnceValues(func() (*browser.Browser, error) {
	directory, err := os.MkdirTemp("", "flinks-browser-")
	if err != nil {
		return nil, err
	}
	testenv.AtEnd(func() error { return os.RemoveAll(directory) })
	b, err := browser.Start(context.Background(), browser.Options{
		Directory: directory, TrustedKeys: []string{browser.KeyOf(certified().Certificate())},
	})
	if err == nil {
		testenv.AtEnd(b.Close)
	}
	return b, err
})

// named is a server's address under another name, which leads to this machine.
func named(server *httptest.Server, host string) string {
	return strings.Replace(server.URL, "127.0.0.1", host, 1)
}
