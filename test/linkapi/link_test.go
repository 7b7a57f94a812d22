package linkapi

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

const gatewayURL = "https://connect.example.com"

// TestTwoReplicas: a bank is linked and let in again through the link API, under the
// rights that are shipped. Either replica answers each call, and one of them alone talks
// to the bank.
func TestTwoReplicas(t *testing.T) {
	c := newCluster(t)
	c.Guard(address)
	if err := c.Sim.SetKnobs(func(k *flinkssim.Knobs) {
		k.ProcessingDuration, k.FirstDetailsPending = time.Millisecond, false
	}); err != nil {
		t.Fatal(err)
	}
	first, _ := c.StartServing()
	second, _ := c.StartServing()
	replicas := [2]*linkapi.Client{c.Gateway(first), c.Gateway(second)}
	c.CreateInstance()
	c.AddGateway(gatewayURL)
	c.Apply(c.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	token := awaitLink(c, "acme", "")

	for i, replica := range replicas {
		awaitState(c, replica, token, linkapi.StateConnect)
		if _, err := replica.Start(t.Context(), visit(token)); err != nil {
			t.Errorf("replica %d: %v", i, err)
		}
	}
	url, err := replicas[0].Connect(t.Context(), visit(token))
	if err != nil {
		t.Fatal(err)
	}
	linked, err := (&flinkssim.Person{Username: "Greatday"}).Link(t.Context(), url.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	c.Guard(linked.LoginID)
	c.Eventually("the login is kept", 40*time.Second, func(ctx context.Context) (bool, error) {
		v, err := replicas[1].Finish(ctx, visit(token), linkapi.NewIdentifier(linked.LoginID), linkapi.NewIdentifier(linked.RequestID))
		return v.State == linkapi.StateDone, err
	})
	for _, replica := range replicas {
		awaitState(c, replica, token, linkapi.StateDone)
	}
	var secret corev1.Secret
	if err := c.Client.Get(t.Context(), client.ObjectKey{Namespace: c.Namespace, Name: "acme-login"}, &secret); err != nil {
		t.Fatal(err)
	}

	reconnect(c, replicas, linked.LoginID)
	if err := replicas[0].Notify(t.Context(), linkapi.Instance{Name: c.InstanceName()}, linkapi.NewIdentifier(linked.LoginID)); err != nil {
		t.Error(err)
	}
	if _, err := replicas[1].WebhookKeys(t.Context(), linkapi.Instance{Name: c.InstanceName()}); !errors.Is(err, linkapi.ErrNotFound) {
		t.Error(err)
	}
	if stats := c.Sim.LiveStats(); stats.MaxPerLogin > 1 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	metrics := cluster.Gathered(t)
	for _, want := range []string{"flinks_operator_link_api_calls_total", `value:"finish"`, `value:"NotFound"`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	uid := string(c.Get("acme").UID)
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--timeout=30s")
	expectRecords(c, uid, map[audit.Action]int{
		audit.LinkOpened:  4, // Two links, at two replicas.
		audit.LoginLinked: 1, audit.LoginBound: 1, audit.RefreshRequested: 1, audit.LoginDeleted: 1,
	})
	c.CheckCanaries()
	c.CheckForbidden()
}

// address is where the browser is.
const address = "198.51.100.207"

func visit(token linkapi.Identifier) linkapi.Visit {
	return linkapi.Visit{Token: token, Client: linkapi.NewIdentifier(address + "/32")}
}

// expectRecords asserts how often each action is recorded of an object. Those in a browser have one
// pseudonym, whichever replica recorded them.
func expectRecords(c *cluster.Cluster, uid string, want map[audit.Action]int) {
	c.T.Helper()
	got, pseudonyms := map[audit.Action]int{}, map[audit.Client]bool{}
	c.Eventually("the last record", 10*time.Second, func(context.Context) (bool, error) {
		clear(got)
		for line := range strings.Lines(cluster.Records.String()) {
			var r audit.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				return false, err
			}
			if r.Object.UID != uid {
				continue
			}
			got[r.Action]++
			if r.Client != nil {
				pseudonyms[*r.Client] = true
			}
		}
		return got[audit.LoginDeleted] > 0, nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		c.T.Errorf("records (-want +got):\n%s", diff)
	}
	if len(pseudonyms) != 1 || pseudonyms[audit.Client{}] {
		c.T.Errorf("the browser is %v", pseudonyms)
	}
}

// reconnect brings the connection to a question of the bank, which a customer answers:
// clicks at both replicas open no second session.
func reconnect(c *cluster.Cluster, replicas [2]*linkapi.Client, login string) {
	c.T.Helper()
	ctx := c.T.Context()
	// Data of the same second are no news.
	last := c.Get("acme").Status.LastRefreshTime
	c.Eventually("the next second", 3*time.Second, func(context.Context) (bool, error) {
		return c.Sim.Now().After(last.Add(1100 * time.Millisecond)), nil
	})
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	token := awaitLink(c, "acme", "MFARequired")
	awaitState(c, replicas[0], token, linkapi.StateResume)
	awaitState(c, replicas[1], token, linkapi.StateResume)
	before := c.Sim.LiveStats().Opened
	var wg sync.WaitGroup
	for _, replica := range replicas {
		wg.Go(func() { _, _ = replica.Start(ctx, visit(token)) }) // Nothing to start: the question is there.
	}
	wg.Wait()
	url, err := replicas[1].Connect(ctx, visit(token))
	if err != nil {
		c.T.Fatal(err)
	}
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(ctx, url.Reveal()); err != nil {
		c.T.Fatal(err)
	}
	if v, err := replicas[0].Finish(ctx, visit(token), linkapi.NewIdentifier(login), linkapi.Identifier{}); err != nil || v.State == linkapi.StateOtherLogin {
		c.T.Fatalf("%+v, %v", v, err)
	}
	awaitState(c, replicas[1], token, linkapi.StateDone)
	if after := c.Sim.LiveStats().Opened; after != before {
		c.T.Errorf("%d sessions more", after-before)
	}
}

// awaitLink returns the token of the link that a person is given for a reason; any if it is
// empty.
func awaitLink(c *cluster.Cluster, name, reason string) linkapi.Identifier {
	c.T.Helper()
	var token string
	c.Eventually("a link", 20*time.Second, func(ctx context.Context) (found bool, err error) {
		var connection v1alpha1.BankConnection
		err = c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, &connection)
		if r := connection.Status.Reconnect; r != nil && (reason == "" || r.Reason == reason) {
			token, found = strings.CutPrefix(r.Link.URL, gatewayURL+"/c/")
		}
		return found, err
	})
	return linkapi.NewIdentifier(token)
}

func awaitState(c *cluster.Cluster, replica *linkapi.Client, token linkapi.Identifier, want linkapi.State) {
	c.T.Helper()
	var last linkapi.View
	defer func() {
		if c.T.Failed() {
			c.T.Logf("the page shows %+v, of %+v", last, c.Get("acme").Status)
		}
	}()
	c.Eventually("state "+string(want), 30*time.Second, func(ctx context.Context) (done bool, err error) {
		last, err = replica.View(ctx, visit(token))
		return last.State == want, err
	})
	if last.ConnectOrigin != c.URL {
		c.T.Errorf("the page frames %q", last.ConnectOrigin)
	}
}

// TestReplicasAgreeOnTheirSecrets: of two that start at once one makes them, and what is
// there already is used.
func TestReplicasAgreeOnTheirSecrets(t *testing.T) {
	c := newCluster(t)
	// The right to write the Secrets of connections is another one, and can be withheld.
	c.Kubectl("delete", "clusterrolebinding", "flinks-operator-secret-delivery")
	t.Cleanup(func() { c.Kubectl("apply", "-k", filepath.Join(cluster.Root(t), "config", "default")) })
	c.Kubectl("delete", "secret", "flinks-operator-links", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace, "--ignore-not-found")
	urls := [2]string{}
	for i := range urls {
		urls[i], _ = c.StartServing()
	}
	versions := func() string {
		return c.Kubectl("get", "secret", "flinks-operator-links", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace,
			"-o", "jsonpath={.items[*].metadata.resourceVersion}")
	}
	for _, url := range urls {
		if _, err := c.Gateway(url).View(t.Context(), linkapi.Visit{Token: linkapi.NewIdentifier("x")}); err != nil {
			t.Errorf("%v", err)
		}
	}
	before := versions()
	third, _ := c.StartServing()
	if _, err := c.Gateway(third).View(t.Context(), linkapi.Visit{Token: linkapi.NewIdentifier("x")}); err != nil {
		t.Errorf("%v", err)
	}
	if after := versions(); after != before {
		t.Errorf("the Secrets were %s and are %s", before, after)
	}
}
