package conformance

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

var (
	sequences = flag.Int("sequences", 2000, "how many random sequences to run")
	only      = flag.Int64("sequence", -1, "the one sequence to run")
)

func TestMain(m *testing.M) {
	flag.Parse()
	ctrllog.SetLogger(logr.Discard()) // Warnings of the server are not compared.
	testenv.Main(m, testenv.Options{Isolated: true})
}

// atOnce is how many sequences the real server works on: enough to keep it busy.
const atOnce = 12

func TestConformance(t *testing.T) {
	kube := newKube(t)
	seeds := make(chan uint64)
	go func() {
		defer close(seeds)
		if *only >= 0 {
			seeds <- uint64(*only)
			return
		}
		for seed := range *sequences {
			seeds <- uint64(seed)
		}
	}()
	var wg sync.WaitGroup
	var done, failed atomic.Int64
	wall := clock.RealClock{}
	begun := wall.Now()
	for range atOnce {
		wg.Go(func() {
			for seed := range seeds {
				if failed.Load() > 2 {
					continue
				}
				if problem := kube.compare(t, generate(seed)); problem != "" {
					failed.Add(1)
					t.Errorf("sequence %d: %s\nAgain, alone: go test ./test/explore/conformance -run TestConformance -sequence %d", seed, kube.shrink(t, generate(seed), problem), seed)
				}
				if n := done.Add(1); n%100 == 0 {
					fmt.Fprintf(os.Stderr, "%d of %d sequences, %s\n", n, *sequences, wall.Since(begun).Round(time.Second))
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d sequences in %s", done.Load(), wall.Since(begun).Round(time.Second))
}

// kubeServer is the real API server.
type kubeServer struct {
	client  client.Client
	watches *watches
	runs    atomic.Int64
}

func newKube(t *testing.T) *kubeServer {
	env := testenv.Start(t)
	c, err := client.NewWithWatch(env.Config, client.Options{Scheme: apiserver.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	return &kubeServer{client: c, watches: startWatches(t, c)}
}

// record is everything that a server showed of a sequence.
type record struct {
	answers []answer
	events  map[apiserver.Kind][]answer
}

// compare runs a sequence on both servers, and says how they differ.
func (r *kubeServer) compare(t *testing.T, ops []operation) string {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	namespace := fmt.Sprintf("s%d", r.runs.Add(1))
	want, err := r.run(ctx, namespace, ops)
	if err != nil {
		t.Fatalf("running a sequence: %v", err)
	}
	return difference(ops, want, runSmall(ctx, namespace, ops))
}

func (r *kubeServer) run(ctx context.Context, namespace string, ops []operation) (*record, error) {
	c := newCaller(r.client, namespace)
	if err := r.client.Create(ctx, fresh(apiserver.Namespace, types.NamespacedName{Name: namespace})); err != nil {
		return nil, err
	}
	got := &record{}
	for _, o := range ops {
		got.answers = append(got.answers, c.do(ctx, o))
	}
	events, err := r.watches.of(ctx, namespace, kindsOf(ops))
	got.events = c.masks.events(events)
	return got, err
}

func runSmall(ctx context.Context, namespace string, ops []operation) *record {
	server := apiserver.New(apiserver.Options{Clock: clock.RealClock{}})
	c := newCaller(server.Client(apiserver.ClientOptions{}), namespace)
	server.AddNamespace(namespace, nil)
	got := &record{}
	for _, o := range ops {
		got.answers = append(got.answers, c.do(ctx, o))
	}
	events := map[apiserver.Kind][]watch.Event{}
	for _, kind := range kindsOf(ops) {
		for _, change := range server.Log(kind) {
			if sequenceOf(change.Object) == namespace {
				events[kind] = append(events[kind], watch.Event{Type: change.Type, Object: change.Object})
			}
		}
	}
	got.events = c.masks.events(events)
	return got
}

func kindsOf(ops []operation) (kinds []apiserver.Kind) {
	for _, o := range ops {
		if !slices.Contains(kinds, o.kind) {
			kinds = append(kinds, o.kind)
		}
	}
	return kinds
}

func (m *masks) events(events map[apiserver.Kind][]watch.Event) map[apiserver.Kind][]answer {
	masked := map[apiserver.Kind][]answer{}
	for _, kind := range apiserver.Kinds() {
		for _, e := range events[kind] {
			a := m.object(e.Object.(client.Object))
			a.text = string(e.Type) + " " + a.text
			masked[kind] = append(masked[kind], a)
		}
	}
	return masked
}

// difference says where two records differ, or nothing.
func difference(ops []operation, want, got *record) string {
	for i := range want.answers {
		if want.answers[i].text != got.answers[i].text {
			return fmt.Sprintf("%s\nis answered by kube-apiserver\n  %s\nand here\n  %s", tell(ops[:i+1]), want.answers[i].text, got.answers[i].text)
		}
	}
	for _, kind := range kindsOf(ops) {
		for i := range max(len(want.events[kind]), len(got.events[kind])) {
			w, g := textAt(want.events[kind], i), textAt(got.events[kind], i)
			if w != g {
				return fmt.Sprintf("%s\nevent %d of %s is with kube-apiserver\n  %s\nand here\n  %s", tell(ops), i, kind, w, g)
			}
		}
	}
	if !sameOrder(versionsOf(ops, want), versionsOf(ops, got)) {
		return fmt.Sprintf("%s\nthe resource versions of kube-apiserver are\n  %v\nand here\n  %v", tell(ops), versionsOf(ops, want), versionsOf(ops, got))
	}
	return ""
}

func textAt(answers []answer, i int) string {
	if i >= len(answers) {
		return "nothing"
	}
	return answers[i].text
}

func versionsOf(ops []operation, r *record) (versions []int) {
	add := func(answers []answer) {
		for _, a := range answers {
			for _, v := range a.versions {
				n, err := strconv.Atoi(v)
				if err != nil {
					n = -1
				}
				versions = append(versions, n)
			}
		}
	}
	add(r.answers)
	for _, kind := range kindsOf(ops) {
		add(r.events[kind])
	}
	return versions
}

// sameOrder reports whether resource versions compare alike on both sides.
func sameOrder(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	byA := make([]int, len(a))
	for i := range byA {
		byA[i] = i
	}
	slices.SortStableFunc(byA, func(i, j int) int { return a[i] - a[j] })
	for n := 1; n < len(byA); n++ {
		i, j := byA[n-1], byA[n]
		if (a[i] == a[j]) != (b[i] == b[j]) || b[i] > b[j] {
			return false
		}
	}
	return true
}

// shrink leaves operations out of a sequence for as long as the servers still differ.
func (r *kubeServer) shrink(t *testing.T, ops []operation, problem string) string {
	for i := 0; i < len(ops); {
		fewer := slices.Delete(slices.Clone(ops), i, i+1)
		if p := r.compare(t, fewer); p != "" {
			ops, problem = fewer, p
		} else {
			i++
		}
	}
	return problem
}

func tell(ops []operation) string {
	lines := make([]string, 0, len(ops))
	for _, o := range ops {
		lines = append(lines, "  "+o.String())
	}
	return "\n" + strings.Join(lines, "\n")
}

func listKind(kind apiserver.Kind) schema.GroupVersionKind {
	gvk, err := apiutil.GVKForObject(fresh(kind, types.NamespacedName{}), apiserver.Scheme)
	if err != nil {
		panic(err)
	}
	gvk.Kind += "List"
	return gvk
}

func operationKey(kind apiserver.Kind, namespace, name string) types.NamespacedName {
	if kind == apiserver.Namespace || kind == apiserver.ClusterFlinksInstance {
		return types.NamespacedName{Name: name}
	}
	return types.NamespacedName{Namespace: namespace, Name: name}
}
