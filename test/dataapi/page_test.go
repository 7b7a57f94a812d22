package dataapi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// fenced are the code blocks of a Markdown file: language and text.
var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// page returns the code blocks of docs/data-api.md in a language.
func page(t *testing.T, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cluster.Root(t), "docs", "data-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range fenced.FindAllStringSubmatch(string(text), -1) {
		if found[1] == language {
			blocks = append(blocks, found[2])
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("the page has no %s", language)
	}
	return blocks
}

// The page reads the data of a connection of this name.
const (
	pageNamespace   = "lending"
	pageApplication = "app"
	pageConnection  = "acme"
	pageService     = "flinks-operator-data-api.flinks-system.svc"
	pageMount       = "/var/run/data-api"
)

// TestPage does what docs/data-api.md says: the platform binds the role and copies the authorities, and
// the pod reads with what it has mounted.
func TestPage(t *testing.T) {
	f := &fixture{Cluster: cluster.New(t), logins: map[string]string{}, ids: map[string][]string{}}
	f.Namespace = pageNamespace
	f.Kubectl("create", "namespace", pageNamespace)
	t.Cleanup(func() { f.Kubectl("delete", "namespace", pageNamespace, "--wait=false") })
	f.CreateInstance()
	f.url, f.authorities, f.stop = f.StartServingData(patience)
	f.connect(pageConnection, 0, 1)
	work, inPod := t.TempDir(), ""
	for _, block := range page(t, "sh") {
		if strings.HasPrefix(block, "kubectl ") {
			f.shell(work, block)
		} else {
			inPod += block
		}
	}
	mount := f.mount(work)
	if strings.Count(inPod, pageMount+"/") != 2 || !strings.Contains(inPod, "https://"+pageService+"/") {
		t.Fatalf("the page does not read what is mounted, or elsewhere:\n%s", inPod)
	}
	resolve := "curl() { command curl --connect-to " + pageService + ":443:" + strings.TrimPrefix(f.url, "https://") + ` "$@"; }` + "\n"
	out := f.shell(work, resolve+strings.ReplaceAll(inPod, pageMount, mount))
	data, err := os.ReadFile(filepath.Join(work, "data.json"))
	if err != nil {
		t.Fatal(err)
	}
	f.expectAccounts(t, answer{status: 200, body: string(data)}, pageConnection, 0, 1)
	if out != "200\n304\n" {
		t.Errorf("the read and the poll print %q", out)
	}
	f.CheckCanaries()
}

// shell runs a text as a reader would, and returns what it prints.
func (f *fixture) shell(dir, text string) string {
	f.T.Helper()
	cmd := exec.CommandContext(f.T.Context(), "sh", "-e")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+f.Env.Kubeconfig, "PATH="+filepath.Dir(testenv.Kubectl(f.T))+":"+os.Getenv("PATH"))
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		f.T.Fatalf("%s%v\n%s%s", text, err, out, problems.String())
	}
	return string(out)
}

// mount does what the kubelet does with the volume of the page, for a pod that the API server accepts, and
// returns the directory.
func (f *fixture) mount(dir string) string {
	f.T.Helper()
	var pod corev1.PodSpec
	for _, block := range page(f.T, "yaml") {
		if strings.HasPrefix(block, "volumes:") {
			if err := yaml.UnmarshalStrict([]byte(block), &pod); err != nil {
				f.T.Fatal(err)
			}
		}
	}
	if len(pod.Volumes) != 1 || pod.Volumes[0].Projected == nil {
		f.T.Fatal("the page has no projected volume")
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: pageNamespace, Name: pageApplication}}
	if err := f.Client.Create(f.T.Context(), account); err != nil {
		f.T.Fatal(err)
	}
	pod.ServiceAccountName = pageApplication
	pod.Containers = []corev1.Container{{Name: "app", Image: "app", VolumeMounts: []corev1.VolumeMount{{Name: pod.Volumes[0].Name, MountPath: pageMount, ReadOnly: true}}}}
	accepted := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pageNamespace, Name: "app"}, Spec: pod}
	if err := f.Client.Create(f.T.Context(), accepted, client.DryRunAll); err != nil {
		f.T.Fatal(err)
	}
	dir = filepath.Join(dir, "mounted")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.T.Fatal(err)
	}
	for _, source := range pod.Volumes[0].Projected.Sources {
		f.project(dir, source)
	}
	return dir
}

// project writes the files of a source of a projected volume.
func (f *fixture) project(dir string, source corev1.VolumeProjection) {
	f.T.Helper()
	files := map[string]string{}
	switch {
	case source.ServiceAccountToken != nil:
		files[source.ServiceAccountToken.Path] = f.Token(pageNamespace, pageApplication, func(s *authenticationv1.TokenRequestSpec) {
			s.Audiences, s.ExpirationSeconds = []string{source.ServiceAccountToken.Audience}, source.ServiceAccountToken.ExpirationSeconds
		})
	case source.ConfigMap != nil:
		var m corev1.ConfigMap
		if err := f.Client.Get(f.T.Context(), client.ObjectKey{Namespace: pageNamespace, Name: source.ConfigMap.Name}, &m); err != nil {
			f.T.Fatal(err)
		}
		for _, item := range source.ConfigMap.Items {
			files[item.Path] = m.Data[item.Key]
		}
	default:
		f.T.Fatalf("the kubelet of this test does not know %v", source)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			f.T.Fatal(err)
		}
	}
}
