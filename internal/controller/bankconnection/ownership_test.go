package bankconnection

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// fleetTime is when the claim of the connection under test was written.
var fleetTime = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)

// fleet is an API server with many connections, and a reconciler with the real cache of them. Two
// pairs of connections are bound to one login each, and the others have one of their own.
type fleet struct {
	objects    []v1alpha1.BankConnection
	reconciler *Reconciler
	cost       cost
}

// cost is what the API server had to do.
type cost struct {
	// Requests that it answered, and Objects that it ahead at for them.
	Requests, Objects int
}

// newFleet returns a fleet of so many connections, which the cache holds.
func newFleet(tb testing.TB, n int) *fleet {
	tb.Helper()
	f := &fleet{}
	for i := range n {
		f.objects = append(f.objects, member(i))
	}
	for _, claims := range []int{owner, other, n - 1} {
		f.objects[claims].Status.Refresh = &v1alpha1.RefreshStatus{State: v1alpha1.RefreshClaimed}
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		tb.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(v1alpha1.GroupVersion.WithKind("BankConnection"), meta.RESTScopeNamespace)
	config, caller := &rest.Config{Host: "http://apiserver.test", QPS: -1}, &http.Client{Transport: f}
	informers, err := cache.New(config, cache.Options{HTTPClient: caller, Scheme: scheme, Mapper: mapper, NewInformer: f.informer})
	if err != nil {
		tb.Fatal(err)
	}
	if err := login.AddIndexes(tb.Context(), informers); err != nil {
		tb.Fatal(err)
	}
	go func() { _ = informers.Start(tb.Context()) }()
	if !informers.WaitForCacheSync(tb.Context()) {
		tb.Fatal("the cache does not fill")
	}
	options := client.Options{HTTPClient: caller, Scheme: scheme, Mapper: mapper}
	live, err := client.New(config, options)
	if err != nil {
		tb.Fatal(err)
	}
	options.Cache = &client.CacheOptions{Reader: informers}
	cached, err := client.New(config, options)
	if err != nil {
		tb.Fatal(err)
	}
	clock := clocktesting.NewFakePassiveClock(fleetTime)
	f.reconciler = &Reconciler{
		Client: cached, Live: live, Clock: clock, Logins: &login.Reader{Client: cached, Live: live, Clock: clock},
	}
	return f
}

// Numbers of connections that share a login with the one beside them: the owner of one, and one
// that owns none.
const owner, other = 0, 3

// member returns a connection that is bound to its login, the later the higher its number is.
func member(n int) v1alpha1.BankConnection {
	login := n
	if n == owner+1 || n == other {
		login = n - 1
	}
	c := v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{
		Namespace: fmt.Sprintf("customers-%d", n%1000), Name: fmt.Sprintf("c%06d", n), UID: types.UID(fmt.Sprint(n)),
		ResourceVersion: "1", CreationTimestamp: metav1.NewTime(fleetTime.Add(-time.Hour)),
	}}
	c.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BankConnection"}
	c.Spec.InstanceRef = v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: "bank"}
	c.Spec.LoginIDSecretRef.Name = c.Name
	c.Status.Binding = &v1alpha1.Binding{
		LoginFingerprint: fmt.Sprintf("%032d", login), SecretName: c.Name,
		BoundTime: metav1.NewTime(fleetTime.Add(time.Duration(n) * time.Second).Add(-24 * time.Hour)),
	}
	return c
}

// informer returns the real one, but for where it lists from.
func (f *fleet) informer(_ toolscache.ListerWatcher, o runtime.Object, d time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	return toolscache.NewSharedIndexInformer(lister{f}, o, d, indexers)
}

// lister lists the fleet for the cache, which costs the checks nothing.
type lister struct{ f *fleet }

// List implements cache.ListerWatcher.
func (l lister) List(metav1.ListOptions) (runtime.Object, error) {
	return &v1alpha1.BankConnectionList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}, Items: l.f.objects}, nil
}

// Watch implements cache.ListerWatcher: nothing changes.
func (l lister) Watch(metav1.ListOptions) (watch.Interface, error) { return watch.NewFake(), nil }

// IsWatchListSemanticsUnSupported has the cache list, and not watch from the beginning.
func (l lister) IsWatchListSemanticsUnSupported() bool { return true }

// RoundTrip implements http.RoundTripper: it is the API server. One object is found by its
// name; of a list all are ahead at.
func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	f.cost.Requests++
	var n int
	if _, err := fmt.Sscanf(path.Base(r.URL.Path), "c%d", &n); r.Method != http.MethodGet || err != nil {
		f.cost.Objects += len(f.objects)
		return respond(r, v1alpha1.BankConnectionList{})
	}
	f.cost.Objects++
	return respond(r, f.objects[n])
}

func respond(r *http.Request, o any) (*http.Response, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encoding an answer: %w", err)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

// check makes the checks of one connection that come before a live call and before DeleteCard,
// and returns what they cost.
func (f *fleet) check(ctx context.Context, c *v1alpha1.BankConnection) (problem string, sharers int, took cost, err error) {
	f.cost = cost{}
	s := &scope{Inputs: lifecycle.Inputs{Facts: lifecycle.Facts{Connection: c}}}
	if problem, err = f.reconciler.ownedByDuplicate(ctx, s); err != nil {
		return "", 0, cost{}, err
	}
	shared, err := f.reconciler.Logins.Sharers(ctx, s.view, c)
	if err == nil {
		err = f.reconciler.fence(ctx, c)
	}
	return problem, len(shared), f.cost, err
}

const few, many = 100, 100_000

// TestOwnershipCostsTheSame at any number of connections: who else has a login is found without
// asking the API server for more than those that have it, and the object itself once more.
func TestOwnershipCostsTheSame(t *testing.T) {
	for _, n := range []int{few, many} {
		f := newFleet(t, n)
		for name, row := range map[string]struct {
			connection, sharers int
			problem             string
			cost                cost
		}{
			"the owner":               {owner, 1, "", cost{3, 3}},
			"the other one":           {other, 1, v1alpha1.ReasonDuplicateLogin, cost{3, 3}},
			"one that shares nothing": {n - 1, 0, "", cost{1, 1}},
		} {
			problem, sharers, took, err := f.check(t.Context(), &f.objects[row.connection])
			if err != nil || problem != row.problem || sharers != row.sharers {
				t.Errorf("%s of %d: %q, %d sharers, %v", name, n, problem, sharers, err)
			}
			if took != row.cost {
				t.Errorf("%s of %d costs %+v, want %+v", name, n, took, row.cost)
			}
		}
	}
}

// BenchmarkOwnership makes the checks of the owner of a shared login among few and among many
// connections, in turns, and reports how the times compare.
func BenchmarkOwnership(b *testing.B) {
	small, large := newFleet(b, few), newFleet(b, many)
	lasted := map[*fleet]time.Duration{}
	var last time.Duration
	for b.Loop() {
		for _, f := range []*fleet{small, large} {
			if _, _, _, err := f.check(b.Context(), &f.objects[owner]); err != nil {
				b.Fatal(err)
			}
			lasted[f] += b.Elapsed() - last
			last = b.Elapsed()
		}
	}
	b.ReportMetric(float64(lasted[small].Nanoseconds())/float64(b.N), "ns/few")
	b.ReportMetric(float64(lasted[large].Nanoseconds())/float64(b.N), "ns/many")
	b.ReportMetric(float64(lasted[large])/float64(lasted[small]), "many/few")
}
