package planted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ViolationExit is the exit code of an explorer that found a violation.
const ViolationExit = 3

// Options of a run.
type Options struct {
	// Root is the directory of the module, Work one for what is built.
	Root, Work string
	// Cases bounds those that are run for each defect.
	Cases int
	// Limit bounds the time for each defect.
	Limit time.Duration
	// AtOnce is how many defects are looked for at the same time.
	AtOnce int
	// Progress is told of each defect.
	Progress io.Writer
	Clock    clock.PassiveClock
}

// Kill plants each defect, and counts those that the explorer finds.
func Kill(ctx context.Context, bugs []Bug, o Options) (killed int, err error) {
	todo := make(chan Bug, len(bugs))
	for _, b := range bugs {
		todo <- b
	}
	close(todo)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range max(1, o.AtOnce) {
		workers.Go(func() {
			for b := range todo {
				start := o.Clock.Now()
				found, failure := o.kill(ctx, b)
				mu.Lock()
				verdict := "SURVIVES"
				switch {
				case failure != nil:
					err, verdict = errors.Join(err, failure), "FAILS"
				case found != "":
					killed++
					verdict = "killed by " + found
				}
				_, _ = fmt.Fprintf(o.Progress, "%s, %s: %s (%s)\n", b.Name, b.Does, verdict, o.Clock.Since(start).Round(time.Second))
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return killed, err
}

// kill returns what found the defect; empty for nothing.
func (o Options) kill(ctx context.Context, b Bug) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	overlay, err := o.layOver(b)
	if err != nil {
		return "", err
	}
	if b.Test != "" {
		return o.test(ctx, b, overlay)
	}
	program := filepath.Join(o.Work, "explore-"+b.Name)
	build := o.command(ctx, "go", "build", "-ldflags=-s -w", "-overlay", overlay, "-o", program, "./test/explore")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building with %s: %w\n%s", b.Name, err, output)
	}
	defer func() { _ = os.Remove(program) }()
	for _, name := range b.Cases {
		output, violated, err := o.explore(ctx, program, "-replay", name)
		if err != nil || violated {
			return name + " " + finding(output), err
		}
	}
	if b.Workloads == "" && b.Faults == "" && len(b.Cases) > 0 {
		return "", nil
	}
	args := []string{"-first", "-workers", "1", "-cases", strconv.Itoa(o.Cases)}
	if b.Workloads != "" {
		args = append(args, "-workloads", b.Workloads)
	}
	if b.Faults != "" {
		args = append(args, "-faults", b.Faults)
	}
	output, violated, err := o.explore(ctx, program, args...)
	if err != nil || !violated {
		return "", err
	}
	return finding(output), nil
}

// explore runs the explorer, and reports whether it found a violation.
func (o Options) explore(ctx context.Context, program string, args ...string) (output string, violated bool, err error) {
	raw, err := o.command(ctx, program, args...).CombinedOutput()
	failure, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return string(raw), false, nil
	case failed && failure.ExitCode() == ViolationExit:
		return string(raw), true, nil
	}
	return "", false, fmt.Errorf("exploring: %w\n%s", err, raw)
}

// test runs the test that finds a defect.
func (o Options) test(ctx context.Context, b Bug, overlay string) (string, error) {
	of, name, _ := strings.Cut(b.Test, " ")
	build := o.command(ctx, "go", "test", "-vet=off", "-overlay", overlay, "-run", "^$", of)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the test of %s: %w\n%s", b.Name, err, output)
	}
	output, err := o.command(ctx, "go", "test", "-vet=off", "-overlay", overlay, "-run", name, of).CombinedOutput()
	switch {
	case err == nil || ctx.Err() != nil:
		return "", ctx.Err()
	case !strings.Contains(string(output), "--- FAIL"):
		return "", fmt.Errorf("testing with %s: %w\n%s", b.Name, err, output)
	}
	return "test " + name, nil
}

func (o Options) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // G204: our own programs
	c.Dir = o.Root
	return c
}

// finding returns the first line that tells of a violation.
func finding(output string) string {
	for line := range strings.Lines(output) {
		if invariant, _, ok := strings.Cut(line, " at effect "); ok && !strings.Contains(invariant, " ") {
			return invariant
		}
	}
	return "a violation"
}

// layOver writes the files with a defect, and the overlay that puts them in place.
func (o Options) layOver(b Bug) (overlay string, err error) {
	files, err := b.Apply(func(file string) (string, error) {
		code, err := os.ReadFile(filepath.Join(o.Root, file)) //nolint:gosec // G304: a file of the source tree
		return string(code), err
	})
	if err != nil {
		return "", err
	}
	layers := struct{ Replace map[string]string }{map[string]string{}}
	written := map[string][]byte{}
	for file, code := range files {
		replacement := filepath.Join(o.Work, fmt.Sprintf("%s-%d.go", b.Name, len(written)))
		layers.Replace[filepath.Join(o.Root, file)] = replacement
		written[replacement] = []byte(code)
	}
	overlay = filepath.Join(o.Work, b.Name+".json")
	if written[overlay], err = json.Marshal(layers); err != nil {
		return "", fmt.Errorf("planting %s: %w", b.Name, err)
	}
	for name, text := range written {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return "", fmt.Errorf("planting %s: %w", b.Name, err)
		}
	}
	return overlay, nil
}
