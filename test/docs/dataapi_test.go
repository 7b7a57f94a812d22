package docs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// schema is the part of a JSON Schema that is compared.
type schema struct {
	Properties map[string]schema
	Required   []string
	Enum       []string
}

// openAPI is the part of the document that is compared.
type openAPI struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name, In string
			Schema   schema
		}
		Responses map[string]any
	}
	Components struct{ Schemas map[string]schema }
}

func dataAPIDocument(t *testing.T) (doc openAPI) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, "docs", "spec", "data-api.yaml")), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// answering is a backend that has one answer.
type answering struct {
	answer func() dataapi.Answer
	err    error
}

func (a answering) Read(_ context.Context, asked dataapi.Request) (dataapi.Answer, error) {
	if a.err != nil {
		return dataapi.Answer{}, a.err
	}
	answer := a.answer()
	if asked.Has != nil && asked.Has(answer.Version) {
		answer.Data = nil
	}
	return answer, nil
}

func asked(b dataapi.Backend, path, tag string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	(&dataapi.Server{Backend: b}).ServeHTTP(w, req)
	return w
}

// members returns the names of a JSON object.
func members(t *testing.T, body []byte) []string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return slices.Sorted(maps.Keys(object))
}

func keysOf(s schema) []string { return slices.Sorted(maps.Keys(s.Properties)) }

// TestDataAPIDocument: the OpenAPI document says what the handlers do, and no more.
func TestDataAPIDocument(t *testing.T) {
	t.Parallel()
	doc := dataAPIDocument(t)
	path := dataapi.Target{Namespace: "{namespace}", Name: "{name}"}.Path()
	if len(doc.Paths) != 1 || len(doc.Paths[path]) != 1 {
		t.Fatalf("the document has %v, and the API %s", slices.Collect(maps.Keys(doc.Paths)), path)
	}
	get := doc.Paths[path]["get"]
	statuses := map[string]bool{"200": true, "304": true}
	var reasons []string
	for reason, status := range dataapi.Reasons() {
		statuses[strconv.Itoa(status)] = true
		reasons = append(reasons, string(reason))
		w := asked(answering{err: &dataapi.Problem{Reason: reason, Cause: "x"}}, dataapi.Target{Namespace: "a", Name: "b"}.Path(), "")
		if w.Code != status {
			t.Errorf("%s is answered by %d", reason, w.Code)
		}
		if diff := cmp.Diff(keysOf(doc.Components.Schemas["Problem"]), members(t, w.Body.Bytes())); diff != "" {
			t.Errorf("%s (-document +API):\n%s", reason, diff)
		}
	}
	slices.Sort(reasons)
	if diff := cmp.Diff(reasons, doc.Components.Schemas["Problem"].Properties["reason"].Enum); diff != "" {
		t.Errorf("reasons (-API +document):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(statuses)), slices.Sorted(maps.Keys(get.Responses))); diff != "" {
		t.Errorf("statuses (-API +document):\n%s", diff)
	}
	for _, p := range get.Parameters {
		if p.In != "query" {
			continue
		}
		for _, value := range append(p.Schema.Enum, "Days30") {
			w := asked(answering{err: &dataapi.Problem{Reason: dataapi.NoData}}, dataapi.Target{Namespace: "a", Name: "b"}.Path()+"?"+p.Name+"="+value, "")
			if want := slices.Contains(p.Schema.Enum, value); (w.Code == http.StatusConflict) != want {
				t.Errorf("%s=%s is answered by %d", p.Name, value, w.Code)
			}
		}
	}
}

// TestDataAPIAnswers: what is handed out is what the document lists.
func TestDataAPIAnswers(t *testing.T) {
	t.Parallel()
	schemas := dataAPIDocument(t).Components.Schemas
	none := func(string) bool { return false }
	b := answering{answer: func() dataapi.Answer {
		body := `{"HttpStatusCode":200,"Accounts":[{"Id":"x"}],"Institution":"b","InstitutionName":"b","InstitutionId":1,"Tag":"t","RequestId":"r",` +
			`"Links":[],"Login":{"Username":"u","LastRefresh":"l","Type":"Personal","IsScheduledRefresh":false}}`
		return dataapi.Answer{Version: dataapi.Version{UID: "u", DataTime: time.Unix(1, 0)}, Data: &dataapi.Data{
			Body: io.NopCloser(strings.NewReader(body)), IsLogin: none, Reveals: none, Done: func(int, bool) {},
		}}
	}}
	path := dataapi.Target{Namespace: "a", Name: "b"}.Path()
	w := asked(b, path, "")
	if diff := cmp.Diff(keysOf(schemas["Data"]), members(t, w.Body.Bytes())); diff != "" {
		t.Errorf("data (-document +API):\n%s", diff)
	}
	var data struct{ Login json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keysOf(schemas["Data"].Properties["Login"]), members(t, data.Login)); diff != "" {
		t.Errorf("login (-document +API):\n%s", diff)
	}
	if again := asked(b, path, w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("status %d", again.Code)
	}
}

var reasonRow = regexp.MustCompile("(?m)^\\| (\\d{3}) \\| `(\\w+)` \\|")

// TestDataAPIPage: docs/data-api.md lists each reason with its status.
func TestDataAPIPage(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, row := range reasonRow.FindAllStringSubmatch(read(t, "docs", "data-api.md"), -1) {
		got = append(got, row[1]+" "+row[2])
	}
	for reason, status := range dataapi.Reasons() {
		want = append(want, fmt.Sprintf("%d %s", status, reason))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-API +page):\n%s", diff)
	}
}
