package linkservice

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// View implements linkapi.Backend, out of the cache alone.
func (s *Service) View(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	return q.page, err
}

// Start implements linkapi.Backend.
func (s *Service) Start(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	if err != nil || !q.open || q.page.State != linkapi.StateStart {
		return q.page, err
	}
	q, err = s.ask(ctx, visit, lifecycle.InBrowser(q.challenge, lifecycle.RequestRefresh))
	return q.page, err
}
