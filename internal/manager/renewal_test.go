package manager

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func made(t *testing.T, now time.Time) map[string][]byte {
	t.Helper()
	data, err := selfSigned(now, linkAPIService.service, "flinks-system")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// renewedAt returns what the Secret holds after a look at it, and whether it was written.
func renewedAt(t *testing.T, now time.Time, data map[string][]byte) (map[string][]byte, bool) {
	t.Helper()
	renewed, err := renew(now, linkAPIService.service, "flinks-system", data)
	if err != nil {
		t.Fatal(err)
	}
	if renewed == nil {
		return data, false
	}
	return renewed, true
}

// trusts reports whether a gateway with one version of the Secret trusts a replica with another.
func trusts(t *testing.T, now time.Time, gateway, replica map[string][]byte) bool {
	t.Helper()
	pair, err := tls.X509KeyPair(replica[corev1.TLSCertKey], replica[corev1.TLSPrivateKeyKey])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(gateway[authorityKey])
	_, err = pair.Leaf.Verify(x509.VerifyOptions{
		Roots: roots, CurrentTime: now, DNSName: "flinks-operator-link-api.flinks-system.svc",
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err == nil
}

func count(authorities []byte) (n int) {
	for block, rest := pem.Decode(authorities); block != nil; block, rest = pem.Decode(rest) {
		n++
	}
	return n
}

// TestRenewals: over a year a gateway that is behind by most of a day trusts every replica, also one
// that is behind by an hour.
func TestRenewals(t *testing.T) {
	now := noon
	versions := []map[string][]byte{made(t, now)} // one for each hour
	behind := func(hours int) map[string][]byte { return versions[max(0, len(versions)-1-hours)] }
	writes, served := 0, map[string]bool{}
	for range 365 * 24 {
		now = now.Add(time.Hour)
		data, written := renewedAt(t, now, behind(0))
		versions = append(versions, data)
		if !written && now.Sub(noon)%(6*time.Hour) != 0 {
			continue // Nothing has changed, and the clock alone is looked at now and then.
		}
		if written {
			writes++
		}
		served[string(data[corev1.TLSCertKey])] = true
		for _, gateway := range []int{0, 1, 23} {
			for _, replica := range []int{0, 1} {
				if !trusts(t, now, behind(gateway), behind(replica)) {
					t.Fatalf("after %v a gateway %dh behind does not trust a replica %dh behind", now.Sub(noon), gateway, replica)
				}
			}
		}
		if n := count(data[authorityKey]); n > 2 {
			t.Fatalf("after %v there are %d authorities", now.Sub(noon), n)
		}
	}
	if len(served) != 7 || writes != 12 {
		t.Errorf("%d certificates in a year, and %d writes", len(served), writes)
	}
}

// TestStoppedOperator: what was missed is made up for at the start, with an overlap if there is time for one.
func TestStoppedOperator(t *testing.T) {
	first := made(t, noon)
	announced, _ := renewedAt(t, noon.Add(61*24*time.Hour), first)
	for name, tc := range map[string]struct {
		data  map[string][]byte
		after time.Duration
		// served is whether the first certificate is still served, and next whether another is announced.
		served, next bool
	}{
		"before it is time":             {first, 59 * 24 * time.Hour, true, false},
		"when it is time":               {first, 61 * 24 * time.Hour, true, true},
		"just before it expires":        {first, 90*24*time.Hour - 1, true, true},
		"when it has expired":           {first, 90 * 24 * time.Hour, false, false},
		"after a year":                  {first, 365 * 24 * time.Hour, false, false},
		"announced, within the day":     {announced, 62*24*time.Hour - 1, true, true},
		"announced, a day ago":          {announced, 62 * 24 * time.Hour, false, false},
		"announced, the old one is bad": {announced, 100 * 24 * time.Hour, false, false},
		"announced, both have expired":  {announced, 200 * 24 * time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := noon.Add(tc.after)
			got, _ := renewedAt(t, now, tc.data)
			if served := bytes.Equal(got[corev1.TLSCertKey], first[corev1.TLSCertKey]); served != tc.served || (got[nextCertKey] != nil) != tc.next {
				t.Errorf("the first is served: %t, another is announced: %t", served, got[nextCertKey] != nil)
			}
			if !trusts(t, now, got, got) {
				t.Error("what is served is not valid")
			}
			if _, again := renewedAt(t, now, got); again {
				t.Error("it is written twice")
			}
		})
	}
}

// TestCertificatesOfOthers are never renewed, nor is what cannot be read.
func TestCertificatesOfOthers(t *testing.T) {
	own := made(t, noon)
	change := func(name string, value []byte) map[string][]byte {
		data := maps.Clone(own)
		data[name] = value
		return data
	}
	late := noon.Add(80 * 24 * time.Hour)
	if _, written := renewedAt(t, late, own); !written {
		t.Fatal("not even its own")
	}
	for name, data := range map[string]map[string][]byte{
		"of another authority": change(corev1.TLSCertKey, issued(t)),
		"nothing":              change(corev1.TLSCertKey, nil),
		"no certificate":       change(corev1.TLSCertKey, own[corev1.TLSPrivateKeyKey]),
		"half a certificate":   change(corev1.TLSCertKey, own[corev1.TLSCertKey][:100]),
	} {
		if _, written := renewedAt(t, late, data); written {
			t.Errorf("%s: it is renewed", name)
		}
	}
	kept := append(issued(t), own[authorityKey]...)
	if got, _ := renewedAt(t, late, change(authorityKey, kept)); count(got[authorityKey]) != 3 {
		t.Error("the authority that an administrator added is gone")
	}
}

// issued returns a certificate with the operator's name that another authority has signed.
func issued(t *testing.T) []byte {
	t.Helper()
	authority := made(t, noon)
	pair, err := tls.X509KeyPair(authority[corev1.TLSCertKey], authority[corev1.TLSPrivateKeyKey])
	if err != nil {
		t.Fatal(err)
	}
	template := *pair.Leaf
	template.Issuer.CommonName, template.NotAfter = "cert-manager", noon.Add(90*24*time.Hour)
	parent := *pair.Leaf
	parent.RawSubject, parent.Subject.CommonName = nil, "cert-manager"
	der, err := x509.CreateCertificate(bytes.NewReader(make([]byte, 1024)), &template, &parent, pair.Leaf.PublicKey, pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
