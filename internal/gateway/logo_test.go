package gateway

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// aLogo returns a PNG of a width.
func aLogo(t *testing.T, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// branded returns a fixture whose instance has a logo.
func branded(t *testing.T, logo []byte) *fixture {
	t.Helper()
	s := newFixture(t)
	s.view.DisplayName, s.view.Brand.Logo, s.logo = "Acme", linkapi.LogoDigest(logo), logo
	return s
}

// logoOn returns the address of the logo on the page; empty without one.
func (s *fixture) logoOn() string {
	s.t.Helper()
	w := s.get("/c/" + aToken)
	d, policy := parsed(s.t, w), w.Header().Get("Content-Security-Policy")
	checkDocument(s.t, d, policy)
	allowed := strings.Contains(policy, "; img-src data:;")
	if shows := len(d.all("img")) > 0; shows != allowed || strings.Contains(policy, "img-src") != allowed {
		s.t.Errorf("the page has a logo: %v, and the policy is %q", shows, policy)
	}
	if !allowed {
		return ""
	}
	return attribute(d.one("img"), "src")
}

// TestLogo is a part of the page, and asked for once.
func TestLogo(t *testing.T) {
	logo := aLogo(t, 20)
	s := branded(t, logo)
	want := "data:image/png;base64," + base64.StdEncoding.EncodeToString(logo)
	for range 3 {
		if got := s.logoOn(); got != want {
			t.Fatalf("the logo is %q", got)
		}
	}
	s.wasAsked("view "+aToken, "logo "+aToken, "view "+aToken, "view "+aToken)
}

// TestLogoThatIsNotShown: the page works without.
func TestLogoThatIsNotShown(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"another one":    func(s *fixture) { s.logo = aLogo(s.t, 21) },
		"a script":       func(s *fixture) { s.logo = []byte("<svg/>"); s.view.Brand.Logo = linkapi.LogoDigest(s.logo) },
		"no longer":      func(s *fixture) { s.logoErr = linkapi.ErrNotFound },
		"not now":        func(s *fixture) { s.logoErr = linkapi.ErrUnavailable },
		"without a name": func(s *fixture) { s.view.DisplayName = "" },
	} {
		t.Run(name, func(t *testing.T) {
			s := branded(t, aLogo(t, 20))
			change(s)
			if got := s.logoOn(); got != "" {
				t.Errorf("the logo is %q", got)
			}
		})
	}
}

// TestLogosAreBounded: many instances make the gateway forget logos, and show the right ones.
func TestLogosAreBounded(t *testing.T) {
	s := newFixture(t, unlimited)
	s.view.DisplayName = "Acme"
	for width := range 4 * mostLogos {
		s.logo = aLogo(t, width+1)
		s.view.Brand.Logo = linkapi.LogoDigest(s.logo)
		if got := s.logoOn(); !strings.HasSuffix(got, base64.StdEncoding.EncodeToString(s.logo)) {
			t.Fatalf("logo %d is not shown", width)
		}
	}
	known := s.gateway.links.logos.known
	if n := len(known.young) + len(known.old); n > 2*mostLogos {
		t.Errorf("%d logos are in memory", n)
	}
}
