package controlplane

import (
	"os"
	"path/filepath"
)

// auditPolicy logs who did what to which object, when the answer is sent. A watch has a second line,
// when it ends.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
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
