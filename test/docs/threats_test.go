package docs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// actors have a section each in docs/threat-model.md.
var actors = []string{
	"Customer", "Stranger", "Tenant", "Application", "Gateway broken in", "Manager broken in", "Cluster administrator", "Flinks",
}

const threatModel = "threat-model.md"

var (
	// shownBy is a test, after its directory.
	shownBy = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`")
	// aTest is anything between backticks that looks like the name of a test.
	aTest = regexp.MustCompile("`([^`\n]*\\b(?:Test|Fuzz)[A-Z]\\w*)`")
	risk  = regexp.MustCompile(`\bR\d+\b`)
	// riskRow defines a risk.
	riskRow = regexp.MustCompile(`(?m)^\| R(\d+) \| \*\*.+`)
	section = regexp.MustCompile(`(?m)^## `)
	// ruler is what a table has between its head and its rows.
	ruler = regexp.MustCompile(`^\|[ |-]+\|$`)
)

// TestThreatModel: each claim of the documents about security names a test that exists, or a
// risk that is accepted, and each actor has a table of what it can and cannot do.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	model, security := read(t, "docs", threatModel), read(t, "SECURITY.md")
	risks := definedRisks(t, model)
	for name, page := range map[string]string{threatModel: model, "multi-tenancy.md": read(t, "docs", "multi-tenancy.md"), "SECURITY.md": security} {
		checkTests(t, name, page)
		for _, r := range risk.FindAllString(page, -1) {
			if !slices.Contains(risks, r) {
				t.Errorf("%s names %s, which docs/%s does not accept", name, r, threatModel)
			}
		}
	}
	sections := sectionsOf(model)
	var named string
	for _, actor := range append([]string{"Boundaries"}, actors...) {
		named += sections[actor]
		checkActor(t, actor, sections[actor])
	}
	for _, r := range risks {
		if !slices.Contains(risk.FindAllString(named+security, -1), r) {
			t.Errorf("no actor and no promise meets %s", r)
		}
	}
	for title, text := range sectionsOf(security) {
		for _, claim := range claims(text) {
			if !shownBy.MatchString(claim) && !risk.MatchString(claim) {
				t.Errorf("SECURITY.md, %s: this names no test and no risk: %s", title, claim)
			}
		}
	}
}

// definedRisks returns the risks, whose numbers have no gap: one that is gone stays in the table.
func definedRisks(t *testing.T, model string) (found []string) {
	t.Helper()
	for _, r := range riskRow.FindAllStringSubmatch(model, -1) {
		found = append(found, "R"+r[1])
		if r[1] != strconv.Itoa(len(found)) {
			t.Errorf("R%s is the risk number %d", r[1], len(found))
		}
	}
	if len(found) < 10 {
		t.Fatalf("docs/%s defines %d risks only", threatModel, len(found))
	}
	return found
}

// checkTests: each test that a page names exists.
func checkTests(t *testing.T, name, page string) {
	t.Helper()
	tests := allTests(t)
	for _, found := range aTest.FindAllStringSubmatch(page, -1) {
		if !shownBy.MatchString(found[0]) {
			t.Errorf("%s names %s without its directory", name, found[1])
		} else if !tests[found[1]] {
			t.Errorf("%s names %s, which does not exist", name, found[1])
		}
	}
}

// checkActor: the table has rows, and each names a test or a risk. It says what the actor
// can do, and what not.
func checkActor(t *testing.T, actor, text string) {
	t.Helper()
	can, cannot := 0, 0
	for _, row := range rowsOf(text) {
		if !shownBy.MatchString(row) && !risk.MatchString(row) {
			t.Errorf("docs/%s, %s: this names no test and no risk: %s", threatModel, actor, row)
		}
		can += strings.Count(row, "| can |")
		cannot += strings.Count(row, "| cannot |")
	}
	if actor != "Boundaries" && (can == 0 || cannot == 0) {
		t.Errorf("docs/%s: %s has %d rows of what it can do, and %d of what not", threatModel, actor, can, cannot)
	}
}

// sectionsOf returns the text below each heading of the second level.
func sectionsOf(page string) map[string]string {
	found := map[string]string{}
	for _, part := range section.Split(page, -1)[1:] {
		title, text, _ := strings.Cut(part, "\n")
		found[title] = text
	}
	return found
}

// rowsOf returns the rows of the tables of a text, without their heads.
func rowsOf(text string) (rows []string) {
	inTable := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case ruler.MatchString(line):
			inTable = true
		case inTable:
			rows = append(rows, line)
		}
	}
	return rows
}

// claims returns the rows of the tables, the paragraphs and the items of lists of a text. A
// paragraph that introduces what follows ends with a colon.
func claims(text string) (found []string) {
	text = fence.ReplaceAllString(text, "")
	found = rowsOf(text)
	for block := range strings.SplitSeq(text, "\n\n") {
		for item := range strings.SplitSeq("\n"+strings.TrimSpace(block), "\n* ") {
			item = strings.TrimSpace(item)
			if item != "" && !strings.HasSuffix(item, ":") && !strings.HasPrefix(item, "|") && !strings.HasPrefix(item, "#") {
				found = append(found, item)
			}
		}
	}
	return found
}
