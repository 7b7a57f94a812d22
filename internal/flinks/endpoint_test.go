package flinks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func TestEndpointFor(t *testing.T) {
	got, err := flinks.EndpointFor("acme-ca", customerID)
	want := flinks.Endpoint{
		API:        "https://acme-ca-api.private.fin.ag",
		Connect:    "https://acme-ca-iframe.private.fin.ag",
		CustomerID: customerID,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("error %v, diff %s", err, diff)
	}
}

func TestEndpointForRefuses(t *testing.T) {
	bad := []string{"", "-a", "a-", "A", "a.b", "a/b", "evil.example.com/", "a@b", "a:1", "a?b", "a#b", "a b", "a\n",
		"é", "a_b", strings.Repeat("a", 41), "127.0.0.1", "%61"}
	for _, instance := range bad {
		if _, err := flinks.EndpointFor(instance, customerID); !errors.Is(err, flinks.ErrInvalidInstance) {
			t.Errorf("%q: %v", instance, err)
		}
	}
	if _, err := flinks.EndpointFor(strings.Repeat("a", 40), customerID); err != nil {
		t.Errorf("40 characters: %v", err)
	}
	for _, id := range []string{"", "x", customerID + "\n", customerID + "/.."} {
		if _, err := flinks.EndpointFor("toolbox", id); !errors.Is(err, flinks.ErrInvalidCustomerID) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestNewEndpoint(t *testing.T) {
	tests := []struct{ api, want string }{
		{"https://api.example.com", "https://api.example.com"},
		{"https://API.example.com:443/", "https://API.example.com:443"},
		{"http://127.0.0.1:8080/flinks/", "http://127.0.0.1:8080/flinks"},
		{"http://sim:80", "http://sim:80"},
		{"http://[::1]:9", "http://[::1]:9"},
	}
	for _, tt := range tests {
		got, err := flinks.NewEndpoint(tt.api, "https://connect.example.com/", customerID)
		if err != nil || got.API != tt.want || got.Connect != "https://connect.example.com" {
			t.Errorf("%s: %+v, error %v", tt.api, got, err)
		}
	}
}

// TestHostFingerprint: the spelling of a host does not matter, nor does what is not the
// host; another host or port does. One value is written down: a change would take every
// binding its hosts.
func TestHostFingerprint(t *testing.T) {
	same := [][]string{
		{"https://api.example.com", "https://API.example.com:443/", "http://api.example.com:80"},
		{"https://api.example.com:80"}, {"http://api.example.com:443"},
		{"http://127.0.0.1:8080/flinks", "http://127.0.0.1:8080"},
		{"http://127.0.0.1:8081"}, {"http://[::1]:9"},
	}
	owner := map[string]int{}
	for i, spellings := range same {
		for _, api := range spellings {
			ep, err := flinks.NewEndpoint(api, "https://connect.example.com", customerID)
			got := ep.HostFingerprint()
			if known, seen := owner[got]; err != nil || len(got) != 32 || (seen && known != i) || (!seen && api != spellings[0]) {
				t.Errorf("%s: %q, %v", api, got, err)
			}
			owner[got] = i
		}
	}
	toolbox, err := flinks.EndpointFor("toolbox", customerID)
	if got := toolbox.HostFingerprint(); err != nil || got != "0c4a921663c1f145106420a74bacdd28" {
		t.Errorf("%s, %v", got, err)
	}
	if got := (flinks.Endpoint{}).HostFingerprint(); got != "" {
		t.Errorf("of nothing: %s", got)
	}
}

func TestNewEndpointRefuses(t *testing.T) {
	bad := []string{"", "api.example.com", "//api.example.com", "ftp://a", "file:///etc/passwd", "https://", "https:a",
		"https://user:hunter2@a", "https://a?x=1", "https://a/#f", "https://a/../b", "https://a//b", "https://a b",
		"https://a\n", "javascript:alert(1)", "https://a\\b", "https://%zz", "https://" + strings.Repeat("a", 2048),
		"https://a/" + strings.Repeat("é", 400) /* which escaped is too long */}
	for _, raw := range bad {
		for _, err := range []error{
			second(flinks.NewEndpoint(raw, "https://ok", customerID)),
			second(flinks.NewEndpoint("https://ok", raw, customerID)),
		} {
			if !errors.Is(err, flinks.ErrInvalidURL) {
				t.Errorf("%q: %v", raw, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error echoes its input: %v", err)
			}
		}
	}
	if _, err := flinks.NewEndpoint("https://ok", "https://ok", "nope"); !errors.Is(err, flinks.ErrInvalidCustomerID) {
		t.Errorf("customerId: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestConnectOriginIsAsABrowserWritesIt(t *testing.T) {
	for connect, want := range map[string]string{
		"https://toolbox-iframe.private.fin.ag":  "https://toolbox-iframe.private.fin.ag",
		"https://Connect.Example.COM":            "https://connect.example.com",
		"https://connect.example.com:443/flinks": "https://connect.example.com",
		"https://connect.example.com:8443":       "https://connect.example.com:8443",
		"http://localhost:80":                    "http://localhost",
		"http://localhost:443":                   "http://localhost:443",
		"http://127.0.0.1:8080/":                 "http://127.0.0.1:8080",
		"http://[::1]:8080":                      "http://[::1]:8080",
	} {
		ep, err := flinks.NewEndpoint("https://api.example.com", connect, customerID)
		if err != nil || ep.ConnectOrigin() != want {
			t.Errorf("%s: %s, %v", connect, ep.ConnectOrigin(), err)
		}
	}
	if got := (flinks.Endpoint{}).ConnectOrigin(); got != "" {
		t.Errorf("of nothing: %s", got)
	}
}
