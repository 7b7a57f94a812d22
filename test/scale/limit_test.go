package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// workers is how many things are done at once, by the bare client as by the manager.
const workers = 64

// each does something for each number below n, and shows progress.
func each(t *testing.T, what string, n int, do func(i int) error) {
	t.Helper()
	var mu sync.Mutex
	var failures []error
	next, told, began := 0, wall.Now(), wall.Now()
	take := func() (i int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if wall.Since(told) > 10*time.Second {
			told = wall.Now()
			say("%s: %d of %d, %s", what, next, n, wall.Since(began).Round(time.Second))
		}
		next++
		return next - 1, next <= n && len(failures) == 0
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := do(i); err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// bare does with a plain client the least that the operator has to do for new connections, and returns how
// many it did in a second: it creates the object, reads the Secret, protects both, asks Flinks for the
// state and the data, and writes the status of one that has converged.
func bare(c *cluster.Cluster, prefix string, n int) (perSecond float64) {
	c.T.Helper()
	direct := c.Client
	seed(c, direct, prefix, n)
	var converged v1alpha1.BankConnection
	if err := direct.Get(c.T.Context(), client.ObjectKey{Namespace: c.Namespace, Name: "first-0"}, &converged); err != nil {
		c.T.Fatal(err)
	}
	began := wall.Now()
	each(c.T, "bare client", n, func(i int) error {
		return bareOne(c, direct, fmt.Sprintf("%s-%d", prefix, i), &converged.Status)
	})
	perSecond = float64(n) / wall.Since(began).Seconds()
	each(c.T, "removal", n, func(i int) error {
		return remove(c.T.Context(), direct, cluster.NewConnection(c.Namespace, fmt.Sprintf("%s-%d", prefix, i), "none"))
	})
	return perSecond
}

// remove removes an object that a manager must not find.
func remove(ctx context.Context, direct client.Client, o client.Object) error {
	if err := direct.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
		return err
	}
	return direct.Delete(ctx, o)
}

func bareOne(c *cluster.Cluster, direct client.Client, name string, status *v1alpha1.BankConnectionStatus) error {
	ctx, o := c.T.Context(), cluster.NewConnection(c.Namespace, name, "none")
	var secret corev1.Secret
	if err := errors.Join(
		direct.Create(ctx, o),
		direct.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name + "-login"}, &secret),
		protect(ctx, direct, o), protect(ctx, direct, &secret),
	); err != nil {
		return err
	}
	if err := callFlinks(ctx, c, string(secret.Data["loginId"])); err != nil {
		return err
	}
	o.Status = *status.DeepCopy()
	return direct.Status().Update(ctx, o)
}

func protect(ctx context.Context, direct client.Client, o client.Object) error {
	before := o.DeepCopyObject().(client.Object)
	o.SetFinalizers([]string{"example.com/bare"})
	return direct.Patch(ctx, o, client.MergeFrom(before))
}

// callFlinks asks for a token, the state of a login and its data.
func callFlinks(ctx context.Context, c *cluster.Cluster, loginID string) error {
	keys := c.Sim.Credentials()
	var token struct{ Token string }
	err := post(ctx, c, "GenerateAuthorizeToken", http.Header{"Flinks-Auth-Key": {keys.SecretKey}}, nil, &token)
	var session map[string]any
	if err == nil {
		err = post(ctx, c, "Authorize", http.Header{"Flinks-Auth-Key": {token.Token}}, map[string]any{"LoginId": loginID, "MostRecentCached": true}, &session)
	}
	if err == nil {
		err = post(ctx, c, "GetAccountsDetail", http.Header{"X-Api-Key": {keys.APIKey}}, map[string]any{"RequestId": session["RequestId"]}, &struct{}{})
	}
	return err
}

func post(ctx context.Context, c *cluster.Cluster, operation string, header http.Header, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/v3/"+c.Sim.Credentials().CustomerID+"/BankingServices/"+operation, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header = header
	request.Header.Set("Content-Type", "application/json")
	response, err := flinksConnections.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered %s", operation, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

var flinksConnections = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}

// seed makes logins at Flinks, and the Secrets for them.
func seed(c *cluster.Cluster, direct client.Client, prefix string, n int) {
	c.T.Helper()
	each(c.T, "Secrets", n, func(i int) error {
		name := fmt.Sprintf("%s-%d", prefix, i)
		id := c.Sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa+" + name, LastRefresh: c.Sim.Now().Add(-time.Hour)})
		return direct.Create(c.T.Context(), cluster.LoginSecret(c.Namespace, name, id))
	})
}
