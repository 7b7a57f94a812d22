package devplane

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// Options say what to bring up, and where.
type Options struct {
	// Dir takes the kubeconfig, as long as the plane is up, and the operator's log.
	Dir string
	// APIAddress and ControlAddress are those of the simulator. Port 0 is any free one.
	APIAddress, ControlAddress string
	// GatewayAddress is that of the gateway, on this machine.
	GatewayAddress string
	// DataAddress is that of the operator's data API, on this machine.
	DataAddress string
	// PreviewAddress is that of the preview of the gateway's pages.
	PreviewAddress string
	// Knobs and Faults of the simulator: what it is to do differently.
	Knobs  flinkssim.Knobs
	Faults []flinkssim.Fault
	// Patience bounds each single wait.
	Patience time.Duration
	// Reload builds the operator from the source tree, runs it as a program of its own, and
	// replaces it when its sources change. Otherwise it runs in this process.
	Reload bool
	// Out is where the report for the user goes.
	Out io.Writer
}

// Default returns the options that the flags start from.
func Default(out io.Writer) Options {
	knobs := flinkssim.DefaultKnobs()
	// As long as Flinks fetches data for a login, it refuses another live session.
	// Two seconds are short enough to wait for.
	knobs.ProcessingDuration = 2 * time.Second
	return Options{
		Dir:            filepath.Join("bin", "run"),
		APIAddress:     "127.0.0.1:0",
		ControlAddress: "127.0.0.1:0",
		GatewayAddress: "127.0.0.1:0",
		DataAddress:    "127.0.0.1:0",
		PreviewAddress: "127.0.0.1:0",
		Knobs:          knobs,
		Patience:       30 * time.Second,
		Out:            out,
	}
}

// BindFlags makes the options settable by flags.
func (o *Options) BindFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.Dir, "dir", o.Dir, "directory for the kubeconfig and the operator's log; within the source tree if relative")
	fs.StringVar(&o.APIAddress, "api-address", o.APIAddress, "address of the simulated API and its Connect pages")
	fs.StringVar(&o.ControlAddress, "control-address", o.ControlAddress, "address of the simulator's control API")
	fs.StringVar(&o.GatewayAddress, "gateway-address", o.GatewayAddress, "address of the gateway")
	fs.StringVar(&o.DataAddress, "data-address", o.DataAddress, "address of the operator's data API")
	fs.StringVar(&o.PreviewAddress, "preview-address", o.PreviewAddress, "address of the preview of the gateway's pages")
	fs.Func("knob", "knob of the simulator, as `name=value`; may be repeated", func(text string) error {
		name, value, _ := strings.Cut(text, "=")
		return o.Knobs.Set(name, value)
	})
	fs.Func("fault", "fault of the simulator, as `JSON`; may be repeated", func(text string) error {
		var fault flinkssim.Fault
		if err := json.Unmarshal([]byte(text), &fault); err != nil {
			return err
		}
		o.Faults = append(o.Faults, fault)
		return nil
	})
}

// tree is the source tree that devplane works in.
type tree string

func findTree() (tree, error) {
	root, err := controlplane.ModuleRoot()
	if err != nil {
		return "", fmt.Errorf("finding the source tree: %w", err)
	}
	return tree(root), nil
}

// path returns the path of a file in the source tree.
func (t tree) path(elements ...string) string {
	joined := filepath.Join(elements...)
	if filepath.IsAbs(joined) {
		return joined
	}
	return filepath.Join(string(t), joined)
}
