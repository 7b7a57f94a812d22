package gateway

import (
	"slices"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestStepsOnEveryPage: every page has the steps of its language, and says in which one the
// customer is.
func TestStepsOnEveryPage(t *testing.T) {
	current := map[linkapi.State]int{linkapi.StateResume: 1, linkapi.StateWorking: 1, linkapi.StateInUse: 1, linkapi.StateDone: 2}
	for language, texts := range languages {
		for _, state := range everyState {
			s := newFixture(t)
			s.view = full(state, language)
			expectStep(t, parsed(t, s.get("/c/"+aToken)), texts, current[state], language+" "+string(state))
		}
		landing := newFixture(t).get("/landed", "Accept-Language", language)
		expectStep(t, parsed(t, landing), texts, 1, language+" landed")
	}
}

func expectStep(t *testing.T, d document, texts texts, want int, page string) {
	t.Helper()
	var steps []string
	for i, item := range d.all("li") {
		steps = append(steps, textOf(item))
		if is := attribute(item, "aria-current") == "step"; is != (i == want) {
			t.Errorf("%s: step %d is the current one: %v", page, i+1, is)
		}
	}
	if !slices.Equal(steps, texts.steps[:]) || attribute(d.one("nav"), "aria-label") != texts.stepsTitle {
		t.Errorf("%s: the steps are %q", page, steps)
	}
}
