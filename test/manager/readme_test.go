package manager

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// fenced are the code blocks of a Markdown file: language and text.
var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// guides are the pages whose commands can be followed in this order, after those of the
// README. A command in a list is for another situation.
var guides = []string{"README.md", "docs/refresh.md", "docs/reconnect.md", "docs/gateway.md", "docs/delete.md"}

// TestReadme does what the README and the guides say, in their order and with their
// manifests. It replaces only the keys, the loginId and the address of Flinks.
func TestReadme(t *testing.T) {
	c := newFixture(t, asDocumented)
	c.Start(func(o *manager.Options) { o.LinkAPIAddress = "127.0.0.1:0" })
	id := c.Seed("Greatday", c.Sim.Now())
	for _, page := range guides {
		text, err := os.ReadFile(filepath.Join(cluster.Root(t), page))
		if err != nil {
			t.Fatal(err)
		}
		if steps := c.follow(string(text), id); steps == 0 {
			t.Errorf("%s has no step", page)
		}
	}
	if state, _ := c.Sim.Login(id); !state.Deleted {
		t.Error("the login was not deleted")
	}
	c.Kubectl("delete", "clusterflinksinstance/toolbox", "secret/flinks-toolbox", "secret/acme-chequing-login", "ingress/flinks-operator-gateway", "-n", "flinks-system", "--ignore-not-found")
	c.Kubectl("delete", "bankconn/acme-operating", "secret/acme-chequing-login", "refreshpolicy/weekly", "-n", "default")
	c.CheckCanaries()
}

// follow applies the manifests of a page and runs its kubectl commands, and returns how
// many there were.
func (c *fixture) follow(page, loginID string) (steps int) {
	c.T.Helper()
	for _, block := range fenced.FindAllStringSubmatch(page, -1) {
		switch {
		case block[1] == "yaml" && strings.HasPrefix(block[2], "apiVersion:"):
			c.Apply(c.fillIn(block[2], loginID))
			steps++
		case block[1] == "sh":
			for line := range strings.Lines(block[2]) {
				if strings.HasPrefix(line, "kubectl ") && !strings.Contains(line, "dist/install.yaml") {
					c.shell(line)
					steps++
				}
			}
		}
	}
	return steps
}

// fillIn replaces what only the reader knows.
func (c *fixture) fillIn(manifest, loginID string) string {
	const zero = "00000000-0000-0000-0000-000000000000"
	keys := c.Sim.Credentials()
	return strings.NewReplacer(
		"secretKey: "+zero, "secretKey: "+keys.SecretKey,
		"apiKey: "+zero, "apiKey: "+keys.APIKey,
		"loginId: "+zero, "loginId: "+loginID,
		"  customerId:", "  endpoints: {api: \""+c.URL+"\", connect: \""+c.URL+"\"}\n  customerId:",
	).Replace(manifest)
}

// shell runs a line as a reader would. The person answers as soon as there is a link.
func (c *fixture) shell(line string) {
	c.T.Helper()
	cmd := exec.CommandContext(c.T.Context(), "sh", "-ec", line)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Env.Kubeconfig, "PATH="+filepath.Dir(testenv.Kubectl(c.T))+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.T.Fatalf("%s%v\n%s", line, err, out)
	}
	switch {
	case !strings.Contains(line, ".status.reconnect.link.url"):
	case strings.Contains(line, "acme-operating"):
		// Beyond it is the page, which has tests of its own.
		if !strings.HasPrefix(string(out), "https://connect.example.com/c/") {
			c.T.Fatal("the link does not lead to the gateway")
		}
	default:
		if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(c.T.Context(), string(out)); err != nil {
			c.T.Fatalf("the link does not work: %v", err)
		}
	}
}
