package client

import (
	"fmt"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func routed(t *testing.T, instance, proxy string) flinks.Endpoint {
	t.Helper()
	ep, err := flinks.EndpointFor(instance, "43387ca6-0391-4c82-857d-70d95f087ecb")
	if err != nil {
		t.Fatal(err)
	}
	if ep, err = ep.By(flinks.Network{Proxy: proxy}); err != nil {
		t.Fatal(err)
	}
	return ep
}

// TestRoutesAreShared by instances with the same way, and end with the last that used them.
func TestRoutesAreShared(t *testing.T) {
	var r routes
	a, _ := r.to(routed(t, "a", "http://proxy:3128"))
	b, ok := r.to(routed(t, "b", "http://proxy:3128/"))
	if !ok || a.pooled != b.pooled || a.fresh != b.fresh || a.pooled == a.fresh {
		t.Error("two instances do not share the way that they have in common")
	}
	r.to(routed(t, "a", "http://other:3128"))
	if len(r.all) != 2 {
		t.Errorf("%d ways, want that of a and that of b", len(r.all))
	}
	r.to(routed(t, "b", ""))
	if len(r.all) != 1 || len(r.callers) != 1 {
		t.Errorf("%d ways of %d instances, want that of a alone", len(r.all), len(r.callers))
	}
}

// TestRoutesAreBounded, however many instances there are.
func TestRoutesAreBounded(t *testing.T) {
	var r routes
	for i := range 3 * maxRoutes {
		if _, ok := r.to(routed(t, fmt.Sprint("i", i), fmt.Sprintf("http://proxy:%d", 1000+i))); !ok {
			t.Fatal("no way")
		}
	}
	if len(r.all) != maxRoutes || len(r.callers) != maxRoutes {
		t.Errorf("%d ways of %d instances", len(r.all), len(r.callers))
	}
}
