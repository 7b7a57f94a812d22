package devplane

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
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

// TestGuide follows the guide from its first line to its last: what it prints works.
func TestGuide(t *testing.T) {
	o, _ := testOptions(t)
	p, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	guide, err := p.guide()
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-e")
	shell.Env = append(os.Environ(), "PATH="+filepath.Dir(testenv.Kubectl(t))+":"+os.Getenv("PATH"))
	shell.Stdin = strings.NewReader(guide)
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, want := range []string{`{"Accounts":[{`, `"reason":"Forbidden"`, `"endpoint":"DeleteCard"`} {
		if !strings.Contains(string(output), want) {
			t.Errorf("there is no %s in\n%s", want, output)
		}
	}
	logins := p.Simulator.Logins()
	if len(logins) != 1 || !logins[0].Deleted || testenv.Leaks(string(output), logins[0].LoginID) {
		t.Errorf("the login is not deleted, or its loginId was shown")
	}
}
