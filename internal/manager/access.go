package manager

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	ctrl "sigs.k8s.io/controller-runtime"
)

const (
	// reviewLifetime is how long a review of a token is good for.
	reviewLifetime = time.Minute
	reviewTimeout  = 10 * time.Second
	// allowedLifetime and deniedLifetime are how long an answer about rights is good for.
	allowedLifetime, deniedLifetime = time.Minute, 30 * time.Second
)

// protection says what an API asks of its callers.
type protection struct {
	// name of the API in logs.
	name string
	// audience that tokens must be for.
	audience string
	// attributes are what a caller must be allowed to do; false if the request is for nothing
	// that exists.
	attributes func(*http.Request) (authorizer.AttributesRecord, bool)
	// refuse answers a request that is not let through. No answer names the caller.
	refuse func(w http.ResponseWriter, status int)
	// admit returns the request of a caller that may make it.
	admit func(req *http.Request, caller user.Info) *http.Request
}

// accessFilter lets the calls through that the API server authenticates and authorizes. The
// filter of controller-runtime accepts tokens for the API server; this one accepts only
// tokens for one API.
type accessFilter struct {
	protection

	next       http.Handler
	logError   func(err error, message string, keysAndValues ...any)
	tokens     authenticator.Token
	authorizer authorizer.Authorizer
}

// protect refuses callers that the API server does not authenticate for an API, or does not
// allow what the API asks of them.
func protect(mgr ctrl.Manager, p protection, next http.Handler) (http.Handler, error) {
	reviews, err := authenticationclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("protecting the %s: %w", p.name, err)
	}
	rights, err := authorizationclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("protecting the %s: %w", p.name, err)
	}
	config := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: rights, AllowCacheTTL: allowedLifetime, DenyCacheTTL: deniedLifetime,
		WebhookRetryBackoff: &wait.Backoff{Duration: 500 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 5},
	}
	authorizer, err := config.New()
	if err != nil {
		return nil, fmt.Errorf("protecting the %s: %w", p.name, err)
	}
	return &accessFilter{
		protection: p, next: next, logError: mgr.GetLogger().WithName(p.name).Error, authorizer: authorizer,
		tokens: cache.New(tokenReviewer{reviews.TokenReviews(), p.audience}, false, reviewLifetime, reviewLifetime),
	}, nil
}

// ServeHTTP implements http.Handler.
func (f *accessFilter) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	caller, status := f.check(req)
	if status != http.StatusOK {
		f.refuse(w, status)
		return
	}
	f.next.ServeHTTP(w, f.admit(req, caller))
}

// check returns 200 for a caller that may make the call, and else the status of the answer.
func (f *accessFilter) check(req *http.Request) (caller user.Info, status int) {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return nil, http.StatusUnauthorized
	}
	known, ok, err := f.tokens.AuthenticateToken(req.Context(), token)
	switch {
	case err != nil:
		f.logError(err, "Caller not authenticated")
		return nil, http.StatusServiceUnavailable
	case !ok:
		return nil, http.StatusUnauthorized
	}
	wanted, ok := f.attributes(req)
	if !ok {
		return nil, http.StatusNotFound
	}
	wanted.User = known.User
	decision, _, err := f.authorizer.Authorize(req.Context(), wanted)
	switch {
	case err != nil:
		f.logError(err, "Caller not authorized")
		return nil, http.StatusServiceUnavailable
	case decision != authorizer.DecisionAllow:
		return nil, http.StatusForbidden
	}
	return known.User, http.StatusOK
}

// tokenReviewer authenticates tokens by TokenReview.
type tokenReviewer struct {
	reviews  authenticationclient.TokenReviewInterface
	audience string
}

// AuthenticateToken implements authenticator.Token. The error says that the API server gave
// no answer.
func (r tokenReviewer) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	review, err := r.reviews.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{r.audience}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("reviewing a token: %w", err)
	}
	// An API server that ignores audiences returns none.
	if !review.Status.Authenticated || !slices.Contains(review.Status.Audiences, r.audience) {
		return nil, false, nil
	}
	caller := review.Status.User
	extra := map[string][]string{}
	for key, values := range caller.Extra {
		extra[key] = values
	}
	return &authenticator.Response{User: &user.DefaultInfo{
		Name: caller.Username, UID: caller.UID, Groups: caller.Groups, Extra: extra,
	}}, true, nil
}
