package devplane

import (
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// TestKubeconfigOfTheOperator: the program has the rights of its ServiceAccount, and not
// those of the administrator whose access it uses.
func TestKubeconfigOfTheOperator(t *testing.T) {
	t.Parallel()
	admin, own := filepath.Join(t.TempDir(), "admin"), filepath.Join(t.TempDir(), "own")
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: "https://127.0.0.1:1"}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: "token"}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "admin"}
	config.CurrentContext = "x"
	if err := clientcmd.WriteToFile(*config, admin); err != nil {
		t.Fatal(err)
	}
	if err := (serviceAccount{"system", "operator"}).writeKubeconfig(admin, own); err != nil {
		t.Fatal(err)
	}
	access, err := clientcmd.BuildConfigFromFlags("", own)
	if err != nil {
		t.Fatal(err)
	}
	if got := access.Impersonate.UserName; got != "system:serviceaccount:system:operator" {
		t.Errorf("user = %s, want that of the ServiceAccount", got)
	}
	if len(access.Impersonate.Groups) != 3 || access.BearerToken != "token" {
		t.Errorf("groups = %v, want the three of a ServiceAccount, by the administrator's token", access.Impersonate.Groups)
	}
}

func TestReloaderNamesFiles(t *testing.T) {
	t.Parallel()
	r := &reloader{plane: &Plane{tree: "/src"}}
	if got := r.names([]string{"/src/go.mod"}); got != "go.mod" {
		t.Errorf("names = %q, want go.mod", got)
	}
	got := r.names([]string{"/src/a.go", "/src/b.go", "/src/internal/c.go", "/src/d.go", "/src/e.go"})
	if got != "a.go, b.go, internal/c.go, 2 more" {
		t.Errorf("names = %q, want three and a number", got)
	}
}

func TestFirstLines(t *testing.T) {
	t.Parallel()
	if got := firstLines("one\ntwo\n"); got != "one\ntwo" {
		t.Errorf("firstLines = %q", got)
	}
	if got := firstLines(strings.Repeat("line\n", 50)); strings.Count(got, "line") != shownLines || !strings.HasSuffix(got, "…") {
		t.Errorf("firstLines of 50 lines = %q", got)
	}
}
