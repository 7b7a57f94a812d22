package manager

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	"k8s.io/client-go/rest"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestAudienceOfReviews: a token counts if the API server says that it is for the link API.
// One that knows no audiences says nothing, and one that fails is not believed.
func TestAudienceOfReviews(t *testing.T) {
	const token = "canary-token"
	authenticated := authenticationv1.TokenReviewStatus{Authenticated: true, User: authenticationv1.UserInfo{Username: "gateway", Groups: []string{"g"}}}
	with := func(audiences ...string) authenticationv1.TokenReviewStatus {
		s := authenticated
		s.Audiences = audiences
		return s
	}
	for name, tc := range map[string]struct {
		code   int
		status authenticationv1.TokenReviewStatus
		want   bool
		fails  bool
	}{
		"for the link API":      {201, with(linkapi.Audience), true, false},
		"for two audiences":     {201, with("vault", linkapi.Audience), true, false},
		"for another audience":  {201, with("vault"), false, false},
		"audiences are unknown": {201, authenticated, false, false},
		"not authenticated":     {201, authenticationv1.TokenReviewStatus{Audiences: []string{linkapi.Audience}}, false, false},
		"not allowed to ask":    {403, authenticationv1.TokenReviewStatus{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var review authenticationv1.TokenReview
				if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Spec.Token != token || len(review.Spec.Audiences) != 1 {
					t.Errorf("the API server is asked for the audiences %v: %v", review.Spec.Audiences, err)
				}
				review.Status = tc.status
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tc.code)
				_ = json.NewEncoder(w).Encode(review)
			}))
			defer api.Close()
			config := &rest.Config{Host: api.URL}
			config.ContentType = "application/json"
			reviews, err := authenticationclient.NewForConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			caller, ok, err := tokenReviewer{reviews.TokenReviews(), linkapi.Audience}.AuthenticateToken(t.Context(), token)
			if ok != tc.want || (err != nil) != tc.fails {
				t.Errorf("%t, %v", ok, err)
			}
			if ok && caller.User.GetName() != "gateway" {
				t.Errorf("the caller is %v", caller.User)
			}
		})
	}
}
