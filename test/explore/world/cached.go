package world

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// cachedClient is the client of a process whose cache may be older than its own writes.
type cachedClient struct {
	client.Client
	p *Process
}

// Get implements client.Reader.
func (c cachedClient) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	err := c.Client.Get(ctx, key, o, opts...)
	if old := c.p.old(); old != nil {
		return old.Get(ctx, key, o, opts...)
	}
	return err
}

// List implements client.Reader.
func (c cachedClient) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	err := c.Client.List(ctx, list, opts...)
	if old := c.p.old(); old != nil {
		return old.List(ctx, list, opts...)
	}
	return err
}

// old returns the cache as it was at the version that the newest read is to be answered from; nil
// if it is answered as it is.
func (p *Process) old() *apiserver.Cache {
	if p.stale == 0 {
		return nil
	}
	version := p.stale
	p.stale = 0
	old := p.w.Server.NewCache()
	if err := manager.AddIndexes(p.ctx, old); err != nil {
		panic(err)
	}
	for _, kind := range p.Cache.Kinds() {
		old.Relist(kind, min(version, p.Cache.ResourceVersion(kind)))
	}
	return old
}
