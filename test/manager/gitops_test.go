package manager

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestPipelinesSeeNoDrift: what the operator writes is no change to what a pipeline
// applied, by either way of applying.
func TestPipelinesSeeNoDrift(t *testing.T) {
	differ := filepath.Join(t.TempDir(), "differ")
	// Unlike diff, git is there wherever this is built.
	if err := os.WriteFile(differ, []byte("#!/bin/sh\nexec git diff --no-index \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECTL_EXTERNAL_DIFF", differ)
	for name, flags := range map[string][]string{"client-side": nil, "server-side": {"--server-side"}} {
		t.Run(name, func(t *testing.T) {
			c := newFixture(t, asDocumented)
			stop := c.Start()
			samples := c.writeSamples()
			apply := append([]string{"apply", "-k", samples}, flags...)
			c.Kubectl(apply...)
			c.Kubectl("wait", "--for=condition=Ready", "clusterflinksinstance/toolbox", "--timeout=20s")
			c.Kubectl("wait", "--for=condition=Ready", "refreshpolicies", "--all", "-n", c.Namespace, "--timeout=30s")
			// One of the connections has no login yet.
			c.Kubectl("wait", "--for=condition=Ready=False", "bankconn/acme-payroll", "-n", c.Namespace, "--timeout=30s")
			c.Kubectl("wait", "--for=jsonpath={.status.connections.ready}=4", "clusterflinksinstance/toolbox", "--timeout=20s")
			// Switching it on comes after the first observe, and is the last write.
			c.Kubectl("wait", "--for=jsonpath={.status.nightly.correctionTime}", "bankconn/acme-mortgage", "-n", c.Namespace, "--timeout=30s")
			c.Kubectl("wait", "--for=jsonpath={.status.connections}=1", "refreshpolicies", "--all", "-n", c.Namespace, "--timeout=20s")

			before := c.stored()
			c.Kubectl(append([]string{"diff", "-k", samples}, flags...)...)
			c.Kubectl(apply...)
			if diff := cmp.Diff(strings.Split(before, "\n"), strings.Split(c.stored(), "\n")); diff != "" {
				t.Errorf("applying again (-before +after):\n%s", diff)
			}
			for _, o := range c.owned() {
				if o.GetGeneration() != 1 {
					t.Errorf("%T %s has the generation %d", o, o.GetName(), o.GetGeneration())
				}
				c.checkManagedFields(o)
			}
			// The Secrets hold what the deletion of the logins needs.
			c.Kubectl("delete", "bankconn", "--all", "-n", c.Namespace, "--timeout=30s")
			c.Kubectl("delete", "-k", samples, "--ignore-not-found", "--timeout=30s")
			stop()
			c.CheckCanaries()
		})
	}
}

// writeSamples writes config/samples into a directory, with what only the reader knows
// filled in. The FlinksInstance is left out: it would lead to Flinks itself.
func (c *fixture) writeSamples() string {
	c.T.Helper()
	dir := c.T.TempDir()
	files, err := filepath.Glob(filepath.Join(cluster.Root(c.T), "config", "samples", "*.yaml"))
	if err != nil {
		c.T.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			c.T.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(c.fillInSample(string(text))), 0o600); err != nil {
			c.T.Fatal(err)
		}
	}
	return dir
}

func (c *fixture) fillInSample(text string) string {
	c.T.Helper()
	keys := c.Sim.Credentials()
	for _, suffix := range []string{"0", "1", "2", "3"} {
		placeholder := "loginId: 00000000-0000-0000-0000-00000000000" + suffix
		if strings.Contains(text, placeholder) {
			id := c.Seed("greatday_nomfa+"+suffix, c.Sim.Now().Add(-time.Hour))
			text = strings.Replace(text, placeholder, "loginId: "+id, 1)
		}
	}
	return strings.NewReplacer(
		"REPLACE-ME-secret-key", keys.SecretKey, "REPLACE-ME-api-key", keys.APIKey,
		"  customerId:", "  endpoints: {api: \""+c.URL+"\", connect: \""+c.URL+"\"}\n  customerId:",
		"  - flinksinstance.yaml\n", "", "flinks-system", c.Namespace,
		"kind: Kustomization", "kind: Kustomization\nnamespace: "+c.Namespace,
	).Replace(text)
}

// owned returns the objects that a pipeline owns and the operator writes to.
func (c *fixture) owned() []client.Object {
	c.T.Helper()
	var connections v1alpha1.BankConnectionList
	var policies v1alpha1.RefreshPolicyList
	for _, list := range []client.ObjectList{&connections, &policies} {
		if err := c.Client.List(c.T.Context(), list, client.InNamespace(c.Namespace)); err != nil {
			c.T.Fatal(err)
		}
	}
	var instance v1alpha1.ClusterFlinksInstance
	if err := c.Client.Get(c.T.Context(), client.ObjectKey{Name: "toolbox"}, &instance); err != nil {
		c.T.Fatal(err)
	}
	all := []client.Object{&instance}
	for i := range connections.Items {
		all = append(all, &connections.Items[i])
	}
	for i := range policies.Items {
		all = append(all, &policies.Items[i])
	}
	return all
}

// stored returns all that the server has of these objects, with what any write would
// change.
func (c *fixture) stored() string {
	c.T.Helper()
	text, err := json.MarshalIndent(c.owned(), "", " ")
	if err != nil {
		c.T.Fatal(err)
	}
	return string(text)
}

// checkManagedFields: the operator owns statuses and finalizers, and nothing that a
// pipeline may want to.
func (c *fixture) checkManagedFields(o client.Object) {
	c.T.Helper()
	seen := map[string]bool{}
	for _, entry := range o.GetManagedFields() {
		if strings.HasPrefix(entry.Manager, "kubectl") {
			continue
		}
		var fields map[string]map[string]any
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
			c.T.Fatal(err)
		}
		for field, subs := range fields {
			for sub := range subs {
				seen[entry.Subresource+" "+field+" "+sub] = true
				if entry.Subresource == "status" && field == "f:status" || field == "f:metadata" && sub == "f:finalizers" {
					continue
				}
				c.T.Errorf("%T %s: %s owns %s.%s", o, o.GetName(), entry.Manager, field, sub)
			}
		}
	}
	if !seen["status f:status f:conditions"] {
		c.T.Errorf("%T %s: the operator owns %v", o, o.GetName(), seen)
	}
}
