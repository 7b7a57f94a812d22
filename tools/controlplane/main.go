// Command controlplane makes sure that this machine has a Kubernetes control plane to run:
// etcd, kube-apiserver, kube-controller-manager and kubectl, for tests and for local use.
//
// Run it in its own directory:
//
//	go run . [-o ../../bin/k8s]
//
// It takes the first of these that holds all four binaries: the directory named by
// KUBEBUILDER_ASSETS, the output directory if what it holds was built from this module as it is now,
// a fresh build into the output directory. Progress goes to standard error, and the directory
// that was chosen to standard output.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// binaries are the commands under cmd/, in the order in which they are built: the quick one first.
var binaries = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}

func main() {
	out := flag.String("o", filepath.Join("..", "..", "bin", "k8s"), "directory for the binaries")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := ensure(ctx, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "control plane binaries:", err)
		os.Exit(1)
	}
	fmt.Println(dir)
}

// ensure returns the absolute path of a directory that holds all binaries, building them into out
// if there is no other.
func ensure(ctx context.Context, out string) (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		missing := missingFrom(assets)
		if len(missing) == 0 {
			return filepath.Abs(assets)
		}
		say("KUBEBUILDER_ASSETS=%s lacks %s: not used", assets, strings.Join(missing, ", "))
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	return out, ensureBuilt(ctx, out)
}

// ensureBuilt builds into out unless out holds the binaries of this very module. Only one process
// at a time gets past the lock, so a second one finds the first one's work done.
func ensureBuilt(ctx context.Context, out string) error {
	unlock, err := lock(ctx, filepath.Join(out, ".lock"))
	if err != nil {
		return err
	}
	defer unlock()

	want, err := fingerprint(".")
	if err != nil {
		return err
	}
	stamp := filepath.Join(out, ".stamp")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want && len(missingFrom(out)) == 0 {
		return nil
	}
	// The old stamp must go first: a build that stops half way leaves a mixed directory.
	if err := os.RemoveAll(stamp); err != nil {
		return err
	}
	if err := buildAll(ctx, out); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// missingFrom lists the binaries that dir does not hold as executable files.
func missingFrom(dir string) []string {
	var missing []string
	for _, name := range binaries {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// say prints one line of progress.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
