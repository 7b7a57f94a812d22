package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// call is the part of an audit event that says what was done.
type call struct {
	Verb      string `json:"verb"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Request struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	} `json:"requestObject"`
}

// modelled are the resources that the explorer's API server has.
var modelled = map[string]string{
	"bankconnections": "BankConnection", "refreshpolicies": "RefreshPolicy", "flinksinstances": "FlinksInstance",
	"clusterflinksinstances": "ClusterFlinksInstance", "secrets": "Secret", "events": "Event",
}

// endpoints are those of Flinks that programs call. Those of Connect are for people, not for the operator.
var endpoints = []string{
	"Authorize", "AuthorizeAsync", "DeleteCard", "GenerateAuthorizeToken", "GetAccountsDetail", "GetAccountsDetailAsync", "GetAccountsSummary",
	"GetNightlyRefreshStatus", "SetScheduledRefresh",
}

// kind returns what a call does, in the words of testenv.Contract; empty for what is done by
// client-go and controller-runtime: they fill caches, elect leaders and repeat events. The
// body of a call for a Secret is not logged, so its precondition is not known.
func (c call) kind() string {
	kind := modelled[c.ObjectRef.Resource]
	if kind == "" || c.Verb == "watch" || kind == "Event" && c.ObjectRef.Namespace == LeaseNamespace || kind != "BankConnection" && kind != "Secret" && c.Verb == "list" || kind == "Event" && c.Verb == "patch" {
		return ""
	}
	text := c.Verb + " " + kind
	if c.ObjectRef.Subresource != "" {
		text += "/" + c.ObjectRef.Subresource
	}
	if c.Request.Metadata.ResourceVersion != "" {
		text += " with resourceVersion"
	}
	return text
}

// CheckContract makes sure that the operator does nothing to the API server, nor to Flinks,
// that the explorer's model of it does not do.
func (c *Cluster) CheckContract() {
	c.T.Helper()
	known := map[string]bool{}
	for _, kind := range testenv.Contract {
		kind = strings.Replace(kind, " by merge", "", 1)
		known[kind] = true
		if of, _, _ := strings.Cut(kind, " with "); strings.HasSuffix(of, " Secret") {
			known[of] = true
		}
	}
	var unknown []string
	for kind := range c.operatorCalls(0, func(call) bool { return true }) {
		if !known[kind] {
			unknown = append(unknown, kind)
		}
	}
	for _, e := range c.Sim.Journal() {
		kind := strings.TrimSpace(fmt.Sprintf("call %s %s", e.Endpoint, e.Mode))
		if strings.HasPrefix(kind, "call ") && slices.Contains(endpoints, e.Endpoint) && !known[kind] && !slices.Contains(unknown, kind) {
			unknown = append(unknown, kind)
		}
	}
	if len(unknown) > 0 {
		c.T.Errorf("the explorer's model does not do %q; see testenv.Contract", unknown)
	}
}

// CallsSince returns how often the operator made each call of the API server for this test since the
// audit log was as long as an earlier Audit, in the words of testenv.Contract. It waits until they
// stand still: the API server logs a request a moment after it was answered.
func (c *Cluster) CallsSince(earlier string) map[string]int {
	c.T.Helper()
	var calls map[string]int
	c.Eventually("the operator makes no more calls", 20*time.Second, func(context.Context) (bool, error) {
		before := calls
		calls = c.operatorCalls(len(earlier), c.isOwn)
		return before != nil && maps.Equal(before, calls), nil
	})
	return calls
}

// isOwn reports whether a call may be for this test. A manager also ends what the tests before it
// left: their connections are deleted with their namespaces, whenever the namespace controller
// comes to it.
func (c *Cluster) isOwn(made call) bool {
	of := made.ObjectRef
	if of.Namespace == "" {
		return of.Name == "" || of.Name == c.InstanceName()
	}
	return of.Namespace == c.Namespace || of.Namespace == LeaseNamespace
}

// operatorCalls counts the operator's calls by kind, in the audit log from an offset in bytes.
func (c *Cluster) operatorCalls(offset int, counts func(call) bool) map[string]int {
	c.T.Helper()
	calls := map[string]int{}
	for line := range strings.Lines(c.Audit()[offset:]) {
		if !strings.Contains(line, Operator) || !strings.HasSuffix(line, "\n") {
			continue
		}
		var made call
		if err := json.Unmarshal([]byte(line), &made); err != nil {
			c.T.Fatal(err)
		}
		if kind := made.kind(); kind != "" && counts(made) {
			calls[kind]++
		}
	}
	return calls
}
