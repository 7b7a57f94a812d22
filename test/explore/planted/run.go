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
	// Progress is told of each defect.
	Progress io.Writer
	Clock    clock.PassiveClock
}

// Kill plants each defect, and counts those that the explorer finds.
func Kill(ctx context.Context, bugs []Bug, o Options) (killed int, err error) {
	for _, b := range bugs {
		start := o.Clock.Now()
		found, err := o.kill(ctx, b)
		if err != nil {
			return killed, err
		}
		verdict := "SURVIVES"
		if found != "" {
			killed++
			verdict = "killed by " + found
		}
		fmt.Fprintf(o.Progress, "%s, %s: %s (%s)\n", b.Name, b.Does, verdict, o.Clock.Since(start).Round(time.Second))
	}
	return killed, nil
}

// kill returns what the explorer found; empty for nothing.
func (o Options) kill(ctx context.Context, b Bug) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	program, err := o.build(ctx, b)
	if err != nil {
		return "", err
	}
	args := []string{"-first", "-cases", strconv.Itoa(o.Cases)}
	if b.Workloads != "" {
		args = append(args, "-workloads", b.Workloads)
	}
	if b.Faults != "" {
		args = append(args, "-faults", b.Faults)
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // It was just built.
	command.Dir = o.Root
	output, err := command.CombinedOutput()
	failure, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return "", nil
	case failed && failure.ExitCode() == ViolationExit:
		return finding(string(output)), nil
	}
	return "", fmt.Errorf("exploring with %s: %w\n%s", b.Name, err, output)
}

// finding is the first line that tells of a violation.
func finding(output string) string {
	for line := range strings.Lines(output) {
		if name, _, ok := strings.Cut(line, " at effect "); ok {
			return name
		}
	}
	return "a violation"
}

// build builds the explorer with a defect.
func (o Options) build(ctx context.Context, b Bug) (program string, err error) {
	original := filepath.Join(o.Root, b.File)
	code, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("planting %s: %w", b.Name, err)
	}
	changed, err := b.Apply(string(code))
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(o.Work, b.Name+".go")
	overlay := filepath.Join(o.Work, b.Name+".json")
	layers, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", fmt.Errorf("planting %s: %w", b.Name, err)
	}
	for name, text := range map[string][]byte{replacement: []byte(changed), overlay: layers} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return "", fmt.Errorf("planting %s: %w", b.Name, err)
		}
	}
	program = filepath.Join(o.Work, "explore")
	command := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", program, "./test/explore") //nolint:gosec // Our own names.
	command.Dir = o.Root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building with %s: %w\n%s", b.Name, err, output)
	}
	return program, nil
}
