package client_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

const working = `{"HttpStatusCode":202,"RequestId":"` + rawRequest + `"}`

// TestRefreshAsync sends what Refresh sends, to the other endpoint, and as it only once.
func TestRefreshAsync(t *testing.T) {
	s := serve(t, reply(http.StatusAccepted, working))
	_, err := client(t, flinksclient.Options{}).RefreshAsync(t.Context(), endpoint(t, s.URL), token(t), login(t))
	want := failure(202, "OPERATION_PENDING", "pending").inSession(t).Error
	want.Op = flinks.OpRefresh
	if diff := cmp.Diff(want, *asError(t, err)); diff != "" {
		t.Error(diff)
	}
	got := s.requests()
	if len(got) != 1 || got[0].Path != base+"/AuthorizeAsync" || got[0].Body != `{"LoginId":"`+rawLogin+`","MostRecentCached":false,"Save":true}` {
		t.Errorf("requests: %+v", got)
	}
}

// TestRefreshAsyncIsSentOnce on a connection of its own, without a way to send it again.
func TestRefreshAsyncIsSentOnce(t *testing.T) {
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.GetBody != nil || r.Body == nil || !r.Close {
			t.Error("it can be replayed, or keeps its connection")
		}
		return nil, errors.New("done")
	})
	if _, err := client(t, flinksclient.Options{Transport: transport}).RefreshAsync(t.Context(), endpoint(t, "http://flinks.example"), token(t), login(t)); err == nil {
		t.Error("no error")
	}
	var requests atomic.Int32
	ep, c := endpoint(t, idleCloser(t, &requests)), client(t, flinksclient.Options{})
	_, first := c.Observe(t.Context(), ep, token(t), login(t))
	_, second := c.RefreshAsync(t.Context(), ep, token(t), login(t))
	if first != nil || second != nil || requests.Load() != 2 {
		t.Errorf("%v, %v, %d requests", first, second, requests.Load())
	}
}

// TestPollRefresh reads the answers as those of Authorize, for the session that was asked for alone.
func TestPollRefresh(t *testing.T) {
	for name, tt := range map[string]answer{
		"it goes on":        {202, working, failure(202, "OPERATION_PENDING", "pending").inSession(t)},
		"it goes on, bare":  {202, `{"HttpStatusCode":202}`, failure(202, "OPERATION_PENDING", "pending")},
		"done":              {200, liveOK, outcome{Auth: authorized(t)}},
		"the bank asks":     {203, challengeBody(`"TextOrCall"`), challenged(t, flinks.ChallengeTextOrCall)},
		"the bank refuses":  {401, session("401", "INVALID_PASSWORD"), failure(401, "INVALID_PASSWORD", "user").inSession(t).at("FlinksCapital")},
		"another session":   {200, strings.Replace(liveOK, rawRequest, otherRequest, 1), ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"another's session": {203, strings.Replace(challengeBody(`"TextOrCall"`), rawRequest, otherRequest, 1), ambiguous(203, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"another refusal":   {401, strings.Replace(session("401", "INVALID_PASSWORD"), rawRequest, otherRequest, 1), ambiguous(401, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"another login":     {200, strings.Replace(liveOK, rawLogin, otherRequest, 1), ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"the token":         {401, `{"HttpStatusCode":401,"Message":"You must provide a valid authorize token","FlinksCode":"UNAUTHORIZED"}`, failure(401, "UNAUTHORIZED", "instance")},
		"not available":     {500, `{"HttpStatusCode":500,"FlinksCode":"METHOD_NOT_AVAILABLE"}`, failure(500, "METHOD_NOT_AVAILABLE", "config")},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(tt.status, tt.body))
			auth, err := client(t, flinksclient.Options{}).PollRefresh(t.Context(), endpoint(t, s.URL), token(t), login(t), request(t))
			got, want := outcome{Auth: auth}, tt.want
			if err != nil {
				got.Error = *asError(t, err)
			}
			if want.Error.Code != "" {
				want.Error.Op = flinks.OpPollRefresh
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
