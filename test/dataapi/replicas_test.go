package dataapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestReplicas: any replica answers, and the leader alone reads. A read is passed on once at most.
func TestReplicas(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	leader := f.get("acme")
	f.expectAccounts(t, leader, "acme", 0)
	f.url, _, _ = f.StartServingData(patience)
	var other answer
	f.await("the other one passes reads on", 20*time.Second, func() bool {
		other = f.get("acme")
		return other.status == http.StatusOK
	})
	f.expectAccounts(t, other, "acme", 0)
	f.expectNoIdentifier(t, "acme", other)
	f.getIf("acme", leader.header.Get("ETag")).expect(t, http.StatusNotModified, "")
	if !strings.Contains(cluster.Gathered(t), `value:"Forwarded"`) {
		t.Error("the leader changed")
	}
	path := pathOf(f.Namespace, "acme")
	f.do(request{path: path, token: f.token, header: http.Header{"Flinks-Operator-Forwarded": {"1"}}}).expect(t, http.StatusServiceUnavailable, "NotLeader")
	f.do(request{path: path, token: f.Token(f.Namespace, "stranger", cluster.ForDataAPI)}).expect(t, http.StatusForbidden, "Forbidden")
	f.dataFault("acme", f.data("acme", large(f.ids["acme"][0])+",}", ""))
	isCutOff(t, f, "acme", f.get("acme"))
	f.Sim.ClearFaults()

	f.stop()
	f.await("the other one takes over", 30*time.Second, func() bool { return f.get("acme").status == http.StatusOK })
	f.CheckCanaries()
	f.CheckForbidden()
	f.CheckContract()
}

// TestWrongLeader: an address that someone else wrote into the Lease leads no token astray.
func TestWrongLeader(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	f.url, _, _ = f.StartServingData(patience)
	f.await("reads are passed on", 20*time.Second, func() bool { return f.get("acme").status == http.StatusOK })
	var requests atomic.Int64
	astray := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer astray.Close()
	for _, address := range []string{strings.TrimPrefix(astray.URL, "https://"), "elsewhere.example.com:443", ""} {
		f.Kubectl("annotate", "lease", "flinks-operator", "-n", cluster.LeaseNamespace, "--overwrite", "connect.flinks-operator.dev/data-api-address="+address)
		f.pass(2500 * time.Millisecond) // So long a replica believes what it read.
		f.get("acme").expect(t, http.StatusServiceUnavailable, "NotLeader")
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests go astray", n)
	}
}
