package devplane

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func testOptions(t *testing.T) (Options, *bytes.Buffer) {
	t.Helper()
	out := &bytes.Buffer{}
	o := Default(out)
	o.Dir = t.TempDir()
	return o, out
}

// TestStop brings everything up (a control plane, the shipped RBAC, the operator, the gateway) and
// down. Nothing but the logs is left.
func TestStop(t *testing.T) {
	o, _ := testOptions(t)
	p, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.facts(), "ClusterFlinksInstance toolbox is ready") {
		t.Errorf("the operator did not accept the simulator:\n%s", p.facts())
	}
	checkPreview(t, p)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(o.Dir, "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "gateway.log" || filepath.Base(left[1]) != "manager.log" {
		t.Errorf("left in the directory: %q, %v, want gateway.log and manager.log", left, err)
	}
}

// checkPreview opens the preview, which the report names.
func checkPreview(t *testing.T, p *Plane) {
	t.Helper()
	res, err := new(http.Client).Get(p.PreviewURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || !strings.Contains(p.facts(), p.PreviewURL) {
		t.Errorf("the preview answers %s, and the report is\n%s", res.Status, p.facts())
	}
}

func TestStartIsInterrupted(t *testing.T) {
	o, _ := testOptions(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, o); !errors.Is(err, errInterrupted) {
		t.Errorf("error = %v, want %v", err, errInterrupted)
	}
}

// TestAPartEnds: what ends by itself is the reason that is given, and everything
// else is stopped, last started first.
func TestAPartEnds(t *testing.T) {
	var p Plane
	stopped := ""
	p.alive, p.end = context.WithCancelCause(t.Context())
	for _, part := range []string{"1", "2", "3"} {
		p.onStop("stopping "+part, func() error {
			stopped += part
			return os.ErrClosed
		})
	}
	ctx, cancel := p.whileUp(t.Context())
	defer cancel()
	cause := errors.New("etcd ended by itself")
	p.end(cause)
	<-ctx.Done()
	if err := p.blame(t.Context(), ctx.Err()); !errors.Is(err, cause) {
		t.Errorf("error = %v, want %v", err, cause)
	}
	wantError(t, p.shutDown(), "stopping 3: file already closed", "stopping 1: ")
	if stopped != "321" {
		t.Errorf("stopped in the order %s, want 321", stopped)
	}
	if !errors.Is(p.Err(), cause) {
		t.Errorf("Err after the end = %v, want %v", p.Err(), cause)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}
