// Command devplane runs a Kubernetes control plane, a simulator of Flinks and the
// operator on this machine: to use them with kubectl, or to see the operator's
// whole main job.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/flinks-operator/flinks-operator/internal/devplane"
)

const usage = `Usage: devplane run|demo [flags]

  run   stays up until Ctrl-C, says how to use it with kubectl, and restarts the
        operator when its sources change
  demo  carries out the operator's main job, checks each step, and ends

Flags of both are listed by devplane run -h.
`

// Exit codes: 0 is success, 1 is failure.
const exitUsage = 2

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once; its children end with it.
	context.AfterFunc(ctx, stop)

	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	}
	options := devplane.Default(os.Stdout)
	do := devplane.Demo
	switch args[0] {
	case "run":
		do = devplane.Run
		// As those of flinks-sim, and always the same, so that they can be bookmarked.
		options.APIAddress, options.ControlAddress = "127.0.0.1:8090", "127.0.0.1:8091"
		options.GatewayAddress = "127.0.0.1:8092"
	case "demo":
		options.Dir = "bin/demo" // so that it goes beside a `devplane run`
	default:
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	}
	flags := flag.NewFlagSet("devplane "+args[0], flag.ContinueOnError)
	options.BindFlags(flags)
	if args[0] == "run" {
		flags.BoolVar(&options.Reload, "reload", true, "build the operator with the go command, and again when its sources change")
	}
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if err := do(ctx, options); err != nil {
		fmt.Fprintf(os.Stderr, "\ndevplane %s failed: %v\n", args[0], err)
		return 1
	}
	return 0
}
