package scale

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// ticks is the number of clock ticks in a second: USER_HZ, which is 100 on Linux.
const ticks = 100

// build builds the manager as it is shipped, without the race detector.
func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "manager")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/manager")
	command.Dir, command.Env = cluster.Root(t), append(os.Environ(), "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building the manager: %v\n%s", err, text)
	}
	return program
}

// process is a manager that runs.
type process struct {
	t                          *testing.T
	command                    *exec.Cmd
	metrics, probes, profiling string
}

// start starts a manager, and returns once its caches are filled.
func start(c *cluster.Cluster, program string) *process {
	t := c.T
	t.Helper()
	p := &process{t: t, metrics: address(t), probes: address(t), profiling: address(t)}
	p.command = exec.Command(program,
		"--leader-elect=false", "--metrics-secure=false", "--metrics-bind-address="+p.metrics,
		"--health-probe-bind-address="+p.probes, "--pprof-bind-address="+p.profiling,
		"--link-api-bind-address=0", "--namespace=flinks-system", "--audit-log-path=", "--log-level=ERROR",
		"--concurrent-reconciles=64")
	p.command.Env = append(os.Environ(), "KUBECONFIG="+c.Env.Kubeconfig)
	p.command.Stderr = os.Stderr
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	p.await("the manager is ready", time.Minute, func() bool { return p.get("http://"+p.probes+"/readyz") != nil })
	return p
}

// stop stops it as a rollout does.
func (p *process) stop() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.command.Wait(); err != nil {
		p.t.Errorf("the manager did not stop cleanly: %v", err)
	}
}

// poll is the resolution of measured waits.
const poll = 10 * time.Millisecond

func (p *process) await(what string, limit time.Duration, done func() bool) {
	p.t.Helper()
	err := wait.PollUntilContextTimeout(p.t.Context(), poll, limit, true, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// address returns one on this machine that is free.
func address(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// local asks a process on this machine. A profile takes a while.
var local = &http.Client{Timeout: time.Minute}

// get returns an answer; nil if it is not 200.
func (p *process) get(url string) []byte {
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := local.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil
	}
	return text
}

// sum returns the sum of a metric over the series whose labels are as given.
func (p *process) sum(name string, labels ...string) float64 {
	p.t.Helper()
	text := p.get("http://" + p.metrics + "/metrics")
	if text == nil {
		p.t.Fatal("there are no metrics")
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	total := 0.0
series:
	for _, m := range families[name].GetMetric() {
		is := map[string]string{}
		for _, label := range m.GetLabel() {
			is[label.GetName()] = label.GetValue()
		}
		for i := 0; i < len(labels); i += 2 {
			if is[labels[i]] != labels[i+1] {
				continue series
			}
		}
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return total
}

// rest waits until nothing is reconciled, or will be soon: what only counts comes a second later.
func (p *process) rest() {
	p.t.Helper()
	last, since := -1.0, wall.Now()
	p.await("the manager rests", time.Minute, func() bool {
		now := p.sum("controller_runtime_reconcile_total") + p.sum("workqueue_depth") + p.sum("controller_runtime_active_workers")
		if now != last {
			last, since = now, wall.Now()
		}
		return wall.Since(since) > 3*time.Second
	})
}

// requests returns how many requests the manager made of the API server so far, by method.
func (p *process) requests() map[string]float64 {
	p.t.Helper()
	all := map[string]float64{}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch} {
		all[method] = p.sum("rest_client_requests_total", "method", method)
	}
	return all
}

// since returns the requests since an earlier count, for each of n objects.
func since(before, after map[string]float64, n int) map[string]float64 {
	each := map[string]float64{}
	for method := range after {
		each[method] = (after[method] - before[method]) / float64(n)
	}
	return each
}

func total(requests map[string]float64) (sum float64) {
	for _, n := range requests {
		sum += n
	}
	return sum
}

// reconciles returns how often connections were reconciled.
func (p *process) reconciles() float64 {
	return p.sum("controller_runtime_reconcile_total", "controller", "bankconnection")
}

// collected returns how many connections have their data.
func (p *process) collected() float64 {
	return p.sum("flinks_operator_calls_total", "operation", "GetAccountsDetail", "code", "OK")
}

// cpu returns the processor time of the process so far.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticks
}

// heap returns what the heap holds after a collection, in bytes.
func (p *process) heap() float64 {
	p.t.Helper()
	for range 2 {
		if p.get("http://"+p.profiling+"/debug/pprof/heap?gc=1") == nil {
			p.t.Fatal("there are no profiles")
		}
	}
	return p.sum("go_memstats_heap_alloc_bytes")
}

// profile writes a profile of the manager into the directory for them, if there is one.
func (p *process) profile(name, query string) {
	p.t.Helper()
	if *profilesFlag == "" {
		return
	}
	text := p.get("http://" + p.profiling + "/debug/pprof/" + name + query)
	if err := os.WriteFile(filepath.Join(*profilesFlag, name), text, 0o600); err != nil {
		p.t.Error(err)
	}
}

// resident returns the resident memory, in bytes.
func (p *process) resident() float64 { return p.sum("process_resident_memory_bytes") }
