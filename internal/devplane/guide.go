package devplane

import (
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// guideText is for a shell: all of it can be pasted, step by step. A loginId goes
// from the simulator to kubectl without being shown.
var guideText = template.Must(template.New("guide").Parse(`
# In another terminal:
export KUBECONFIG={{.Kubeconfig}}
{{.KubectlHint}}
# 1. Link an account. In a browser: choose the bank, log in as {{.Username}} / {{.Password}}, answer the question.
echo "{{.Connect}}/v2/?demo=true&authorizeToken=$(curl -s -X POST {{.Control}}/tokens | sed 's/.*"token":"\([^"]*\)".*/\1/')"
#    Or do without: have an account that was linked some time ago.
curl -s -o /dev/null {{.Control}}/logins -d '{"username":"{{.Username}}"}'

# 2. Put its loginId into a Secret, and apply a BankConnection for it.
loginid() { curl -s {{.Control}}/logins | tr '{' '\n' | grep -i '"username":"{{.Username}}"' | sed 's/.*"loginId":"\([^"]*\)".*/\1/'; }
loginid | kubectl {{.Namespace}}create secret generic {{.Secret}} --from-file={{.Key}}=/dev/stdin
kubectl {{.Namespace}}apply -f {{.Sample}}
kubectl {{.Namespace}}wait --for=condition=Ready bankconn/{{.Name}}
kubectl {{.Namespace}}get bankconn

# 3. Ask for a refresh. The bank asks {{.Username}} a question, so a link appears.
kubectl {{.Namespace}}annotate --overwrite bankconn/{{.Name}} {{.Annotation}}="$(date +%s)"
kubectl {{.Namespace}}wait --for=condition=UserActionRequired bankconn/{{.Name}}
kubectl {{.Namespace}}get bankconn -o wide
kubectl {{.Namespace}}get bankconn/{{.Name}} -o jsonpath='{.status.reconnect.link.url}{"\n"}'

# 4. Open the link, and answer. Or do without: have the question answered.
curl -s -o /dev/null -X POST {{.Control}}/logins/$(loginid)/complete-mfa
kubectl {{.Namespace}}wait --for=jsonpath='{.status.refresh.state}'=Succeeded bankconn/{{.Name}}
kubectl {{.Namespace}}describe bankconn/{{.Name}}

# 5. Read its data as an application, which has a ServiceAccount and needs no key of Flinks. Which accounts it may
#    have, the customer selects in Connect; without that, it is all of them on your word alone.
kubectl {{.Namespace}}patch bankconn/{{.Name}} --type=merge -p '{"spec":{"accounts":"All"}}'
kubectl {{.Namespace}}create serviceaccount {{.Application}}
kubectl {{.Namespace}}create rolebinding {{.Application}}-reads-data --clusterrole=flinks-operator-data-reader --serviceaccount={{.In}}:{{.Application}}
kubectl -n {{.Operator}} get secret flinks-operator-data-api-tls -o jsonpath='{.data.ca\.crt}' | base64 -d >{{.Dir}}/data-api-ca.crt
read_data() { curl -sS --cacert {{.Dir}}/data-api-ca.crt -H "Authorization: Bearer $(kubectl {{.Namespace}}create token $1 --audience=flinks-operator-data-api)" \
  "{{.Data}}/v1/namespaces/{{.In}}/bankconnections/{{.Name}}/accounts?transactions=$2"; echo; }
read_data {{.Application}} None
#    Another ServiceAccount may not.
kubectl {{.Namespace}}create serviceaccount {{.Stranger}}
read_data {{.Stranger}} None

# 6. Delete it. With deletionPolicy Delete, the login is deleted at Flinks as well.
kubectl {{.Namespace}}delete bankconn/{{.Name}}
curl -s '{{.Control}}/journal?endpoint=DeleteCard' | sed 's/"loginId":"[^"]*"/"loginId":"…"/g'

# Ctrl-C here stops everything.
`))

// guide returns how to use what is up.
func (p *Plane) guide() (string, error) {
	samples, err := p.tree.readSamples()
	if err != nil {
		return "", err
	}
	connections, err := samples.connections(1)
	if err != nil {
		return "", err
	}
	c, err := connections[0].connection()
	if err != nil {
		return "", err
	}
	namespace := ""
	if c.Namespace != sampleNamespace {
		namespace = "-n " + c.Namespace + " "
	}
	var text strings.Builder
	err = guideText.Execute(&text, map[string]string{
		"Kubeconfig": p.Kubeconfig, "KubectlHint": p.kubectlHint(),
		"Connect": p.SimulatorURL, "Control": p.ControlURL, "Data": p.DataURL,
		"Dir": filepath.Dir(p.Kubeconfig), "Operator": p.namespace, "In": c.Namespace, "Application": "acme-app", "Stranger": "another-app",
		"Username": "Greatday", "Password": "Everyday",
		"Sample": connections[0].file, "Namespace": namespace, "Name": c.Name,
		"Secret":     c.Spec.LoginIDSecretRef.Name,
		"Key":        loginIDKey(c),
		"Annotation": v1alpha1.RefreshRequestedAtAnnotation,
	})
	return text.String(), err
}

// kubectlHint makes the kubectl of the source tree usable, if there is one.
func (p *Plane) kubectlHint() string {
	if dir, ok := p.kubectlDir(); ok {
		return `export PATH="` + dir + `:$PATH"` + "\n"
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		return "# kubectl was not found; https://kubernetes.io/docs/tasks/tools/ says how to get it.\n"
	}
	return ""
}
