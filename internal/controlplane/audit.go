package controlplane

import (
	"os"
	"path/filepath"
)

// auditPolicy logs who did what to which object, when the answer is sent. A watch has a second line,
// when it ends. What is written to the operator's own API is logged whole: a run can be computed again
// from it. Secrets and tokens never are.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: RequestResponse
  verbs: [create, update, patch, delete]
  resources: [{group: connect.flinks-operator.dev}]
  omitManagedFields: true
- level: Metadata
`

// auditFiles are the two paths that the API server needs for an audit log.
type auditFiles struct {
	policy, log string
}

func writeAuditPolicy(dir string) (*auditFiles, error) {
	files := &auditFiles{policy: filepath.Join(dir, "audit-policy.yaml"), log: filepath.Join(dir, "audit.log")}
	return files, os.WriteFile(files.policy, []byte(auditPolicy), 0o600)
}
