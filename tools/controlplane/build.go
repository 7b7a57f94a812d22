package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// fingerprint identifies what a build of the module in dir would produce: its Go files (the
// build flags are in one of them), go.mod, go.sum and the platform.
func fingerprint(dir string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.GOOS, runtime.GOARCH)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isSource(path) {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintln(sum, path, len(content))
		sum.Write(content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the module: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func isSource(path string) bool {
	name := filepath.Base(path)
	return name == "go.mod" || name == "go.sum" ||
		strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// buildAll builds every binary into out. Each appears under its name only when it is complete.
func buildAll(ctx context.Context, out string) error {
	version, err := kubernetesVersion(ctx)
	if err != nil {
		return err
	}
	say("building Kubernetes %s into %s: some minutes the first time, less than one afterwards", version, out)
	for _, name := range binaries {
		err := withProgress(name, func(output *lastLine) error {
			return build(ctx, name, version, out, output)
		})
		if err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
	}
	return nil
}

func build(ctx context.Context, name, version, out string, output *lastLine) error {
	target := filepath.Join(out, name)
	unfinished := filepath.Join(out, "."+name+".unfinished")
	defer func() { _ = os.RemoveAll(unfinished) }()

	cmd := goCommand(ctx, "build", "-v", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w "+versionFlags(version), "-o", unfinished, "./cmd/"+name)
	var all bytes.Buffer
	cmd.Stderr = io.MultiWriter(&all, output)
	if err := cmd.Run(); err != nil {
		return failure(ctx, err, all.String())
	}
	return os.Rename(unfinished, target)
}

// versionFlags sets what the binaries report as their version. Left alone they report v0.0.0-master,
// which clients cannot compare with anything.
func versionFlags(version string) string {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			"-X "+pkg+".gitVersion="+version,
			"-X "+pkg+".gitMajor="+major,
			"-X "+pkg+".gitMinor="+minor,
			"-X "+pkg+".gitTreeState=clean")
	}
	return strings.Join(flags, " ")
}

// kubernetesVersion returns the version of k8s.io/kubernetes that go.mod requires.
func kubernetesVersion(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes").Output()
	if err != nil {
		return "", fmt.Errorf("finding the version of Kubernetes: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// goCommand runs the go command for this module on this machine, whatever the caller's settings
// for the work around it are.
func goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly",
		"GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	// Interrupted rather than killed, go removes its work directory and ends its compilers.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// failure makes an error of a failed go command and its output, which besides messages has the
// name of every package that was compiled.
func failure(ctx context.Context, err error, output string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	messages := slices.DeleteFunc(strings.Split(output, "\n"), func(line string) bool {
		return !strings.Contains(line, " ")
	})
	return fmt.Errorf("%w\n%s", err, strings.Join(messages, "\n"))
}
