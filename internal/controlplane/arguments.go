package controlplane

import (
	"net"
	"path/filepath"
)

// component is a process that is to be started.
type component struct {
	name   string // of the binary
	args   []string
	health string // URL that answers 200 when the process is ready
}

// arguments is what the command lines are made of.
type arguments struct {
	dir   string
	creds *credentials
	ports *reservedPorts
	audit *auditFiles // nil: no audit log
}

func (a arguments) etcd() component {
	url := "http://" + a.ports.addresses[0]
	return component{name: "etcd", health: url + "/health", args: []string{
		"--data-dir=" + filepath.Join(a.dir, "etcd"),
		"--listen-client-urls=" + url,
		"--advertise-client-urls=" + url,
		"--listen-peer-urls=http://" + loopback + ":0", // it has no peers
		"--socket-reuse-port",
		// The data may be lost with the machine. It may not be lost with the process, and is not.
		"--unsafe-no-fsync",
		// The only member waits for an election timeout, 1 s by default, before it elects itself.
		"--heartbeat-interval=20",
		"--election-timeout=100",
		"--log-level=warn",
	}}
}

func (a arguments) apiServer(extra []string) component {
	address := a.ports.addresses[1]
	args := []string{
		"--etcd-servers=http://" + a.ports.addresses[0],
		"--service-cluster-ip-range=10.0.0.0/24",
		// Only this machine can reach it, so it is not published in the Service "kubernetes".
		"--advertise-address=" + loopback,
		"--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC",
		"--token-auth-file=" + a.creds.tokens,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + a.creds.serviceAccountKey,
		"--service-account-signing-key-file=" + a.creds.serviceAccountKey,
		// It would refuse Pods, because nothing here gives a namespace its default ServiceAccount.
		"--disable-admission-plugins=ServiceAccount",
		"--allow-privileged",
		"--profiling=false",
	}
	args = append(args, a.serving(address)...)
	if a.audit != nil {
		args = append(args, "--audit-log-path="+a.audit.log, "--audit-policy-file="+a.audit.policy)
	}
	return component{name: "kube-apiserver", health: "https://" + address + "/readyz", args: append(args, extra...)}
}

func (a arguments) controllerManager() component {
	address := a.ports.addresses[2]
	args := []string{
		"--kubeconfig=" + a.creds.managerKubeconfig,
		"--controllers=namespace-controller,garbage-collector-controller",
		"--leader-elect=false",
		// To empty a namespace takes two requests per kind of resource. The default is 20 per second.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}
	args = append(args, a.serving(address)...)
	return component{name: "kube-controller-manager", health: "https://" + address + "/healthz", args: args}
}

// serving makes a Kubernetes component listen at address, one of the reserved ones.
func (a arguments) serving(address string) []string {
	host, port, _ := net.SplitHostPort(address)
	return []string{
		"--bind-address=" + host,
		"--secure-port=" + port,
		"--permit-port-sharing",
		"--tls-cert-file=" + a.creds.servingCert,
		"--tls-private-key-file=" + a.creds.servingKey,
	}
}
