package watch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
)

// asked notes what is enqueued.
type asked struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	of map[string]bool
}

func (q asked) AddAfter(r reconcile.Request, _ time.Duration) { q.of[r.Name] = true }

// of counts an object under its first finalizer, with a mark for each of two labels; one without a
// finalizer does not count.
func of(o client.Object) (string, watch.Marks, bool) {
	labels, finalizers := o.GetLabels(), o.GetFinalizers()
	if len(finalizers) == 0 {
		return "", 0, false
	}
	return finalizers[0], watch.Mark(0, labels["first"] != "") | watch.Mark(watch.MaxMarks-1, labels["last"] != ""), true
}

// TestTally: whatever happens to objects, the sums are those of a count of all, and what changed in them is
// enqueued, and nothing else.
func TestTally(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	tally := newTally()
	objects := map[int]*metav1.PartialObjectMetadata{}
	for range 5_000 {
		before, q := count(objects), asked{of: map[string]bool{}}
		change(random, tally, objects, q)
		after := count(objects)
		for _, key := range []string{"a", "b", "c"} {
			if got := tally.Sum(key); got != after[key] {
				t.Fatalf("%s is %+v and not %+v (seed %d)", key, got, after[key], seed)
			}
			if changed := before[key] != after[key]; changed != q.of[key] {
				t.Fatalf("%s changed: %v, enqueued: %v (seed %d)", key, changed, q.of[key], seed)
			}
		}
	}
}

func newTally() *watch.Tally[string] {
	return &watch.Tally[string]{Of: of, Request: func(key string) reconcile.Request {
		return reconcile.Request{NamespacedName: types.NamespacedName{Name: key}}
	}}
}

// change creates, changes or deletes an object.
func change(random *rand.Rand, tally *watch.Tally[string], objects map[int]*metav1.PartialObjectMetadata, q asked) {
	ctx, i := context.Background(), random.IntN(20)
	was, is := objects[i], &metav1.PartialObjectMetadata{}
	is.Name, is.Labels = fmt.Sprint(i), map[string]string{}
	if random.IntN(4) > 0 {
		is.Finalizers = []string{[]string{"a", "b", "c"}[random.IntN(3)]}
	}
	for _, label := range []string{"first", "last"} {
		if random.IntN(2) > 0 {
			is.Labels[label] = "yes"
		}
	}
	switch {
	case was == nil:
		objects[i] = is
		tally.Create(ctx, event.CreateEvent{Object: is}, q)
	case random.IntN(3) == 0:
		delete(objects, i)
		tally.Delete(ctx, event.DeleteEvent{Object: was}, q)
	default:
		objects[i] = is
		tally.Update(ctx, event.UpdateEvent{ObjectOld: was, ObjectNew: is}, q)
	}
}

// count counts all objects one by one.
func count(objects map[int]*metav1.PartialObjectMetadata) map[string]watch.Sum {
	sums := map[string]watch.Sum{}
	for _, o := range objects {
		key, marked, counts := of(o)
		if !counts {
			continue
		}
		sum := sums[key]
		sum.Total++
		for i := range sum.Marked {
			sum.Marked[i] += int32(marked >> i & 1)
		}
		sums[key] = sum
	}
	return sums
}

// TestTallyMeanwhile: while an object changes, it is never missing.
func TestTallyMeanwhile(t *testing.T) {
	t.Parallel()
	tally := newTally()
	marked := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{"a"}, Labels: map[string]string{"first": "yes"}}}
	both := marked.DeepCopy()
	both.Labels["last"] = "yes"
	tally.Create(t.Context(), event.CreateEvent{Object: marked}, asked{of: map[string]bool{}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		q := asked{of: map[string]bool{}}
		for range 50_000 {
			tally.Update(t.Context(), event.UpdateEvent{ObjectOld: marked, ObjectNew: both}, q)
			tally.Update(t.Context(), event.UpdateEvent{ObjectOld: both, ObjectNew: marked}, q)
		}
	}()
	for {
		if sum := tally.Sum("a"); sum.Total != 1 || sum.Marked[0] != 1 {
			t.Fatalf("%+v", sum)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
