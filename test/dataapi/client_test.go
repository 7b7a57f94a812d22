package dataapi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// got is what an application that uses the client has of a read.
type got struct {
	data *dataclient.Data
	// ids are those of the accounts that came, whole or not.
	ids          []string
	transactions int
	err          error
}

// readAll reads a connection to the end of its data.
func (f *fixture) readAll(ctx context.Context, c *dataclient.Client, name string, q dataclient.Query) (g got) {
	f.T.Helper()
	if g.data, g.err = c.Accounts(ctx, f.Namespace, name, q); g.err != nil {
		f.Reject("error of the client", g.err.Error())
		return g
	}
	for raw, err := range g.data.Accounts() {
		if err != nil {
			f.Reject("error of the client", err.Error())
			g.err = err
			return g
		}
		var account struct {
			ID           string
			Transactions []json.RawMessage
		}
		if err := json.Unmarshal(raw, &account); err != nil {
			f.T.Fatal(err)
		}
		g.ids, g.transactions = append(g.ids, account.ID), g.transactions+len(account.Transactions)
	}
	return g
}

// expect asserts that an answer is whole, and has these accounts of a connection.
func (g got) expect(t *testing.T, f *fixture, name string, numbers ...int) {
	t.Helper()
	var want []string
	for _, i := range numbers {
		want = append(want, f.ids[name][i])
	}
	slices.Sort(g.ids)
	slices.Sort(want)
	if g.err != nil || !slices.Equal(g.ids, want) {
		t.Errorf("accounts %v, want %v: %v", g.ids, want, g.err)
	}
}

// reason returns why there is no data; empty if there is another error.
func (g got) reason() (dataclient.Reason, string) {
	if problem, ok := errors.AsType[*dataclient.Problem](g.err); ok {
		return problem.Reason, problem.Cause
	}
	return "", ""
}

// TestClient: the Go client against the operator.
func TestClient(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0, 1)
	client := f.DataClient(f.url, f.token)
	first := f.readAll(t.Context(), client, "acme", dataclient.Query{})
	first.expect(t, f, "acme", 0, 1)
	if !first.data.Time.Equal(f.Get("acme").Status.LastRefreshTime.Time) || first.transactions != 0 {
		t.Errorf("data of %s, with %d transactions", first.data.Time, first.transactions)
	}
	for transactions, want := range map[dataclient.Transactions]int{"": 0, "None": 0, "Days90": 60, "Days365": 240} {
		g := f.readAll(t.Context(), client, "acme", dataclient.Query{Transactions: transactions})
		g.expect(t, f, "acme", 0, 1)
		if g.transactions != want {
			t.Errorf("%q: %d transactions, want %d", transactions, g.transactions, want)
		}
	}
	if g := f.readAll(t.Context(), client, "acme", dataclient.Query{IfNoneMatch: first.data.ETag}); !errors.Is(g.err, dataclient.ErrNotModified) {
		t.Errorf("a poll: %v", g.err)
	}
	f.readAll(t.Context(), client, "acme", dataclient.Query{IfNoneMatch: first.data.ETag, Transactions: "Days90"}).expect(t, f, "acme", 0, 1)

	for _, tc := range []struct {
		title, token, name string
		want               dataclient.Reason
	}{
		{"an account of another namespace", f.Token(f.Env.Namespace(t), "application", cluster.ForDataAPI), "acme", dataclient.Forbidden},
		{"a token for the API server", f.Token(f.Namespace, "application"), "acme", dataclient.Unauthorized},
		{"a connection that is not there", f.token, "none", dataclient.NotFound},
	} {
		g := f.readAll(t.Context(), f.DataClient(f.url, tc.token), tc.name, dataclient.Query{})
		if reason, _ := g.reason(); reason != tc.want {
			t.Errorf("%s: %v", tc.title, g.err)
		}
	}
	for range 10 {
		first = f.readAll(t.Context(), client, "acme", dataclient.Query{})
	}
	problem, ok := errors.AsType[*dataclient.Problem](first.err)
	if !ok || problem.Reason != dataclient.TooManyReads || problem.RetryAfter <= 0 || problem.RetryAfter > time.Minute {
		t.Errorf("the reads of a minute end with %v", first.err)
	}
	f.CheckCanaries()
}

// TestClientProblems: what the client makes of ways in which a read goes wrong.
func TestClientProblems(t *testing.T) {
	f := newFixture(t)
	f.connect("other", 0)
	for title, want := range map[string]error{
		"malformed after the first bytes":     dataclient.ErrCutOff,
		"cut off after the first bytes":       dataclient.ErrCutOff,
		"another login after the first bytes": dataclient.ErrCutOff,
		"a loginId among the data":            nil,
		"Flinks is down":                      nil,
		"Flinks has no data":                  nil,
		"Flinks does not know it":             nil,
		"Flinks is collecting":                nil,
		"refused, and no older data":          nil,
		"suspended":                           nil,
		"no selection":                        nil,
	} {
		t.Run(title, func(t *testing.T) {
			tc, name := reads[title], "case-"+slug(title)
			f.connect(name, 0, 1)
			tc.prepare(f, name)
			client := f.DataClient(f.url, f.token)
			var g got
			// The cache hears of a change a moment later.
			for end := f.Sim.Now().Add(5 * time.Second); ; f.pass(600 * time.Millisecond) {
				g = f.readAll(t.Context(), client, name, dataclient.Query{})
				if reason, _ := g.reason(); want != nil || string(reason) == tc.reason || f.Sim.Now().After(end) {
					break
				}
			}
			f.Sim.ClearFaults()
			reason, cause := g.reason()
			if want != nil && !errors.Is(g.err, want) || string(reason) != tc.reason || tc.cause != "" && cause != tc.cause {
				t.Errorf("%v, want %v %s %s", g.err, want, tc.reason, tc.cause)
			}
		})
	}
	f.CheckCanaries()
}

// slug makes a name of a title.
func slug(title string) string {
	out := []byte(title)
	for i, c := range out {
		if c < 'a' || c > 'z' {
			out[i] = 'x'
		}
	}
	return string(out)
}

// TestClientFollows: an application that waits has the data as soon as Flinks has it, and one session
// serves it.
func TestClientFollows(t *testing.T) {
	f := newFixture(t)
	if err := f.Sim.SetKnobs(func(k *flinkssim.Knobs) { k.ProcessingDuration = 8 * time.Second }); err != nil {
		t.Fatal(err)
	}
	f.connect("acme", 0)
	f.Sim.ResetJournal()
	f.Kubectl("annotate", "bankconn", "acme", "-n", f.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	f.await("Flinks is collecting", 20*time.Second, func() bool { return f.calls("acme")["GetAccountsDetail"] == 1 })
	client := f.DataClient(f.url, f.token)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	g := f.readAll(ctx, client, "acme", dataclient.Query{Follow: true})
	if reason, _ := g.reason(); reason != dataclient.Pending || !errors.Is(g.err, context.DeadlineExceeded) {
		t.Errorf("a caller without time gets %v", g.err)
	}
	f.readAll(t.Context(), client, "acme", dataclient.Query{Follow: true}).expect(t, f, "acme", 0)
	if n := f.calls("acme")["GetAccountsDetail"]; n != 2 {
		t.Errorf("besides the operator itself, %d sessions ask for data", n-1)
	}
	f.CheckCanaries()
}
