package linkservice

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// View implements linkapi.Backend, out of the cache alone but for the logo.
func (s *Service) View(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	if err == nil {
		q.page.Brand.Logo = s.logoOf(ctx, q.instance).digest
	}
	return q.page, err
}

// Open implements linkapi.Backend. What is not the first opening is answered out of the cache alone.
func (s *Service) Open(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	if err != nil || !q.shows() {
		return q.page, err
	}
	opening := lifecycle.OpenLink
	if !q.open { // Nothing is asked of Flinks for a browser that has yet to be vouched for.
		opening = lifecycle.Travel(v1alpha1.JourneyOpened, lifecycle.UseLink)
	}
	if _, isNews := opening(s.Clock.Now(), lifecycle.Inputs{Facts: q.facts}); !isNews {
		return q.page, nil
	}
	q, err = s.askWhere(ctx, visit, opening, linkRequest.shows)
	return q.page, err
}

// shows reports whether the link is the newest one, and is not used in another browser.
func (q linkRequest) shows() bool { return q.open || q.page.State == linkapi.StateProofRequired }

// Start implements linkapi.Backend.
func (s *Service) Start(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	q, err := s.read(ctx, visit, cached)
	if err != nil || !q.open {
		return q.page, err
	}
	if _, starts := lifecycle.RequestRefresh(s.Clock.Now(), lifecycle.Inputs{Facts: q.facts}); !starts {
		return q.page, nil
	}
	q, err = s.ask(ctx, visit, lifecycle.Travel(v1alpha1.JourneyOpened, lifecycle.InBrowser(q.challenge, lifecycle.RequestRefresh)))
	return q.page, err
}
