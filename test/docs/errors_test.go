package docs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

var update = flag.Bool("update", false, "write what is generated below docs")

// classes tell who acts, in the order of the page.
var classes = []struct {
	class flinks.Class
	means string
}{
	{flinks.ClassSuccess, "Done."},
	{flinks.ClassPending, "Flinks is still working; the operator asks again."},
	{flinks.ClassUser, "Only the customer can resolve it. Until then only a request starts a refresh."},
	{flinks.ClassTransient, "The error passes. The operator tries again, with growing pauses."},
	{flinks.ClassThrottled, "Too many calls: all connections of the instance pause."},
	{flinks.ClassInstance, "Flinks refuses the instance's keys: all its connections wait until you correct them."},
	{flinks.ClassGone, "Flinks does not know the loginId under this customerId."},
	{flinks.ClassConfig, "The request can never work as it is. It is tried again after an hour at the earliest."},
	{flinks.ClassData, "The connection works; there is little or no data."},
	{flinks.ClassUnknown, "Not in the catalogue. The operator tries again, with growing pauses."},
}

var meanings = map[flinks.Meaning]string{
	flinks.MeaningOnly:         "",
	flinks.MeaningInSession:    "with a RequestId",
	flinks.MeaningOutOfSession: "without a RequestId",
	flinks.MeaningUnknownLogin: "says that the login is unknown",
}

// TestErrorReference: docs/errors.md is the catalogue. Run with -update to write it.
func TestErrorReference(t *testing.T) {
	t.Parallel()
	want := errorReference()
	if *update {
		if err := os.WriteFile(path(t, "docs", "errors.md"), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, read(t, "docs", "errors.md")); diff != "" {
		t.Errorf("docs/errors.md is not the catalogue; run make generate (-want +got):\n%s", diff)
	}
	shown := map[flinks.Class]bool{}
	for _, c := range classes {
		shown[c.class] = true
	}
	for _, e := range flinks.Catalogue() {
		if !shown[e.Class] {
			t.Errorf("class %s has no section", e.Class)
		}
	}
}

func errorReference() string {
	var b strings.Builder
	b.WriteString(`# Errors

What ` + "`status.lastError`" + ` can say: every FlinksCode that the operator knows, its class, and who has to do what. The text is
the operator's own; what Flinks or a bank wrote is never shown. This page is generated from the catalogue.

The same code can have two meanings, which a RequestId in the answer tells apart. Codes marked * are the operator's own,
for answers that carry none. A code of Flinks that is not here is shown as ` + "`UNRECOGNIZED`" + `. Where no call was made because of
an object in the cluster, the code is the reason of the ` + "`Ready`" + ` condition, such as ` + "`SecretNotFound`" + `.
`)
	for _, c := range classes {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| code | remedy |\n| --- | --- |\n", c.class, c.means)
		for _, e := range flinks.Catalogue() {
			if e.Class == c.class {
				fmt.Fprintf(&b, "| %s | %s |\n", codeOf(e), e.Remedy)
			}
		}
	}
	return b.String()
}

func codeOf(e flinks.Entry) string {
	name := "`" + string(e.Code) + "`"
	if e.Ours {
		name += "*"
	}
	if m := meanings[e.Meaning]; m != "" {
		name += " " + m
	}
	return name
}
