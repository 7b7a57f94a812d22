// Command manager runs flinks-operator against the cluster of the current
// kubeconfig, or of the pod that it runs in.
package main

import (
	"flag"
	"io"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/internal/manager"
)

func main() {
	options := manager.Default()
	options.BindFlags(flag.CommandLine)
	var level slog.Level
	flag.TextVar(&level, "log-level", slog.LevelInfo, "DEBUG, INFO, WARN or ERROR")
	flag.Parse()
	log := newLogger(os.Stderr, level)
	ctrl.SetLogger(log)
	klog.SetLogger(log)

	cfg, err := ctrl.GetConfig()
	if err == nil {
		err = manager.Run(ctrl.SetupSignalHandler(), cfg, options)
	}
	if err != nil {
		log.Error(err, "Stopped")
		os.Exit(1)
	}
}

// newLogger returns a logger that is never more verbose than DEBUG: the Kubernetes client would log the
// bodies of Secrets.
func newLogger(w io.Writer, level slog.Level) logr.Logger {
	return logr.FromSlogHandler(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: max(level, slog.LevelDebug)}))
}
