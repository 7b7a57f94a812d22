package devplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// startSimulator serves Flinks at one address, and the control of it at another.
func (p *Plane) startSimulator(ctx context.Context) error {
	if err := p.options.Knobs.Validate(); err != nil {
		return err
	}
	p.Simulator = flinkssim.New(flinkssim.Options{Knobs: p.options.Knobs})
	for _, fault := range p.options.Faults {
		if err := p.Simulator.InjectFault(fault); err != nil {
			return err
		}
	}
	var err error
	if p.SimulatorURL, err = p.serve(ctx, "the simulator", p.options.APIAddress, p.Simulator.Handler()); err != nil {
		return fmt.Errorf("%w; -api-address names another", err)
	}
	if p.ControlURL, err = p.serve(ctx, "the simulator's control", p.options.ControlAddress, p.Simulator.ControlHandler()); err != nil {
		return fmt.Errorf("%w; -control-address names another", err)
	}
	return nil
}

// serve serves until Stop, and returns the URL.
func (p *Plane) serve(ctx context.Context, what, address string, h http.Handler) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.end(fmt.Errorf("%s ended by itself: %w", what, err))
		}
	}()
	p.onStop("stopping "+what, func() error {
		cancel() // requests that hang on purpose end by this
		return server.Close()
	})
	return "http://" + l.Addr().String(), nil
}
