package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

var declaredReason = regexp.MustCompile(`(?m)^\t(\w+) Reason = "(\w+)"$`)

// TestDataClientReasons: the Go client knows the reasons of the data API, by their names.
func TestDataClientReasons(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, found := range declaredReason.FindAllStringSubmatch(read(t, "dataclient", "problem.go"), -1) {
		got = append(got, found[2])
		if found[1] != found[2] {
			t.Errorf("%s is %q", found[1], found[2])
		}
	}
	for reason := range dataapi.Reasons() {
		want = append(want, string(reason))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-API +client):\n%s", diff)
	}
}

// TestDataClientExample: the Go code of docs/data-api.md is that of the example, which is compiled
// and run.
func TestDataClientExample(t *testing.T) {
	t.Parallel()
	_, rest, found := strings.Cut(read(t, "docs", "data-api.md"), "```go\n")
	code, _, _ := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no code")
	}
	indented := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(code, "\t$1")
	if !strings.Contains(read(t, "dataclient", "example_test.go"), indented) {
		t.Errorf("the example does not have, in one piece:\n%s", indented)
	}
}
