package flinkssim

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParseCommand(t *testing.T) {
	c, err := ParseCommand([]string{
		"--api-address", "127.0.0.1:0", "--instance", "acme-ca", "--secret-key", "s", "--api-key", "a", "--bearer-token", "b",
		"--knob", "authorizeTokenTTL=20m", "--knob", "requireXApiKey=false",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultKnobs()
	want.AuthorizeTokenTTL, want.RequireXAPIKey = 20*time.Minute, false
	if c.Options.Knobs != want || c.Options.Instance != "acme-ca" || c.Options.CustomerID != ToolboxCustomerID {
		t.Errorf("got %+v", c)
	}
	if c.APIAddress != "127.0.0.1:0" || c.ControlAddress != "127.0.0.1:8091" {
		t.Errorf("got %+v", c)
	}
	for _, bad := range [][]string{{"--knob", "nothing=1"}, {"--knob", "throttleStatus=1"}, {"--unknown"}, {"extra"}, {"--knob", "x"}} {
		if _, err := ParseCommand(bad, io.Discard); err == nil {
			t.Errorf("%v must be refused", bad)
		}
	}
}

// startCommand runs the command until it has said where it listens.
func startCommand(t *testing.T) (output string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		c, err := ParseCommand([]string{"--api-address", "127.0.0.1:0", "--control-address", "127.0.0.1:0"}, io.Discard)
		if err == nil {
			err = c.Run(ctx, w)
		}
		_ = w.Close()
		done <- err
	}()
	var buf bytes.Buffer
	chunk := make([]byte, 8192)
	for !strings.Contains(buf.String(), "--bearer-token") {
		n, err := r.Read(chunk)
		buf.Write(chunk[:n])
		if err != nil {
			t.Fatalf("the command said no more than %q", buf.String())
		}
	}
	return buf.String(), func() error { cancel(); return <-done }
}

func TestRunServesAndStops(t *testing.T) {
	output, stop := startCommand(t)
	urls := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindAllString(output, 2)
	if len(urls) != 2 {
		t.Fatalf("got %q", output)
	}
	h := &harness{t: t, url: urls[0]}
	if a := h.send("GET", urls[1]+"/healthz", ""); a.status != 200 {
		t.Errorf("got %d, %v", a.status, a.err)
	}
	h.send("POST", urls[1]+"/faults", `{"hang":true}`)
	gone := make(chan error, 1)
	go func() { gone <- h.send("GET", urls[0]+"/v2/", "").err }()
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if err := <-gone; err == nil {
		t.Error("a hanging call must end with the simulator")
	}
}

func TestRunNeedsItsAddresses(t *testing.T) {
	taken, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, c := range []Command{
		{APIAddress: taken.Addr().String(), ControlAddress: "127.0.0.1:0"},
		{APIAddress: "127.0.0.1:0", ControlAddress: taken.Addr().String()},
	} {
		if c.Run(t.Context(), io.Discard) == nil {
			t.Error("an address that is taken must be an error")
		}
	}
}
