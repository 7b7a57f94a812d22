package apivalidation

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// published are manifests that users are shown together, and where.
type published struct {
	source, text string
}

// kubectl runs commands as a pipeline would, in one namespace.
type kubectl struct {
	t         *testing.T
	env       *testenv.Env
	namespace string
	// differ is the program that shows differences.
	differ string
}

// newKubectl uses git for differences: unlike diff, it is there wherever this is built.
func newKubectl(t *testing.T, namespace string) kubectl {
	t.Helper()
	differ := filepath.Join(t.TempDir(), "differ")
	if err := os.WriteFile(differ, []byte("#!/bin/sh\nexec git diff --no-index \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return kubectl{t: t, env: testenv.Start(t), namespace: namespace, differ: differ}
}

// TestPublishedManifestsRoundTrip: a pipeline that applies the samples, and what the
// documents show, finds no difference afterwards and changes nothing by applying them
// again.
func TestPublishedManifestsRoundTrip(t *testing.T) {
	t.Parallel()
	env := testenv.Start(t)
	manifests := publishedManifests(t)
	if len(manifests) < 9 {
		t.Fatalf("only %d manifests were found", len(manifests))
	}
	for _, named := range []string{"flinks-system", "lending"} {
		newKubectl(t, "").must("", "create", "namespace", named)
	}
	for name, flags := range map[string][]string{"client-side": nil, "server-side": {"--server-side"}} {
		t.Run(name, func(t *testing.T) {
			k := newKubectl(t, env.Namespace(t))
			for _, m := range manifests {
				k.roundTrip(m, flags)
			}
			for _, m := range manifests {
				k.must(m.text, k.of(m, "delete", "--ignore-not-found", "-f", "-")...)
			}
		})
	}
}

func (k kubectl) roundTrip(m published, flags []string) {
	k.t.Helper()
	k.apply(m, flags)
	k.expectNoDiff(m, flags)
	created := k.stored(m)
	// The server stores the default of a status with the first write after the one that
	// created the object, which shows in the resourceVersion alone.
	k.apply(m, flags)
	again := k.stored(m)
	if diff := cmp.Diff(versions.ReplaceAllString(created, ""), versions.ReplaceAllString(again, "")); diff != "" {
		k.t.Errorf("%s: applying it changed it (-before +after):\n%s", m.source, diff)
	}
	k.apply(m, flags)
	if diff := cmp.Diff(again, k.stored(m)); diff != "" {
		k.t.Errorf("%s: applying it again wrote it (-before +after):\n%s", m.source, diff)
	}
}

func (k kubectl) apply(m published, flags []string) {
	k.t.Helper()
	k.must(m.text, k.of(m, append([]string{"apply", "-f", "-"}, flags...)...)...)
}

// stored returns all that the server has, with what any write would change.
func (k kubectl) stored(m published) string {
	k.t.Helper()
	return k.must(m.text, k.of(m, "get", "-f", "-", "-o", "yaml", "--show-managed-fields")...)
}

func (k kubectl) expectNoDiff(m published, flags []string) {
	k.t.Helper()
	out, err := k.run(m.text, k.of(m, append([]string{"diff", "-f", "-"}, flags...)...)...)
	if err != nil || out != "" {
		k.t.Errorf("%s: kubectl diff: %v\n%s", m.source, err, out)
	}
}

// of adds the namespace to the arguments, if the objects' metadata name none.
func (k kubectl) of(m published, args ...string) []string {
	if strings.Contains(m.text, "\n  namespace: ") {
		return args
	}
	return append(args, "-n", k.namespace)
}

func (k kubectl) must(input string, args ...string) string {
	k.t.Helper()
	out, err := k.run(input, args...)
	if err != nil {
		k.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (k kubectl) run(input string, args ...string) (string, error) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, kubectlPath(k.t), append([]string{"--kubeconfig", k.env.Kubeconfig}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "KUBECTL_EXTERNAL_DIFF="+k.differ)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func kubectlPath(t *testing.T) string {
	t.Helper()
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return filepath.Join(assets, "kubectl")
	}
	return filepath.Join(root(t), "bin", "k8s", "kubectl")
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// versions are the resourceVersions in what the server says.
var versions = regexp.MustCompile(`resourceVersion: "[0-9]*"`)

// yamlBlocks are the code blocks of a Markdown file that may be manifests.
var yamlBlocks = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// ours begins a manifest that is not another program's.
var ours = regexp.MustCompile(`(?m)^apiVersion: (v1|rbac\.authorization\.k8s\.io/v1|connect\.flinks-operator\.dev/v1alpha1)$`)

// publishedManifests returns those in config/samples, in README.md and below docs, in the
// order in which they stand there.
func publishedManifests(t *testing.T) []published {
	t.Helper()
	var all []published
	for _, file := range append(below(t, "config/samples", ".yaml"), append(below(t, "docs", ".md"), "README.md")...) {
		content, err := os.ReadFile(filepath.Join(root(t), file))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) == "kustomization.yaml" {
			continue // It is no object of a cluster.
		}
		if filepath.Ext(file) == ".yaml" {
			all = append(all, published{file, string(content)})
			continue
		}
		for _, block := range yamlBlocks.FindAllStringSubmatch(string(content), -1) {
			if ours.MatchString(block[1]) {
				all = append(all, published{file, block[1]})
			}
		}
	}
	return all
}

// below returns the files of a kind in a directory of the source tree.
func below(t *testing.T, dir, extension string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(root(t), dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == extension {
			path, err = filepath.Rel(root(t), path)
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
