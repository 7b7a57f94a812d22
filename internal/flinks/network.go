package flinks

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
)

// ErrInvalidCABundle: a bundle is certificates in PEM, at least one, and nothing else in PEM.
var ErrInvalidCABundle = errors.New("flinks: the CA bundle is not a list of certificates")

// Network is by which way an instance is reached. The zero value is that of the process.
type Network struct {
	// Proxy is the base URL of a proxy for all calls; empty for that of the environment.
	Proxy string
	// CABundle is certificates in PEM, of the only authorities that are trusted; empty for
	// those of the system.
	CABundle string
}

// By returns the endpoint with another way to it. The error is ErrInvalidURL. It does not
// look into the bundle, of which Authorities tells whether it can be used.
func (e Endpoint) By(n Network) (Endpoint, error) {
	if n.Proxy != "" {
		proxy, err := baseURL(n.Proxy)
		if err != nil {
			return Endpoint{}, err
		}
		n.Proxy = proxy
	}
	e.Network = n
	return e, nil
}

// Authorities returns those of the bundle; nil without one. The error is ErrInvalidCABundle.
func (n Network) Authorities() (*x509.CertPool, error) {
	if n.CABundle == "" {
		return nil, nil
	}
	pool, count := x509.NewCertPool(), 0
	for rest := []byte(n.CABundle); ; count++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, ErrInvalidCABundle
		}
		pool.AddCert(certificate)
	}
	if count == 0 {
		return nil, ErrInvalidCABundle
	}
	return pool, nil
}
