package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// finisher answers Done, unless the request was canceled.
type finisher struct{ linkapi.Backend }

func (finisher) Finish(ctx context.Context, _ linkapi.Visit, _, _ linkapi.Identifier, _ ...linkapi.Identifier) (linkapi.View, error) {
	if ctx.Err() != nil {
		return linkapi.View{}, linkapi.ErrUnavailable
	}
	return linkapi.View{State: linkapi.StateDone}, nil
}

// TestFinishGoesOn: a customer who closes the page now has linked their bank all the same.
func TestFinishGoesOn(t *testing.T) {
	t.Parallel()
	g := NewGateway(Config{Backend: finisher{}, Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler), Limits: DefaultLimits()})
	for path, body := range map[string]string{"/c/" + aToken + "/finish": aPost, "/landed": landed("", true)} {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: cookieName, Value: aToken})
		w := httptest.NewRecorder()
		g.Public().ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"Done"`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
