package linkapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func TestBadRequests(t *testing.T) {
	const canary = "7d9a2f10-canary"
	view := `{"token":"` + canary + `"}`
	for name, tc := range map[string]struct {
		method, path, contentType, body string
		encoding                        string
		status                          int
	}{
		"GET":                       {method: "GET", status: 405},
		"HEAD":                      {method: "HEAD", status: 405},
		"PUT":                       {method: "PUT", body: view, status: 405},
		"DELETE":                    {method: "DELETE", body: view, status: 405},
		"OPTIONS":                   {method: "OPTIONS", status: 405},
		"PATCH":                     {method: "PATCH", body: view, status: 405},
		"no operation":              {path: "/linkapi/v1/", body: view, status: 404},
		"an unknown operation":      {path: "/linkapi/v1/delete", body: view, status: 404},
		"an operation in capitals":  {path: "/linkapi/v1/View", body: view, status: 404},
		"a slash at the end":        {path: "/linkapi/v1/view/", body: view, status: 404},
		"a longer path":             {path: "/linkapi/v1/view/view", body: view, status: 404},
		"another version":           {path: "/linkapi/v2/view", body: view, status: 404},
		"no prefix":                 {path: "/view", body: view, status: 404},
		"the operation alone":       {path: "view", body: view, status: 404},
		"two slashes":               {path: "//linkapi/v1/view", body: view, status: 404},
		"a way around":              {path: "/linkapi/v1/x/../view", body: view, status: 404},
		"the metrics":               {path: "/metrics", body: view, status: 404},
		"a query":                   {path: "/linkapi/v1/view?token=" + canary, body: view, status: 400},
		"a form":                    {contentType: "application/x-www-form-urlencoded", body: "token=" + canary, status: 415},
		"plain text":                {contentType: "text/plain", body: view, status: 415},
		"no content type":           {contentType: "-", body: view, status: 415},
		"a broken content type":     {contentType: "application/json; charset", body: view, status: 415},
		"compressed":                {encoding: "gzip", body: view, status: 415},
		"nothing":                   {body: "", status: 400},
		"white space":               {body: " \n", status: 400},
		"null":                      {body: "null", status: 400},
		"a string":                  {body: `"` + canary + `"`, status: 400},
		"a list":                    {body: "[" + view + "]", status: 400},
		"half of it":                {body: `{"token":"` + canary, status: 400},
		"an unknown field":          {body: `{"token":"` + canary + `","force":true}`, status: 400},
		"the field of another call": {body: `{"token":"` + canary + `","loginId":"` + canary + `"}`, status: 400},
		"a number for a token":      {body: `{"token":12345678}`, status: 400},
		"a token in a list":         {body: `{"token":["` + canary + `"]}`, status: 400},
		"two objects":               {body: view + view, status: 400},
		"text behind it":            {body: view + " and " + canary, status: 400},
		"too deep":                  {body: `{"token":` + strings.Repeat("[", 12_000), status: 400},
		"too large":                 {body: `{"token":"` + strings.Repeat("a", 17<<10) + `"}`, status: 413},
		"padded to be too large":    {body: view + strings.Repeat(" ", 17<<10), status: 413},
	} {
		t.Run(name, func(t *testing.T) {
			b := &scripted{view: linkapi.View{State: linkapi.StateDone}}
			req := httptest.NewRequest(or(tc.method, "POST"), "https://x.test/", strings.NewReader(tc.body))
			req.URL.Path, req.URL.RawQuery, _ = strings.Cut(or(tc.path, "/linkapi/v1/view"), "?")
			req.Header.Set("Content-Type", or(tc.contentType, "application/json"))
			if tc.contentType == "-" {
				req.Header.Del("Content-Type")
			}
			if tc.encoding != "" {
				req.Header.Set("Content-Encoding", tc.encoding)
			}
			answer := httptest.NewRecorder()
			linkapi.Handler(b).ServeHTTP(answer, req)
			if answer.Code != tc.status {
				t.Errorf("status %d, want %d", answer.Code, tc.status)
			}
			if len(b.calls) != 0 {
				t.Errorf("the backend was asked: %+v", b.calls)
			}
			checkFailure(t, answer.Result(), canary)
		})
	}
}

// checkFailure: an answer is one of few, whatever was asked.
func checkFailure(t *testing.T, res *http.Response, canary string) {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(body)); got != `{"code":"Invalid"}` && got != `{"code":"NotFound"}` {
		t.Errorf("the body is %q", got)
	}
	for key, values := range res.Header {
		if strings.Contains(strings.Join(values, " "), canary) {
			t.Errorf("header %s repeats the request", key)
		}
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
}

// A body of unknown length is cut off as well.
func TestChunkedBodiesAreBounded(t *testing.T) {
	b := &scripted{}
	server := httptest.NewServer(linkapi.Handler(b))
	t.Cleanup(server.Close)
	endless := io.MultiReader(strings.NewReader(`{"token":"`), strings.NewReader(strings.Repeat("a", 1<<20)))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/linkapi/v1/view", endless)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := server.Client().Do(req)
	if err == nil {
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", res.StatusCode)
		}
	}
	if len(b.calls) != 0 {
		t.Errorf("the backend was asked: %+v", b.calls)
	}
}

func TestAnAnswerThatIsTooLongIsNone(t *testing.T) {
	c, _ := newClient(t, linkapi.Handler(&scripted{url: "https://x.test/?" + strings.Repeat("a", 17<<10)}))
	if _, err := c.Connect(t.Context(), visit("t")); err != linkapi.ErrUnavailable { //nolint:errorlint // Not even wrapped.
		t.Errorf("%v", err)
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
