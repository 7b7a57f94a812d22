package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
)

// code is what stands between backticks.
var code = regexp.MustCompile("`([^`\n]+)`")

// path returns the path of a file of the repository.
func path(t *testing.T, elements ...string) string {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root}, elements...)...)
}

// read returns the text of a file of the repository.
func read(t *testing.T, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(path(t, elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// words returns all that a page has between backticks, outside of code blocks.
func words(page string) map[string]bool {
	found := map[string]bool{}
	for _, word := range code.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		found[word[1]] = true
	}
	return found
}

var fence = regexp.MustCompile("(?ms)^```.*?^```$")

// pages returns the documents for users, by their path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		found[name] = read(t, name)
	}
	err := filepath.WalkDir(path(t, "docs"), func(file string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			name, _ := filepath.Rel(path(t), file)
			found[name] = read(t, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	// dropped is what GitHub leaves out of the anchor of a heading.
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks: the page that a link names exists, and has the heading that the link names.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for name, text := range all {
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			target, anchor := found[1], found[2]
			if strings.Contains(target, "://") {
				continue
			}
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(path(t, file)); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, target)
			} else if anchor != "" && !anchors(all[file])[anchor] {
				t.Errorf("%s links to %s#%s, which is no heading", name, target, anchor)
			}
		}
	}
}

// anchors returns those of a page's headings.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		found[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
	}
	return found
}

// readmeLines is how long the README may be: it is an overview, and the guides have the rest.
const readmeLines = 120

func TestReadmeIsAnOverview(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(read(t, "README.md"), "\n"); lines > readmeLines {
		t.Errorf("README.md has %d lines, want at most %d", lines, readmeLines)
	}
}
