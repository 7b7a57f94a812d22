package flinks

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
)

// Reasons why an endpoint was refused. They never carry the refused value.
var (
	// ErrInvalidInstance: an instance name is 1 to 40 lower-case letters, digits and inner dashes.
	ErrInvalidInstance = errors.New("flinks: the instance name is not valid")
	// ErrInvalidCustomerID: a customerId is a GUID.
	ErrInvalidCustomerID = errors.New("flinks: the customerId is not a GUID")
	// ErrInvalidURL: a base URL is absolute, http or https, without user, query and fragment.
	ErrInvalidURL = errors.New("flinks: the base URL is not valid")
)

// The name becomes part of a host name, so it may hold neither dots nor slashes.
var instancePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

const (
	maxURLBytes = 2048
	// The tag is part of every hash of a host that is stored in a status.
	hostFingerprintVersion = "flinks-operator/host/v1"
)

// Endpoint is where one Flinks instance answers, and as which customer. Make it with
// EndpointFor or NewEndpoint.
type Endpoint struct {
	API        string // base URL of the REST API, without trailing slash
	Connect    string // base URL of Flinks Connect, without trailing slash
	CustomerID string // GUID; not a secret
	// Configured reports whether the URLs were configured, and not derived from the name of an
	// instance. Only then may the hosts be private.
	Configured bool
	// Network is by which way the URLs are reached.
	Network Network
}

// EndpointFor derives the hosts of a Flinks instance from its name. The error is
// ErrInvalidInstance or ErrInvalidCustomerID.
// Source: Flinks documentation, instances.
func EndpointFor(instance, customerID string) (Endpoint, error) {
	if !instancePattern.MatchString(instance) {
		return Endpoint{}, ErrInvalidInstance
	}
	if !guid.Is(customerID) {
		return Endpoint{}, ErrInvalidCustomerID
	}
	return Endpoint{
		API:        "https://" + instance + "-api.private.fin.ag",
		Connect:    "https://" + instance + "-iframe.private.fin.ag",
		CustomerID: customerID,
	}, nil
}

// NewEndpoint takes configured base URLs: a simulator, a proxy. A path is kept, a
// trailing slash is not. The error is ErrInvalidURL or ErrInvalidCustomerID.
func NewEndpoint(api, connect, customerID string) (Endpoint, error) {
	a, err := baseURL(api)
	if err != nil {
		return Endpoint{}, err
	}
	c, err := baseURL(connect)
	if err != nil {
		return Endpoint{}, err
	}
	if !guid.Is(customerID) {
		return Endpoint{}, ErrInvalidCustomerID
	}
	return Endpoint{API: a, Connect: c, CustomerID: customerID, Configured: true}, nil
}

// HostFingerprint stands for the API's host[:port] in a status, where the address of a
// proxy would tell tenants about the network: 32 hexadecimal characters, a truncated
// SHA-256. Case and a default port do not matter. It is "" for an Endpoint that was not
// made by this package.
func (e Endpoint) HostFingerprint() string {
	host := e.host()
	if host == "" {
		return ""
	}
	return fingerprint(hostFingerprintVersion, host)
}

// host returns the API's host[:port] in lower case, without a default port.
func (e Endpoint) host() string {
	u, err := url.Parse(e.API)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// ConnectOrigin returns the origin of Flinks Connect as a browser writes it: in lower case,
// without a default port and a path. It is "" for an Endpoint that was not made by this
// package.
func (e Endpoint) ConnectOrigin() string {
	u, err := url.Parse(e.Connect)
	if err != nil || u.Host == "" {
		return ""
	}
	host, ports := strings.ToLower(u.Host), map[string]string{"https": ":443", "http": ":80"}
	return u.Scheme + "://" + strings.TrimSuffix(host, ports[u.Scheme])
}

// OperationURL returns the URL of one operation of the banking API. Every part must be a GUID
// or a constant, so that nothing needs escaping. The error is ErrInvalidURL or
// ErrInvalidCustomerID.
func (e Endpoint) OperationURL(parts ...string) (string, error) {
	base, err := baseURL(e.API)
	if err != nil {
		return "", err
	}
	if !guid.Is(e.CustomerID) {
		return "", ErrInvalidCustomerID
	}
	return base + "/v3/" + e.CustomerID + "/BankingServices/" + strings.Join(parts, "/"), nil
}

// baseURL checks and normalises. The errors of url.Parse echo their input, which may
// hold a password, so they are replaced.
func baseURL(raw string) (string, error) {
	if len(raw) > maxURLBytes || strings.ContainsAny(raw, "?#@\\ ") {
		return "", ErrInvalidURL
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return "", ErrInvalidURL
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return "", ErrInvalidURL
	}
	if strings.Contains(u.Path, "..") || strings.Contains(u.Path, "//") {
		return "", ErrInvalidURL
	}
	normal := strings.TrimRight(u.String(), "/")
	if len(normal) > maxURLBytes { // Escaped it is longer, and would be refused the next time.
		return "", ErrInvalidURL
	}
	return normal, nil
}
