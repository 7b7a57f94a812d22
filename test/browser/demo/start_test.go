package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/devplane/report"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/gateway"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// instance is the one of config/samples.
const instance = "toolbox"

// start brings everything up, and reports what there is.
func start(t *testing.T, r *report.Reporter) *demo {
	t.Helper()
	d := &demo{Reporter: r, gatewayLog: &testenv.Log{}}
	d.calm, d.asked, d.unlinked = newCustomers()
	d.Cluster = cluster.New(t, func(o *flinkssim.Options) { o.CustomerID = flinkssim.ToolboxCustomerID })
	if err := d.Sim.SetKnobs(knobs); err != nil {
		t.Fatal(err)
	}
	control := serve(t, d.Sim.ControlHandler())
	managerLog, gatewayLog := d.keepLog("manager.log", cluster.Logs), d.keepLog("gateway.log", d.gatewayLog)
	var serveData func(*manager.Options)
	d.dataURL, serveData = d.DataAPI()
	linkAPI, _ := d.StartServing(serveData)
	public := d.startGateway(linkAPI)
	d.createInstance(public)
	d.follower = follow(d)
	d.Say(`API server       %s
kubeconfig       %s
Flinks           %s, the API and the Connect pages
simulator        %s, its control API
operator         as %s
operator's log   %s
gateway          %s, the pages of links; its log is %s
data API         %s, for applications
ClusterFlinksInstance %s is ready: the operator's keys are accepted`,
		d.Env.Config.Host, d.Env.Kubeconfig, d.URL, control, cluster.Operator, managerLog, public, gatewayLog, d.dataURL, instance)
	return d
}

// knobs sets the knobs as the simulator of make run has them.
func knobs(k *flinkssim.Knobs) {
	// While Flinks fetches data for a login, it refuses another live session.
	k.ProcessingDuration = 2 * time.Second
}

func serve(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// keepLog writes a log to a file at the end of the test, and returns its path.
func (d *demo) keepLog(name string, log fmt.Stringer) (path string) {
	d.T.Helper()
	dir := filepath.Join(cluster.Root(d.T), "bin", "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		d.T.Fatal(err)
	}
	path = filepath.Join(dir, name)
	d.T.Cleanup(func() {
		if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
			d.T.Errorf("keeping a log: %v", err)
		}
	})
	return path
}

// startGateway runs the gateway with what its pod would have, and returns its public address.
func (d *demo) startGateway(linkAPIURL string) (public string) {
	d.T.Helper()
	options := gateway.Default()
	options.LinkAPIURL, options.PrivateAddress, options.Drain = linkAPIURL, "0", 0
	options.LinkAPICAFile, options.LinkAPITokenFile = d.LinkAPIFiles()
	listener, err := new(net.ListenConfig).Listen(d.T.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		d.T.Fatal(err)
	}
	options.Listener, options.Log = listener, slog.New(slog.NewJSONHandler(d.gatewayLog, nil))
	ctx, cancel := context.WithCancel(context.WithoutCancel(d.T.Context()))
	ended := make(chan error, 1)
	go func() { ended <- gateway.Run(ctx, options) }()
	d.T.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			d.T.Errorf("gateway: %v", err)
		}
	})
	// Browsers take localhost, unlike a number, for a place as safe as https.
	return "http://localhost:" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// createInstance applies the sample of a ClusterFlinksInstance, and waits until the operator has
// tried its keys.
func (d *demo) createInstance(gatewayURL string) {
	d.T.Helper()
	keys := d.Sim.Credentials()
	d.applySample("clusterflinksinstance.yaml",
		"REPLACE-ME-secret-key", keys.SecretKey, "REPLACE-ME-api-key", keys.APIKey,
		"https://connect.example.com", gatewayURL,
		"  gateway:\n", fmt.Sprintf("  endpoints: {api: %q, connect: %[1]q}\n  gateway:\n", d.URL))
	d.Eventually("ClusterFlinksInstance "+instance, patience, func(ctx context.Context) (bool, error) {
		var got v1alpha1.ClusterFlinksInstance
		err := d.Client.Get(ctx, client.ObjectKey{Name: instance}, &got)
		return meta.IsStatusConditionTrue(got.Status.Conditions, v1alpha1.ConditionReady), err
	})
}

// applySample applies a file of config/samples with replacements, old and new in turn, each of
// which must be needed.
func (d *demo) applySample(file string, replacements ...string) {
	d.T.Helper()
	path := filepath.Join(cluster.Root(d.T), "config", "samples", file)
	text, err := os.ReadFile(path)
	if err != nil {
		d.T.Fatal(err)
	}
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			d.T.Fatalf("%s has no %q", path, replacements[i])
		}
	}
	d.Apply(strings.NewReplacer(replacements...).Replace(string(text)))
}
