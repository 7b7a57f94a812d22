package reconcile

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for the API server more than they compute.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testenv.Main(m, testenv.Options{})
}

// logs is every log line of every test.
var logs = testenv.CaptureLog()

// cached is a client as the manager has it: reads come from a cache with the
// controllers' indexes, and see the client's own writes.
var cached = struct {
	once   sync.Once
	scheme *kruntime.Scheme
	reader client.Reader
	client client.WithWatch
	live   client.WithWatch
	err    error
}{}

func clients(t *testing.T, cfg *rest.Config) (withCache, live client.WithWatch) {
	t.Helper()
	cached.once.Do(func() { cached.err = startCache(cfg) })
	if cached.err != nil {
		t.Fatalf("starting the cache: %v", cached.err)
	}
	return cached.client, cached.live
}

func startCache(cfg *rest.Config) error {
	scheme, err := manager.NewScheme()
	if err != nil {
		return err
	}
	// The cache lives as long as the test binary.
	ctx := context.Background()
	c, err := cache.New(cfg, cache.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	if err := manager.AddIndexes(ctx, c); err != nil {
		return err
	}
	go func() {
		if err := c.Start(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "cache:", err)
		}
	}()
	if !c.WaitForCacheSync(ctx) {
		return fmt.Errorf("the cache did not fill")
	}
	cached.scheme, cached.reader = scheme, c
	if cached.live, err = client.NewWithWatch(cfg, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	cached.client, err = newCachedClient(cfg)
	return err
}

func newCachedClient(cfg *rest.Config) (client.WithWatch, error) {
	return client.NewWithWatch(cfg, client.Options{
		Scheme: cached.scheme,
		Cache: &client.CacheOptions{
			Reader:                          cached.reader,
			DisableFor:                      []client.Object{&corev1.Secret{}},
			EnableReadYourWritesConsistency: new(true),
		},
	})
}
