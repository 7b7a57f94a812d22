package dataclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// canary is the token that all requests carry.
const canary = "canary-token"

// from returns a source with always the same content.
func from(text string) dataclient.Source {
	return func(context.Context) ([]byte, error) { return []byte(text), nil }
}

// authority returns the certificate of a server in PEM.
func authority(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// serving returns a client of a server that answers as the handler does.
func serving(t *testing.T, h http.HandlerFunc) *dataclient.Client {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL, from(canary), from(authority(server)))
}

func clientOf(t *testing.T, url string, token, authorities dataclient.Source) *dataclient.Client {
	t.Helper()
	client, err := dataclient.New(url, token, authorities)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// answers is a handler with one answer: a status, a type and a body.
func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// backend has the data of one connection.
type backend struct{ body string }

// Read implements dataapi.Backend.
func (b backend) Read(_ context.Context, asked dataapi.Request) (dataapi.Answer, error) {
	version := dataapi.Version{UID: "u", DataTime: time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)}
	if asked.Has != nil && asked.Has(version) {
		return dataapi.Answer{Version: version}, nil
	}
	return dataapi.Answer{Version: version, Data: &dataapi.Data{
		Body: io.NopCloser(strings.NewReader(b.body)), IsLogin: func(string) bool { return true }, Reveals: func(string) bool { return false }, Done: func(int, bool) {},
	}}, nil
}

// serveExample serves data until the process ends, and returns what a pod has mounted.
func serveExample() (url, tokenFile, caFile string) {
	body := `{"HttpStatusCode":200,"Accounts":[{"Id":"a","Balance":{"Current":1000}},{"Id":"b","Balance":{"Current":234.5}}]}`
	server := httptest.NewTLSServer(&dataapi.Server{Backend: backend{body}})
	dir, err := os.MkdirTemp("", "dataclient")
	if err != nil {
		panic(err)
	}
	tokenFile, caFile = filepath.Join(dir, "token"), filepath.Join(dir, "ca.crt")
	for file, text := range map[string]string{tokenFile: canary + "\n", caFile: authority(server)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	return server.URL, tokenFile, caFile
}

// anotherAuthority signed no certificate of these tests.
var anotherAuthority = selfSigned()

// selfSigned returns a certificate that no server has.
func selfSigned() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
