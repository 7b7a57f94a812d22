package controlplane

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// TestChildrenDieWithTheirParent kills a process that runs a control plane, so that it can clean up
// nothing, and looks what is left.
func TestChildrenDieWithTheirParent(t *testing.T) {
	const runParent = "CONTROLPLANE_TEST_PARENT"
	if os.Getenv(runParent) != "" {
		beParent(t)
		return
	}
	t.Setenv("TMPDIR", t.TempDir())
	parent := exec.Command(os.Args[0], "-test.run=^TestChildrenDieWithTheirParent$")
	parent.Env = append(os.Environ(), runParent+"=yes")
	parent.Stderr = os.Stderr
	children := startParent(t, parent)

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 10*time.Second, true,
		func(context.Context) (bool, error) { return !anyRunning(children), nil })
	if err != nil {
		t.Errorf("children outlive their parent: %v", err)
	}

	removeAbandoned()
	if entries, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(entries) > 0 {
		t.Errorf("abandoned directories after the next start: %v (%v), want none", entries, err)
	}
}

// beParent starts a control plane, prints the process ids and waits to be killed.
func beParent(t *testing.T) {
	cp := mustStart(t, Options{ControllerManager: true})
	for _, p := range cp.processes {
		_, _ = fmt.Fprint(os.Stdout, "child ", p.ID(), " ")
	}
	_, _ = fmt.Fprintln(os.Stdout)
	<-cp.Done()
}

// startParent starts the command and returns the process ids that it prints.
func startParent(t *testing.T, parent *exec.Cmd) []string {
	t.Helper()
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "child ") {
			return strings.Fields(strings.ReplaceAll(lines.Text(), "child ", ""))
		}
	}
	t.Fatal("the parent did not start a control plane")
	return nil
}

// anyRunning reports whether one of the processes still runs. One that has ended may stay in the table
// as a zombie for as long as its adoptive parent likes.
func anyRunning(pids []string) bool {
	for _, pid := range pids {
		status, err := os.ReadFile("/proc/" + pid + "/status")
		if err == nil && !strings.Contains(string(status), "State:\tZ") {
			return true
		}
	}
	return false
}
