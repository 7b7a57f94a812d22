package dataapi

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// huge is in front of Flinks, and answers the data calls of applications with so many bytes.
func huge(f *fixture, size int) http.Handler {
	behind := f.Sim.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isForApplication(req) {
			behind.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"HttpStatusCode":200,"Accounts":[`)
		for i := range accountsOfHuge {
			id := f.ids["acme"][i%3]
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			_, _ = io.WriteString(w, `{"Transactions":[{"Description":"first"}`)
			for range size / accountsOfHuge / 100 {
				if _, err := io.WriteString(w, `,{"Description":"`+padding+`"}`); err != nil {
					return
				}
			}
			_, _ = io.WriteString(w, `],"Id":"`+id+`"}`)
		}
		_, _ = io.WriteString(w, `],"Login":{"Id":"`+f.logins["acme"]+`"}}`)
	})
}

// isForApplication reports whether a request is a data call for an application: the operator's own asks
// for no identity. It leaves the body to be read again.
func isForApplication(req *http.Request) bool {
	if !strings.HasSuffix(req.URL.Path, "/GetAccountsDetail") {
		return false
	}
	body, err := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && bytes.Contains(body, []byte(`"WithAccountIdentity":true`))
}

const accountsOfHuge = 12

var padding = strings.Repeat("x", 81)

// newHuge returns a fixture whose connection has a lot of data.
func newHuge(t *testing.T, size int, change ...func(*manager.Options)) *fixture {
	t.Helper()
	f := &fixture{Cluster: cluster.New(t), logins: map[string]string{}, ids: map[string][]string{}}
	f.logins["acme"] = f.Login("acme", "greatday_nomfa+huge")
	f.ids["acme"] = f.accountsOf(f.logins["acme"])
	front := httptest.NewServer(huge(f, size))
	t.Cleanup(front.Close)
	f.URL = front.URL
	f.CreateInstance()
	f.serve(change...)
	f.Apply(f.Connection("acme", f.selection("acme", 0, 1, 2)))
	f.awaitCollected("acme")
	return f
}

// TestHugeAnswer: the memory that an answer takes does not depend on its size.
func TestHugeAnswer(t *testing.T) {
	const size = 30 << 20
	f := newHuge(t, size)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	res := f.open(t)
	defer func() { _ = res.Body.Close() }()
	total, most := 0, uint64(0)
	buffer := make([]byte, 64<<10)
	for i := 0; ; i++ {
		n, err := res.Body.Read(buffer)
		total += n
		if i%64 == 0 {
			runtime.GC() // What is in use is of interest, and not when it is swept up.
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d MiB, and %d KiB of heap more", total>>20, (int64(most)-int64(before.HeapInuse))>>10)
	if total < size {
		t.Errorf("%d bytes", total)
	}
	if int64(most)-int64(before.HeapInuse) > 16<<20 {
		t.Errorf("the heap grows from %d to %d bytes", before.HeapInuse, most)
	}
}

// open begins to read the data of acme.
func (f *fixture) open(t *testing.T) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+pathOf(f.Namespace, "acme"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.token)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.authorities, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	return res
}

// TestSlowReader: one that does not read is cut off, and keeps others from nothing meanwhile.
func TestSlowReader(t *testing.T) {
	f := newHuge(t, 20<<20, func(o *manager.Options) { o.DataWriteTimeout = 8 * time.Second })
	res := f.open(t)
	defer func() { _ = res.Body.Close() }()
	begun := f.Sim.Now()
	second := f.open(t) // The call of the first one is over, as far as the limits go.
	_ = second.Body.Close()
	f.await("the slow reader is cut off", 20*time.Second, func() bool { return f.Sim.Now().Sub(begun) > 9*time.Second })
	if n, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Errorf("it gets all %d bytes", n)
	}
}
