package manager

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	authorityKey = "ca.crt"
	// The certificate that is served next, once every client has its authority.
	nextCertKey, nextPrivateKey = "next.crt", "next.key"

	certificateLife = 90 * 24 * time.Hour
	// renewalOverlap is how long the next certificate is announced before it is served. The
	// kubelet needs minutes to bring its authority to a client.
	renewalOverlap = 24 * time.Hour
	// clockTolerance is how much clocks may differ.
	clockTolerance = time.Hour
)

// renew returns what the Secret of a Service should hold; nil if that is what it holds. At
// two thirds of the life of a certificate the next one is made, and its authority announced.
// A day later it is served. The authority of the one before stays until that has expired. The
// operator renews no certificate that it did not make.
func renew(now time.Time, service, namespace string, data map[string][]byte) (map[string][]byte, error) {
	current := parseCertificate(data[corev1.TLSCertKey])
	if current == nil || !isOwn(service, current) {
		return nil, nil
	}
	expired := !now.Before(current.NotAfter)
	if next := parseCertificate(data[nextCertKey]); next != nil && now.Before(next.NotAfter) {
		if !expired && now.Before(next.NotBefore.Add(clockTolerance+renewalOverlap)) {
			return nil, nil
		}
		return promote(now, data), nil
	}
	if life := current.NotAfter.Sub(current.NotBefore); now.Before(current.NotBefore.Add(life * 2 / 3)) {
		return nil, nil
	}
	made, err := selfSigned(now, service, namespace)
	if err != nil {
		return nil, err
	}
	renewed := maps.Clone(data)
	renewed[nextCertKey], renewed[nextPrivateKey] = made[corev1.TLSCertKey], made[corev1.TLSPrivateKeyKey]
	renewed[authorityKey] = bundle(now, data[authorityKey], made[authorityKey])
	if expired {
		return promote(now, renewed), nil // There is nothing to overlap with.
	}
	return renewed, nil
}

// promote makes the next certificate the one that is served.
func promote(now time.Time, data map[string][]byte) map[string][]byte {
	renewed := maps.Clone(data)
	renewed[corev1.TLSCertKey], renewed[corev1.TLSPrivateKeyKey] = data[nextCertKey], data[nextPrivateKey]
	renewed[authorityKey] = bundle(now, data[authorityKey], data[nextCertKey])
	delete(renewed, nextCertKey)
	delete(renewed, nextPrivateKey)
	return renewed
}

// bundle returns the authorities that have not expired, and another one, each once.
func bundle(now time.Time, authorities, another []byte) []byte {
	var all []byte
	for block, rest := pem.Decode(authorities); block != nil; block, rest = pem.Decode(rest) {
		text := pem.EncodeToMemory(block)
		if c := parseCertificate(text); c != nil && now.Before(c.NotAfter) && !bytes.Equal(text, another) {
			all = append(all, text...)
		}
	}
	return append(all, another...)
}

// parseCertificate returns the first certificate of a text; nil if the text holds no certificate.
func parseCertificate(text []byte) *x509.Certificate {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return c
}

// isOwn reports whether selfSigned made a certificate for a Service.
func isOwn(service string, c *x509.Certificate) bool {
	return c.Subject.CommonName == service && bytes.Equal(c.RawIssuer, c.RawSubject) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// selfSigned returns a certificate that is its own authority. Only clients that are given it as
// such trust it.
func selfSigned(now time.Time, service, namespace string) (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	host := service + "." + namespace
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: service},
		NotBefore:    now.Add(-clockTolerance),
		NotAfter:     now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// The last two are for a client on the same machine.
		DNSNames:              []string{host + ".svc", host + ".svc.cluster.local", host, service, "localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate of %s: %w", service, err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing the key of %s: %w", service, err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return map[string][]byte{
		corev1.TLSCertKey:       public,
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		authorityKey:            public,
	}, nil
}
