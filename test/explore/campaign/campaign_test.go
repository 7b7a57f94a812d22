package campaign

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/test/explore/invariant"
	"github.com/flinks-operator/flinks-operator/test/explore/workload"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// TestWithoutFaults: no story violates anything by itself, and together they do all that the contract
// names, and nothing else.
func TestWithoutFaults(t *testing.T) {
	told := map[string]bool{}
	for _, w := range workload.All() {
		if told[w.ID] {
			t.Errorf("two stories are called %s", w.ID)
		}
		told[w.ID] = true
		t.Run(w.ID, func(t *testing.T) {
			for _, v := range Replay(t.Context(), Case{Workload: w}, nil).Violations {
				t.Error(v)
			}
		})
	}
	met := invariant.Reached()
	for _, kind := range testenv.Contract {
		if !slices.Contains(met, kind) && kind != onlyDisturbed {
			t.Errorf("no story does this: %s", kind)
		}
	}
	for _, kind := range met {
		if !slices.Contains(testenv.Contract, kind) {
			t.Errorf("the contract does not name this: %s", kind)
		}
	}
}

// onlyDisturbed is what no story does without a fault: a Secret is handed out over one that an
// earlier process left.
const onlyDisturbed = "update Secret with resourceVersion"

// TestTheSameAgain: a case gives the same run, effect by effect, whenever it is played.
func TestTheSameAgain(t *testing.T) {
	for _, name := range []string{
		"W02", "W03/crash@45+", "W19/hold(35s)@300", "W27/pause(3m)@80", "W32", "W48/both(15m)@150",
		"W14/lag(BankConnection)@30..90/api(conflict)@60", "W30/stop@60+", "W26/etcd(40,bump)@70+",
	} {
		c, err := ParseCase(name)
		if err != nil {
			t.Fatal(err)
		}
		first, again := trace(t, c), trace(t, c)
		if n := firstDifference(first, again); n >= 0 {
			t.Errorf("%s: line %d of %d and %d differs:\n%s\n%s", name, n, len(first), len(again), lineAt(first, n), lineAt(again, n))
		}
		if len(first) < 20 {
			t.Errorf("%s has %d effects", name, len(first))
		}
	}
}

// drawn are RequestIds, which the simulator draws by chance.
var drawn = regexp.MustCompile(`request=[0-9a-f]+…`)

func trace(t *testing.T, c Case) []string {
	t.Helper()
	var lines []string
	result := Replay(t.Context(), c, func(e *world.Effect) { lines = append(lines, e.Time.String()+" "+drawn.ReplaceAllString(e.Line(), "")) })
	for _, v := range result.Violations {
		lines = append(lines, v.String())
	}
	return append(lines, strings.Join(result.State.Objects, "\n"), strings.Join(result.State.Logins, "\n"))
}

func firstDifference(a, b []string) int {
	for n := range max(len(a), len(b)) {
		if lineAt(a, n) != lineAt(b, n) {
			return n
		}
	}
	return -1
}

func lineAt(lines []string, n int) string {
	if n >= len(lines) {
		return ""
	}
	return lines[n]
}
