package demo

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// plantedLink shows a link that was sent to another person than the application's customer: the
// page says whose it is, and starts nothing.
func (d *demo) plantedLink() {
	const name = "planted"
	connection := types.NamespacedName{Namespace: "default", Name: name}
	d.Say("kubectl apply: a BankConnection %s with link.proof Application; its link is sent to another person", name)
	d.applySample("bankconnection_gateway.yaml", "acme-payroll", name, "      type: Gateway\n", `      type: Gateway
      proof: Application
      application:
        url: https://app.example.com/vouch
        keySecretRef:
          name: planted-key
`)
	link := d.follower.await(connection, "have a link", hasLink).Status.Reconnect.Link.URL
	before := len(d.Sim.Journal())
	d.tab.Open(link)
	d.tab.See(`main[data-state="ProofRequired"]`)
	d.Say("page:    %s", d.tab.Text("h1"))
	d.checkRequest()
	d.tab.Expect("status of 409")
	for _, operation := range []string{"start", "connect"} {
		d.Say("POST %s: %s", operation, d.posted(operation))
	}
	if calls := d.Sim.Journal()[before:]; len(calls) != 0 {
		d.T.Fatalf("a link without a proof led to calls of Flinks:\n%s", listed(calls))
	}
	d.Say("Flinks saw: nothing")
	d.kubectl("delete", "bankconn", name)
	d.follower.await(connection, "be gone", func(c *v1alpha1.BankConnection) bool { return c == nil })
}

// posted posts what the button of a page posts, whatever the page shows, and returns the answer,
// which must start nothing.
func (d *demo) posted(operation string) string {
	var answer string
	d.tab.Run(fmt.Sprintf(`(async () => {
		const response = await fetch(location.pathname + "/%s", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"});
		return response.status + " " + (await response.text()).trim();
	})()`, operation), &answer)
	var told struct{ State, URL string }
	_, body, _ := strings.Cut(answer, " ")
	_ = json.Unmarshal([]byte(body), &told) // It is no JSON if the request is refused.
	if told.URL != "" || told.State != "" && told.State != "ProofRequired" {
		d.T.Fatalf("a link without a proof is answered %s", answer)
	}
	return answer
}
