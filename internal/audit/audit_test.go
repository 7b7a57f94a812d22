package audit_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// golden has all fields that a record can have, and the fewest. Other programs read them: a field that is
// here stays as it is.
const golden = `{"time":"2031-05-06T07:08:09.123Z","logger":"audit","apiVersion":"audit.flinks-operator.dev/v1","kind":"AuditRecord","action":"RefreshRequested","outcome":"Refused","reason":"SessionOpen","object":{"kind":"BankConnection","namespace":"lending","uid":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"instance":{"kind":"FlinksInstance","namespace":"lending","name":"bank"},"client":{"keyId":"1a2b3c4d","pseudonym":"q83vASNFZ4mrze8B"}}
{"time":"2031-05-06T07:08:09.123Z","logger":"audit","apiVersion":"audit.flinks-operator.dev/v1","kind":"AuditRecord","action":"DeletionsConfirmed","outcome":"Succeeded","object":{"kind":"ClusterFlinksInstance","uid":"0a7b4e3c-5d2f-4c1e-9b8a-77c6d5e4f3a2"},"instance":{"kind":"ClusterFlinksInstance","name":"bank"}}
{"time":"2031-05-06T07:08:09.123Z","logger":"audit","apiVersion":"audit.flinks-operator.dev/v1","kind":"AuditRecord","action":"LinkOpened","outcome":"Succeeded","object":{"kind":"BankConnection","namespace":"lending","uid":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"instance":{"kind":"FlinksInstance","namespace":"lending","name":"bank"},"client":{}}
{"time":"2031-05-06T07:08:09.123Z","logger":"audit","apiVersion":"audit.flinks-operator.dev/v1","kind":"AuditRecord","action":"DataRead","outcome":"Succeeded","object":{"kind":"BankConnection","namespace":"lending","uid":"5e115eac-1209-4f19-641c-08d6d484e2fe"},"instance":{"kind":"FlinksInstance","namespace":"lending","name":"bank"},"reading":{"caller":"system:serviceaccount:lending:app","accounts":0}}
`

var (
	connection = audit.Object{Kind: "BankConnection", Namespace: "lending", UID: "5e115eac-1209-4f19-641c-08d6d484e2fe"}
	bank       = audit.Instance{Kind: "FlinksInstance", Namespace: "lending", Name: "bank"}
)

// noon is in a zone of its own: records are in UTC.
func noon() time.Time {
	return time.Date(2031, 5, 6, 3, 8, 9, 123_999_999, time.FixedZone("", -4*60*60))
}

func TestTheFormatIsStable(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	log := audit.New(&written, noon, func(err error) { t.Error(err) })
	log.Write(audit.Record{
		Act:    audit.Act{Action: audit.RefreshRequested, Outcome: audit.Refused, Reason: "SessionOpen"},
		Object: connection, Instance: bank, Client: &audit.Client{KeyID: "1a2b3c4d", Pseudonym: "q83vASNFZ4mrze8B"},
	})
	log.Write(audit.Record{
		Act:      audit.Act{Action: audit.DeletionsConfirmed, Outcome: audit.Succeeded},
		Object:   audit.Object{Kind: "ClusterFlinksInstance", UID: "0a7b4e3c-5d2f-4c1e-9b8a-77c6d5e4f3a2"},
		Instance: audit.Instance{Kind: "ClusterFlinksInstance", Name: "bank"},
	})
	log.Write(audit.Record{
		Act:    audit.Act{Action: audit.LinkOpened, Outcome: audit.Succeeded},
		Object: connection, Instance: bank, Client: &audit.Client{},
	})
	log.Write(audit.Record{
		Act:    audit.Act{Action: audit.DataRead, Outcome: audit.Succeeded},
		Object: connection, Instance: bank, Reading: &audit.Reading{Caller: "system:serviceaccount:lending:app"},
	})
	if diff := cmp.Diff(golden, written.String()); diff != "" {
		t.Errorf("what programs read has changed (-want +got):\n%s", diff)
	}
}

// slow writes each byte by itself, so that lines that are written at the same time would mix.
type slow struct{ bytes.Buffer }

func (w *slow) Write(p []byte) (int, error) {
	for i := range p {
		_, _ = w.Buffer.Write(p[i : i+1])
	}
	return len(p), nil
}

func TestLinesAreWhole(t *testing.T) {
	t.Parallel()
	var written slow
	log := audit.New(&written, noon, func(err error) { t.Error(err) })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { log.Write(audit.Record{Object: connection, Instance: bank}) })
	}
	wg.Wait()
	for line := range bytes.Lines(written.Bytes()) {
		if !bytes.HasPrefix(line, []byte(`{"time":`)) || !bytes.HasSuffix(line, []byte("}}\n")) || bytes.Count(line, []byte("time")) != 1 {
			t.Fatalf("a line is %q", line)
		}
	}
	if n := bytes.Count(written.Bytes(), []byte("\n")); n != 20 {
		t.Errorf("%d lines", n)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var failures []error
	audit.New(full{}, noon, func(err error) { failures = append(failures, err) }).Write(audit.Record{})
	if len(failures) != 1 || !errors.Is(failures[0], errFull) {
		t.Errorf("it says %v", failures)
	}
	var none *audit.Log
	none.Write(audit.Record{}) // No records are wanted.
}
