package docs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// TestDependabotKnowsEveryModule: a module that it does not know gets no updates.
func TestDependabotKnowsEveryModule(t *testing.T) {
	t.Parallel()
	var config struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github", "dependabot.yml")), &config); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, u := range config.Updates {
		if u.Ecosystem == "gomod" {
			known = append(known, u.Directories...)
		}
	}
	slices.Sort(known)
	if diff := gocmp.Diff(modules(t), known); diff != "" {
		t.Errorf("modules in .github/dependabot.yml (-want +got):\n%s", diff)
	}
}

// modules returns the directories with a go.mod, as dependabot.yml calls them.
func modules(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(path(t), func(file string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "dist"}, entry.Name()):
			return filepath.SkipDir
		case entry.Name() == "go.mod":
			directory, err := filepath.Rel(path(t), filepath.Dir(file))
			found = append(found, strings.TrimSuffix("/"+filepath.ToSlash(directory), "."))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// TestCodeOwners: what has an owner exists.
func TestCodeOwners(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(read(t, ".github", "CODEOWNERS")) {
		fields := strings.Fields(line)
		if len(fields) == 0 || !strings.HasPrefix(fields[0], "/") {
			continue
		}
		if _, err := os.Stat(path(t, fields[0])); err != nil {
			t.Errorf("CODEOWNERS names %s, which does not exist", fields[0])
		}
	}
}

// TestWorkflowRunsAllChecks: there is one place that says what is checked.
func TestWorkflowRunsAllChecks(t *testing.T) {
	t.Parallel()
	if !strings.Contains(read(t, ".github", "workflows", "ci.yml"), "- run: .ci/run\n") {
		t.Error("the workflow does not call .ci/run")
	}
}
