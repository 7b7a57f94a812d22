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
	// A profile of the processor is of the whole import, and one of the heap from after it.
	profilesFlag = flag.String("scale.profiles", "", "directory for profiles of the manager")
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
