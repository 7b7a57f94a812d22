package browser

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

func TestMain(m *testing.M) {
	testenv.Main(m, testenv.Options{ControllerManager: true, Isolated: true})
}

// certified is a server whose certificate every browser of these tests trusts,
// whatever name it is called by: httptest gives all servers the same.
var certified = sync.OnceValue(func() *httptest.Server { return httptest.NewTLSServer(nil) })

// browser is that of all tests. They share it, but no cookies.
var browser = sync.OnceValues(func() (*chromium.Browser, error) {
	b, err := chromium.Start(context.Background(), certified().Certificate())
	if err == nil {
		testenv.AtEnd(b.Close)
	}
	return b, err
})

// patience is how long the tests wait for anything that the operator does.
const patience = chromium.Patience

// named returns a server's address under another name, which leads to this machine.
func named(server *httptest.Server, host string) string {
	return strings.Replace(server.URL, "127.0.0.1", host, 1)
}
