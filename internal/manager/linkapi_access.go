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

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// reviewLifetime is how long a review of a token is good for.
	reviewLifetime = time.Minute
	reviewTimeout  = 10 * time.Second
	// allowedLifetime and deniedLifetime are how long an answer about rights is good for.
	allowedLifetime, deniedLifetime = time.Minute, 30 * time.Second
)

// accessFilter lets the calls through that the API server authenticates and authorizes. The
// filter of controller-runtime accepts tokens for the API server; this one accepts only
// tokens for the link API.
type accessFilter struct {
	next       http.Handler
	logError   func(err error, message string, keysAndValues ...any)
	tokens     authenticator.Token
	authorizer authorizer.Authorizer
}

// protect refuses callers that the API server does not authenticate for the link API, or
// does not allow to POST to the path of a call.
func protect(mgr ctrl.Manager, next http.Handler) (http.Handler, error) {
	reviews, err := authenticationclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("protecting the link API: %w", err)
	}
	rights, err := authorizationclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("protecting the link API: %w", err)
	}
	config := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: rights, AllowCacheTTL: allowedLifetime, DenyCacheTTL: deniedLifetime,
		WebhookRetryBackoff: &wait.Backoff{Duration: 500 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 5},
	}
	authorizer, err := config.New()
	if err != nil {
		return nil, fmt.Errorf("protecting the link API: %w", err)
	}
	return &accessFilter{
		next: next, logError: mgr.GetLogger().WithName("linkapi").Error, authorizer: authorizer,
		tokens: cache.New(tokenReviewer{reviews.TokenReviews()}, false, reviewLifetime, reviewLifetime),
	}, nil
}

// ServeHTTP implements http.Handler. No answer names the caller.
func (f *accessFilter) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status := f.check(req)
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	req.Header.Del("Authorization")
	f.next.ServeHTTP(w, req)
}

// check returns 200 for a caller that may make the call, and else the status of the answer.
func (f *accessFilter) check(req *http.Request) (status int) {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return http.StatusUnauthorized
	}
	caller, ok, err := f.tokens.AuthenticateToken(req.Context(), token)
	switch {
	case err != nil:
		f.logError(err, "Caller not authenticated")
		return http.StatusServiceUnavailable
	case !ok:
		return http.StatusUnauthorized
	}
	decision, _, err := f.authorizer.Authorize(req.Context(), authorizer.AttributesRecord{
		User: caller.User, Verb: strings.ToLower(req.Method), Path: req.URL.Path,
	})
	switch {
	case err != nil:
		f.logError(err, "Caller not authorized")
		return http.StatusServiceUnavailable
	case decision != authorizer.DecisionAllow:
		return http.StatusForbidden
	}
	return http.StatusOK
}

// tokenReviewer authenticates tokens by TokenReview.
type tokenReviewer struct {
	reviews authenticationclient.TokenReviewInterface
}

// AuthenticateToken implements authenticator.Token. The error says that the API server gave
// no answer.
func (r tokenReviewer) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	review, err := r.reviews.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{linkapi.Audience}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("reviewing a token: %w", err)
	}
	// An API server that ignores audiences returns none.
	if !review.Status.Authenticated || !slices.Contains(review.Status.Audiences, linkapi.Audience) {
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
