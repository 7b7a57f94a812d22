package devplane

import (
	"os/exec"
	"strings"
	"testing"
)

func TestGuideIsAScript(t *testing.T) {
	p := &Plane{tree: mustFindTree(t), Kubeconfig: "/somewhere/kubeconfig", SimulatorURL: "http://127.0.0.1:1", ControlURL: "http://127.0.0.1:2"}
	guide, err := p.guide()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"export KUBECONFIG=/somewhere/kubeconfig\n", "http://127.0.0.1:1/v2/?", "http://127.0.0.1:2/logins",
		"create secret generic acme-chequing-login ", "config/samples/bankconnection_manual.yaml\n",
		"connect.flinks-operator.dev/refresh-requested-at=", "delete bankconn/acme-chequing\n",
	} {
		if !strings.Contains(guide, part) {
			t.Errorf("the guide lacks %q:\n%s", part, guide)
		}
	}
	shell := exec.CommandContext(t.Context(), "sh", "-n")
	shell.Stdin = strings.NewReader(guide)
	if output, err := shell.CombinedOutput(); err != nil {
		t.Errorf("a shell cannot read the guide: %v\n%s", err, output)
	}
}
