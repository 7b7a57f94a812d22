package docs

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const architecture = "architecture.md"

var (
	// repositoryPath is a file or a directory of ours, in diagrams as well.
	repositoryPath = regexp.MustCompile(`\b(?:api|cmd|config|docs|internal|test|tools)/[\w./-]*\w`)
	// symbol is what a package declares, such as lifecycle.Decide.
	symbol = regexp.MustCompile(`^([a-z]\w*)\.([A-Za-z]\w*)$`)
)

// TestArchitecture: the files, directories and Go names on the page exist.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	page := read(t, "docs", architecture)
	paths := repositoryPath.FindAllString(page, -1)
	for _, p := range paths {
		if _, err := os.Stat(path(t, p)); err != nil {
			t.Errorf("%s names %s, which does not exist", architecture, p)
		}
	}
	declared := declarations(t)
	symbols := 0
	text, _, _ := strings.Cut(page, floorsBegin) // .golangci.yml vouches for the table
	for word := range words(text) {
		found := symbol.FindStringSubmatch(word)
		if found == nil || found[1] == "spec" || found[1] == "status" {
			continue
		}
		symbols++
		if !declared[word] {
			t.Errorf("%s names %s, which no package declares", architecture, word)
		}
	}
	if len(paths) < 20 || symbols < 5 {
		t.Errorf("found %d paths and %d Go names, want the many that there are", len(paths), symbols)
	}
}

// declarations returns the top-level names of the packages of the operator, as package.Name.
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, root := range []string{"api", "cmd", "dataclient", "internal"} {
		err := filepath.WalkDir(path(t, root), func(file string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, d := range parsed.Decls {
				for _, name := range declaredBy(d) {
					found[parsed.Name.Name+"."+name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func declaredBy(d ast.Decl) []string {
	var names []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

const (
	modulePath  = "github.com/flinks-operator/flinks-operator"
	floorsBegin = "writes this table from .golangci.yml -->\n"
	floorsEnd   = "<!-- end of floors -->"
)

// TestFloorPlan: the table of docs/architecture.md says what depguard allows. Run with
// -update to write it.
func TestFloorPlan(t *testing.T) {
	t.Parallel()
	page := read(t, "docs", architecture)
	head, rest, begins := strings.Cut(page, floorsBegin)
	_, tail, ends := strings.Cut(rest, floorsEnd)
	if !begins || !ends {
		t.Fatalf("%s has no place for the floor plan", architecture)
	}
	want := head + floorsBegin + floorPlan(rooms(t)) + floorsEnd + tail
	if *update {
		if err := os.WriteFile(path(t, "docs", architecture), []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		page = want
	}
	if diff := gocmp.Diff(want, page); diff != "" {
		t.Errorf("%s is not what .golangci.yml says; run make generate (-want +got):\n%s", architecture, diff)
	}
}

// room is a package, or several that one rule is for, and what it may import.
type room struct {
	packages, ours, others []string
}

// rooms returns the packages that have a strict rule in .golangci.yml.
func rooms(t *testing.T) []room {
	t.Helper()
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]rule `json:"rules"`
				} `json:"depguard"`
			} `json:"settings"`
		} `json:"linters"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".golangci.yml")), &config); err != nil {
		t.Fatal(err)
	}
	var found []room
	for _, r := range config.Linters.Settings.Depguard.Rules {
		if r.ListMode == "strict" {
			found = append(found, r.room())
		}
	}
	if len(found) == 0 {
		t.Fatal(".golangci.yml has no strict rules for imports")
	}
	return found
}

// rule is one of depguard's.
type rule struct {
	ListMode string   `json:"list-mode"`
	Files    []string `json:"files"`
	Allow    []string `json:"allow"`
}

func (r rule) room() room {
	var found room
	for _, pattern := range r.Files {
		if name, ok := strings.CutPrefix(pattern, "**/"); ok {
			found.packages = append(found.packages, strings.TrimSuffix(name, "/**"))
		}
	}
	for _, allowed := range r.Allow {
		name := strings.TrimRight(allowed, "/$")
		ours, isOurs := strings.CutPrefix(name, modulePath+"/")
		switch {
		case isOurs && !slices.Contains(found.packages, ours):
			found.ours = append(found.ours, ours)
		case !isOurs && name != "$gostd":
			found.others = append(found.others, name)
		}
	}
	return found
}

// floorPlan returns the table of rooms, the ground floor first.
func floorPlan(rooms []room) string {
	floors := map[string]int{}
	for range rooms { // as often as there can be floors
		for _, r := range rooms {
			for _, name := range r.packages {
				floors[name] = r.floor(floors)
			}
		}
	}
	slices.SortFunc(rooms, func(a, b room) int {
		return cmp.Or(cmp.Compare(a.floor(floors), b.floor(floors)), cmp.Compare(a.packages[0], b.packages[0]))
	})
	var b strings.Builder
	b.WriteString("\n| floor | package | may import, of this repository | and, besides the standard library |\n| --- | --- | --- | --- |\n")
	for _, r := range rooms {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", r.floor(floors), quoted(r.packages), quoted(r.ours), quoted(r.others))
	}
	b.WriteString("\n")
	return b.String()
}

// floor returns the floor above those of all that the room may import.
func (r room) floor(floors map[string]int) int {
	highest := 0
	for _, name := range r.ours {
		highest = max(highest, floors[name]+1)
	}
	return highest
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
