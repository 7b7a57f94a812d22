package scale

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

var (
	sizesFlag = flag.String("scale.sizes", "2000", "sizes of the fleets that are imported, separated by commas")
	outFlag   = flag.String("scale.out", "", "file for the results as JSON")
	// The profile is from right after the import.
	profilesFlag = flag.String("scale.profiles", "", "directory for a profile of the manager's heap")
)

func TestMain(m *testing.M) { testenv.Main(m, testenv.Options{Isolated: true}) }

func sizes(t *testing.T) (all []int) {
	t.Helper()
	for text := range strings.SplitSeq(*sizesFlag, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("-scale.sizes: %q is not a size", text)
		}
		all = append(all, n)
	}
	return all
}

// wall is the clock that speed is measured by.
var wall = clock.RealClock{}

// say prints progress at once; t.Log would print it at the end.
func say(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", args...) }
