// Command devplane runs a Kubernetes control plane, a simulator of Flinks, the operator and the
// gateway on this machine, to use them with kubectl.
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

const usage = `Usage: devplane [flags]

Stays up until Ctrl-C, says how to use it with kubectl, and restarts the
operator when its sources change.

Flags:
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

	options := devplane.Default(os.Stdout)
	// As those of flinks-sim, and always the same, so that they can be bookmarked.
	options.APIAddress, options.ControlAddress = "127.0.0.1:8090", "127.0.0.1:8091"
	options.GatewayAddress, options.DataAddress = "127.0.0.1:8092", "127.0.0.1:8093"
	options.PreviewAddress = "127.0.0.1:8094"
	flags := flag.NewFlagSet("devplane", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	options.BindFlags(flags)
	flags.BoolVar(&options.Reload, "reload", true, "build the operator with the go command, and again when its sources change")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if err := devplane.Run(ctx, options); err != nil {
		fmt.Fprintf(os.Stderr, "\ndevplane failed: %v\n", err)
		return 1
	}
	return 0
}
