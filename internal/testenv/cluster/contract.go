package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// call is the part of an audit event that says what was done.
type call struct {
	Verb      string `json:"verb"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
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
	"Authorize", "DeleteCard", "GenerateAuthorizeToken", "GetAccountsDetail", "GetAccountsDetailAsync", "GetAccountsSummary",
	"GetNightlyRefreshStatus", "SetScheduledRefresh",
}

// kind returns what a call does, in the words of testenv.Contract; empty for what is done by
// client-go and controller-runtime: they fill caches, elect leaders and repeat events. The
// body of a call for a Secret is not logged, so its precondition is not known.
func (c call) kind() string {
	kind := modelled[c.ObjectRef.Resource]
	if kind == "" || c.Verb == "watch" || kind != "BankConnection" && kind != "Secret" && c.Verb == "list" || kind == "Event" && c.Verb == "patch" {
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
	for line := range strings.Lines(c.Audit()) {
		if !strings.Contains(line, Operator) {
			continue
		}
		var made call
		if err := json.Unmarshal([]byte(line), &made); err != nil {
			c.T.Fatal(err)
		}
		if kind := made.kind(); kind != "" && !known[kind] && !slices.Contains(unknown, kind) {
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
