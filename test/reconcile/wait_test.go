package reconcile

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// waitRow is a situation of the table of conditions, and what tools that wait for a
// connection see of it.
type waitRow struct {
	arrange func(h *harness)
	// waits end at once; the one for Ready does so if it is among them, and not
	// otherwise.
	waits   []string
	kstatus status.Status
}

func maxAge(d time.Duration) func(*v1alpha1.BankConnection) {
	return func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual, MaxDataAge: &metav1.Duration{Duration: d}}
	}
}

// linked creates a connection with a login of the user, observed once.
func linked(user string, change ...func(*v1alpha1.BankConnection)) func(*harness) {
	return func(h *harness) {
		h.connect("acme", h.seed(user), change...)
		h.run(time.Second)
	}
}

// then does one thing after another.
func then(steps ...func(*harness)) func(*harness) {
	return func(h *harness) {
		for _, step := range steps {
			step(h)
		}
	}
}

func requestNow(h *harness) {
	h.request("acme", "1")
	h.run(time.Second)
}

func passing(d time.Duration) func(*harness) { return func(h *harness) { h.run(d) } }

func failing(f flinkssim.Fault) func(*harness) {
	return func(h *harness) {
		f.Endpoint, f.Times = "Authorize", -1
		h.fault(f)
	}
}

const (
	waitReady    = "condition=Ready"
	waitNotReady = "condition=Ready=False"
	waitPerson   = "condition=UserActionRequired"
	waitNoPerson = "condition=UserActionRequired=False"
	waitStalled  = "condition=Stalled"
)

func waitReason(reason string) string {
	return `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=` + reason
}

// TestWaitForData: what the bank and the person do.
func TestWaitForData(t *testing.T) {
	t.Parallel()
	runWaits(t, map[string]waitRow{
		"not looked at yet": {
			func(h *harness) { h.connect("acme", h.seed("greatday_nomfa")) },
			[]string{"jsonpath={.status.observedGeneration}=-1"}, status.InProgressStatus,
		},
		"an edit that was not looked at yet": {
			then(linked("greatday_nomfa"), func(h *harness) { h.edit("acme", scheduled(day)) }),
			[]string{waitReason("Refreshed")}, status.InProgressStatus,
		},
		"authorized, data fresh": {linked("greatday_nomfa"), []string{waitReady, waitNoPerson, waitReason("Refreshed")}, status.CurrentStatus},
		"data stale": {
			then(linked("greatday_nomfa", maxAge(2*day)), passing(day)),
			[]string{waitNotReady, waitReason("DataStale")}, status.InProgressStatus,
		},
		"data about to expire": {
			then(linked("greatday_nomfa"), passing(79*day)),
			[]string{waitReady, "condition=DataExpiring"}, status.CurrentStatus,
		},
		"data expired": {
			then(linked("greatday_nomfa"), passing(89*day)),
			[]string{waitNotReady, "condition=DataExpiring"}, status.InProgressStatus,
		},
		"the bank asks": {
			then(linked("Greatday"), requestNow),
			[]string{waitReady, waitPerson, "jsonpath={.status.reconnect.link.url}"}, status.CurrentStatus,
		},
		"the link expired": {
			then(linked("Greatday"), requestNow, passing(time.Hour)),
			[]string{waitReady, waitPerson, "jsonpath={.status.reconnect.reason}=LinkExpired"}, status.CurrentStatus,
		},
		"the bank asks, data stale": {
			then(linked("Greatday", maxAge(2*day)), passing(day), requestNow),
			[]string{waitNotReady, waitPerson}, status.InProgressStatus,
		},
		"person needed, never any data": {
			func(h *harness) {
				login := h.sim.SeedLogin(flinkssim.SeedOptions{Username: "sim_newaccount", NeverRefreshed: true, LastCode: "NEW_ACCOUNT"})
				h.canaries = append(h.canaries, login)
				h.connect("acme", login)
				h.run(time.Second)
			}, []string{waitNotReady, waitPerson, waitReason("UserActionRequired")}, status.InProgressStatus,
		},
		"live session under way, data stale": {
			then(linked("greatday_nomfa", maxAge(2*day)), passing(day), failing(flinkssim.Fault{Mode: "live", Drop: flinkssim.DropAfterCommit}), requestNow),
			[]string{waitNotReady, "condition=Reconciling", "jsonpath={.status.refresh.state}=Unknown"}, status.InProgressStatus,
		},
	})
}

// TestWaitForObstacles: what stands in the way of calls, and what only a change of an
// object ends.
func TestWaitForObstacles(t *testing.T) {
	t.Parallel()
	runWaits(t, map[string]waitRow{
		"Secret missing": {
			then(func(h *harness) { h.createConnection("acme") }, passing(time.Second)),
			[]string{waitNotReady, waitNoPerson, waitReason("SecretNotFound")}, status.InProgressStatus,
		},
		"instance missing": {
			linked("greatday_nomfa", func(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = "absent" }),
			[]string{waitNotReady, waitReason("InstanceNotFound")}, status.InProgressStatus,
		},
		"instance not ready": {
			then(brokenInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CredentialsSecretRef.Name = "absent" }), linked("greatday_nomfa")),
			[]string{waitNotReady, waitReason("InstanceNotReady")}, status.InProgressStatus,
		},
		"namespace not allowed": {
			then(brokenInstance(func(i *v1alpha1.ClusterFlinksInstance) {
				i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Selector: metav1.LabelSelector{MatchLabels: map[string]string{"bank": "yes"}}}
			}), linked("greatday_nomfa")),
			[]string{waitNotReady, waitReason("NamespaceNotAllowed")}, status.InProgressStatus,
		},
		"Flinks down, data fresh": {
			then(linked("greatday_nomfa"), failing(flinkssim.Fault{Status: 503}), passing(2*day)),
			[]string{waitReady, "jsonpath={.status.lastError.code}=SERVER_ERROR"}, status.CurrentStatus,
		},
		"throttled, data stale": {
			then(linked("greatday_nomfa", maxAge(2*day)), failing(flinkssim.Fault{FlinksCode: "TOO_MANY_REQUESTS"}), passing(2*day)),
			[]string{waitNotReady, waitReason("DataStale"), "jsonpath={.status.lastError.class}=throttled"}, status.InProgressStatus,
		},
		"loginId unknown": {
			func(h *harness) { h.connect("acme", otherGUID); h.run(time.Second) },
			[]string{waitNotReady, waitStalled, waitReason("LoginGone")}, status.FailedStatus,
		},
		"schedule that never fires": {
			linked("greatday_nomfa", func(c *v1alpha1.BankConnection) {
				c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Schedule: "0 0 31 2 *"}
			}), []string{waitNotReady, waitStalled, waitReason("InvalidSpec")}, status.FailedStatus,
		},
		"duplicate": {duplicate, []string{waitNotReady, waitStalled, waitReason("DuplicateLogin")}, status.FailedStatus},
		"suspended": {
			then(linked("greatday_nomfa"), suspend, passing(10*day)),
			// As last known, which is not known of the object as it is now.
			[]string{"condition=Suspended", waitNoPerson, waitReason("Refreshed")}, status.CurrentStatus,
		},
		"deletion blocked": {
			then(linked("greatday_nomfa"), func(h *harness) {
				h.fault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "CARD_IN_USE", Times: -1})
				h.delete("acme")
				h.run(time.Second)
			}), []string{"condition=DeletionBlocked", waitNoPerson, waitReason("Refreshed")}, status.TerminatingStatus,
		},
	})
}

// brokenInstance makes something go wrong with the instance.
func brokenInstance(change func(*v1alpha1.ClusterFlinksInstance)) func(*harness) {
	return func(h *harness) {
		i := &v1alpha1.ClusterFlinksInstance{ObjectMeta: metav1.ObjectMeta{Name: h.instance()}}
		if err := h.live.Get(h.ctx(), client.ObjectKeyFromObject(i), i); err != nil {
			h.t.Fatal(err)
		}
		change(i)
		h.update(i)
		h.probe()
	}
}

// duplicate makes acme the younger one of two. Creation times have whole seconds and
// the UID settles a tie, so it takes as many attempts as it takes.
func duplicate(h *harness) {
	login := h.seed("greatday_nomfa")
	h.connect("owner", login)
	h.run(time.Second)
	h.connect("acme", login)
	h.run(time.Second)
	for condition(h.get("acme"), v1alpha1.ConditionStalled) == "" {
		h.strip("acme")
		if !h.gone("acme") {
			h.t.Fatal("acme is still there")
		}
		h.createConnection("acme")
		h.run(time.Second)
	}
}

func runWaits(t *testing.T, table map[string]waitRow) {
	t.Helper()
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			row.arrange(h)
			for _, wait := range row.waits {
				if out, ok := h.waits(wait); !ok {
					t.Errorf("kubectl wait --for=%s: %s", wait, out)
				}
			}
			if out, ok := h.waits(waitReady); ok && !slices.Contains(row.waits, waitReady) {
				t.Errorf("kubectl wait takes it for ready: %s", out)
			}
			if got := h.kstatus("acme"); got != row.kstatus {
				t.Errorf("kstatus says %s, not %s", got, row.kstatus)
			}
		})
	}
}

// waits reports whether a wait for acme ends at once.
func (h *harness) waits(what string) (string, bool) {
	h.t.Helper()
	cmd := exec.CommandContext(h.ctx(), testenv.Kubectl(h.t), "--kubeconfig", testenv.Start(h.t).Kubeconfig,
		"wait", "--for="+what, "bankconn/acme", "-n", h.namespace, "--timeout=0")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return strings.TrimSpace(out.String()), err == nil
}

// kstatus returns what tools make of the object as the API server serves it.
func (h *harness) kstatus(name string) status.Status {
	h.t.Helper()
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BankConnection"))
	if err := h.live.Get(h.ctx(), client.ObjectKey{Namespace: h.namespace, Name: name}, u); err != nil {
		h.t.Fatal(err)
	}
	result, err := status.Compute(u)
	if err != nil {
		h.t.Fatal(err)
	}
	return result.Status
}
