package preview

import (
	"context"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// tokenPrefix makes the name of a view long enough for a token.
const tokenPrefix = "preview-of-the-page"

// Backend stands for the operator: the token of a link says what its page shows. A click leads
// nowhere.
type Backend struct{}

var _ linkapi.Backend = Backend{}

// Token returns the token of the link whose page shows a view in a language.
func Token(view linkapi.View, language string) string {
	return strings.Join([]string{tokenPrefix, Name(view), language}, "_")
}

// View implements linkapi.Backend.
func (Backend) View(_ context.Context, visit linkapi.Visit) (linkapi.View, error) {
	parts := strings.Split(visit.Token.Reveal(), "_")
	if len(parts) != 3 || parts[0] != tokenPrefix {
		return linkapi.View{State: linkapi.StateLinkInvalid}, nil
	}
	for _, view := range Views() {
		if Name(view) == parts[1] {
			view.Language = parts[2]
			return view, nil
		}
	}
	return linkapi.View{State: linkapi.StateLinkInvalid}, nil
}

// Open implements linkapi.Backend.
func (b Backend) Open(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	return b.View(ctx, visit)
}

// Start implements linkapi.Backend.
func (b Backend) Start(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	return b.View(ctx, visit)
}

// Prove implements linkapi.Backend.
func (b Backend) Prove(ctx context.Context, visit linkapi.Visit, _ linkapi.Identifier) (linkapi.View, error) {
	return b.View(ctx, visit)
}

// Logo implements linkapi.Backend.
func (Backend) Logo(context.Context, linkapi.Visit) ([]byte, error) { return logo, nil }

// Connect implements linkapi.Backend.
func (Backend) Connect(context.Context, linkapi.Visit) (linkapi.Identifier, error) {
	return linkapi.Identifier{}, linkapi.ErrUnavailable
}

// Finish implements linkapi.Backend.
func (b Backend) Finish(ctx context.Context, visit linkapi.Visit, _, _ linkapi.Identifier, _ ...linkapi.Identifier) (linkapi.View, error) {
	return b.View(ctx, visit)
}

// WebhookKeys implements linkapi.Backend.
func (Backend) WebhookKeys(context.Context, linkapi.Instance) ([]linkapi.Identifier, error) {
	return nil, linkapi.ErrNotFound
}

// Notify implements linkapi.Backend.
func (Backend) Notify(context.Context, linkapi.Instance, linkapi.Identifier) error {
	return linkapi.ErrNotFound
}
