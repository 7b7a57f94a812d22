// Command gateway serves the pages that links open, and receives the webhooks of Flinks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/flinks-operator/flinks-operator/internal/gateway"
)

// Exit codes: 0 is success, 1 is failure.
const exitUsage = 2

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options := gateway.Default()
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	level := slog.LevelInfo
	flags.TextVar(&level, "log-level", level, "DEBUG, INFO, WARN or ERROR")
	options.BindFlags(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "gateway takes flags only")
		return exitUsage
	}
	options.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if err := gateway.Run(ctx, options); err != nil {
		fmt.Fprintf(os.Stderr, "gateway: %v\n", err)
		return 1
	}
	return 0
}
