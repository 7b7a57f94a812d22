package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Report says how much of a run follows from the logs.
type Report struct {
	// Writes counts the statuses that were computed again, and Exact those for which the
	// logs alone were enough.
	Writes, Exact int
	// Calls counts the calls to Flinks that belong to these writes and that Decide yields
	// too.
	Calls int
	// Enumerated counts, for each fact that the logs lack, the writes that needed it.
	Enumerated map[string]int
	// Unexplained lists the writes that no computation yields.
	Unexplained []Unexplained
}

// Unexplained is a status that the operator wrote and that its decisions do not yield.
type Unexplained struct {
	Connection      types.NamespacedName
	ResourceVersion uint64
	// Fields of the status in which the nearest computed one differs.
	Fields []string
}

func newReport() *Report { return &Report{Enumerated: map[string]int{}} }

func (r *Report) explained(g guess) {
	r.Writes++
	names := g.names()
	if len(names) == 0 {
		r.Exact++
	}
	for _, name := range names {
		r.Enumerated[name]++
	}
}

func (r *Report) unexplained(w *statusWrite, nearest *difference) {
	r.Writes++
	r.Unexplained = append(r.Unexplained, Unexplained{
		Connection:      types.NamespacedName{Namespace: w.read.Namespace, Name: w.read.Name},
		ResourceVersion: w.version, Fields: nearest.fields,
	})
}

// maxPrinted is how many unexplained writes are printed.
const maxPrinted = 10

// String returns one line for the whole run, and one for each unexplained write.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d status writes and %d calls follow from the logs; %d writes need no other fact", r.Writes-len(r.Unexplained), r.Calls, r.Exact)
	for _, name := range slices.Sorted(maps.Keys(r.Enumerated)) {
		fmt.Fprintf(&b, ", %s enumerated for %.0f %%", name, 100*float64(r.Enumerated[name])/float64(max(1, r.Writes)))
	}
	for i, u := range r.Unexplained {
		if i == maxPrinted {
			fmt.Fprintf(&b, "\nand %d more", len(r.Unexplained)-i)
			break
		}
		fmt.Fprintf(&b, "\n%s at resourceVersion %d does not follow from the logs; nearest differs in %s",
			u.Connection, u.ResourceVersion, strings.Join(u.Fields, ", "))
	}
	return b.String()
}

// difference keeps the fewest fields in which a computed status differs from the written
// one.
type difference struct{ fields []string }

func newDifference() *difference { return &difference{} }

func (d *difference) note(computed, written v1alpha1.BankConnectionStatus) {
	a, b := asMap(computed), asMap(written)
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(union(a, b))) {
		if fmt.Sprint(a[name]) != fmt.Sprint(b[name]) {
			fields = append(fields, name)
		}
	}
	if len(d.fields) == 0 || len(fields) < len(d.fields) {
		d.fields = fields
	}
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// asMap returns a status by the names of its fields. Each condition is a field of its own,
// without its message.
func asMap(st v1alpha1.BankConnectionStatus) map[string]any {
	conditions := st.Conditions
	st.Conditions = nil
	raw, err := json.Marshal(st)
	fields := map[string]any{}
	if err != nil || json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	for _, c := range conditions {
		fields[fmt.Sprintf("condition %s=%s %s of generation %d since %s",
			c.Type, c.Status, c.Reason, c.ObservedGeneration, c.LastTransitionTime.UTC().Format(time.RFC3339))] = true
	}
	return fields
}
