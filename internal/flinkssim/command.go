package flinkssim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Command is the simulator as a process of its own.
type Command struct {
	APIAddress     string
	ControlAddress string
	Options        Options
}

// ParseCommand reads the flags of flinks-sim.
func ParseCommand(args []string, output io.Writer) (Command, error) {
	c := Command{Options: Options{Knobs: DefaultKnobs()}}
	flags := flag.NewFlagSet("flinks-sim", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&c.APIAddress, "api-address", "127.0.0.1:8090", "address of the API and the Connect pages")
	flags.StringVar(&c.ControlAddress, "control-address", "127.0.0.1:8091", "address of the control API; keep it private")
	flags.StringVar(&c.Options.Instance, "instance", "toolbox", "name of the instance, part of every loginId")
	flags.StringVar(&c.Options.CustomerID, "customer-id", ToolboxCustomerID, "the one customerId that is served")
	flags.StringVar(&c.Options.SecretKey, "secret-key", "", "secret key for GenerateAuthorizeToken (random if empty)")
	flags.StringVar(&c.Options.APIKey, "api-key", "", "x-api-key of the data calls (random if empty)")
	flags.StringVar(&c.Options.BearerToken, "bearer-token", "", "API secret of GetNightlyRefreshStatus (random if empty)")
	flags.StringVar(&c.Options.Webhook.URL, "webhook-url", "", "where to send webhooks (nowhere if empty)")
	flags.StringVar(&c.Options.Webhook.Secret, "webhook-secret", "", "signs the webhooks (unsigned if empty)")
	flags.Func("knob", "name=value, may be repeated; profile=kind turns all of them; GET /knobs on the control address lists them", func(v string) error {
		name, value, _ := strings.Cut(v, "=")
		return c.Options.Knobs.Set(name, value)
	})
	if err := flags.Parse(args); err != nil {
		return Command{}, fmt.Errorf("reading flags: %w", err)
	}
	if flags.NArg() > 0 {
		return Command{}, fmt.Errorf("reading flags: unexpected argument %q", flags.Arg(0))
	}
	if err := errors.Join(c.Options.Knobs.Validate(), c.Options.Webhook.validate()); err != nil {
		return Command{}, fmt.Errorf("reading flags: %w", err)
	}
	return c, nil
}

// shutdownGrace is how long requests may go on after the signal.
const shutdownGrace = 5 * time.Second

// Run serves until ctx ends.
func (c Command) Run(ctx context.Context, output io.Writer) error {
	sim := New(c.Options)
	api, err := listen(ctx, c.APIAddress)
	if err != nil {
		return err
	}
	control, err := listen(ctx, c.ControlAddress)
	if err != nil {
		return errors.Join(err, api.Close())
	}
	printWelcome(output, sim.Credentials(), "http://"+api.Addr().String(), "http://"+control.Addr().String())
	ctx, stop := context.WithCancel(ctx)
	var webhooks sync.WaitGroup
	webhooks.Go(func() { sim.RunWebhooks(ctx) })
	defer webhooks.Wait()
	defer stop()
	errs := make(chan error, 2)
	serve := func(l net.Listener, h http.Handler) {
		errs <- serveUntil(ctx, l, h)
		stop() // one without the other is of no use
	}
	go serve(api, sim.Handler())
	go serve(control, sim.ControlHandler())
	return errors.Join(<-errs, <-errs)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return l, nil
}

// serveUntil gives an answer up to ten minutes, since the slow ones are part of
// the play. Requests see ctx end, so that a hanging one does not hold the exit up.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      10 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stopping: %w", err), server.Close())
	}
	return nil
}

func printWelcome(w io.Writer, c Credentials, api, control string) {
	_, _ = fmt.Fprintf(w, `flinks-sim: a simulator of Flinks, instance %[1]s
  API and Connect  %[3]s
  control          %[4]s

Try:
  export SIM=%[3]s/v3/%[2]s/BankingServices
  # a login that was linked earlier
  curl -s %[4]s/logins -d '{"username":"Greatday"}'
  # a token is good for one Authorize
  TOKEN=$(curl -s -X POST $SIM/GenerateAuthorizeToken -H 'flinks-auth-key: %[5]s' | sed 's/.*"Token":"\([^"]*\)".*/\1/')
  LINKED=$(curl -s $SIM/Authorize -H "flinks-auth-key: $TOKEN" -H 'Content-Type: application/json' -d '{"Institution":"FlinksCapital","Username":"greatday_nomfa","Password":"Everyday","MostRecentCached":false,"Save":true}')
  echo "$LINKED"
  # the data, by the RequestId of that answer: a 202 at first
  curl -s $SIM/GetAccountsDetail -H 'x-api-key: %[6]s' -H 'Content-Type: application/json' -d "{\"RequestId\":\"$(echo "$LINKED" | sed 's/.*"RequestId":"\([^"]*\)".*/\1/')\"}"
  # the page, in a browser
  echo "%[3]s/v2/?demo=true&authorizeToken=$(curl -s -X POST %[4]s/tokens | sed 's/.*"token":"\([^"]*\)".*/\1/')"
  # the readings are the strictest ones of everything that Flinks leaves open; the kindest are
  curl -s -X PUT %[4]s/knobs -d '{"profile":"kind"}'
  # skip the waiting, and see what happened
  curl -s %[4]s/clock -d '{"advance":"8m"}'
  curl -s %[4]s/journal

Keys: --secret-key %[5]s --api-key %[6]s --bearer-token %[7]s
`, c.Instance, c.CustomerID, api, control, c.SecretKey, c.APIKey, c.BearerToken)
}
