package linkapi_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// picture returns an image in a format.
func picture(t *testing.T, width, height int, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	i := image.NewPaletted(image.Rect(0, 0, width, height), []color.Color{color.Black})
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, i)
	case "jpeg":
		err = jpeg.Encode(&b, i, nil)
	case "gif":
		err = gif.Encode(&b, i, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWhatIsALogo: a PNG or a JPEG of a reasonable size, whatever its name; nothing that could
// contain a script.
func TestWhatIsALogo(t *testing.T) {
	for name, tc := range map[string]struct {
		logo []byte
		want string
	}{
		"PNG":                   {picture(t, 40, 20, "png"), "image/png"},
		"JPEG":                  {picture(t, 40, 20, "jpeg"), "image/jpeg"},
		"as large as it can be": {append(picture(t, 2048, 20, "png"), make([]byte, linkapi.MaxLogo-len(picture(t, 2048, 20, "png")))...), "image/png"},
		"GIF":                   {picture(t, 40, 20, "gif"), ""},
		"SVG":                   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ""},
		"HTML":                  {[]byte("<script>alert(1)</script>"), ""},
		"nothing":               {nil, ""},
		"the start of one":      {[]byte("\x89PNG\r\n\x1a\n"), ""},
		"too wide":              {picture(t, 2049, 1, "png"), ""},
		"too high":              {picture(t, 1, 2049, "jpeg"), ""},
		"too many bytes":        {append(picture(t, 40, 20, "png"), make([]byte, linkapi.MaxLogo)...), ""},
	} {
		if got := linkapi.LogoType(tc.logo); got != tc.want {
			t.Errorf("%s is %q, want %q", name, got, tc.want)
		}
	}
}

// TestLogoArrives, the largest too, and what is no logo does not.
func TestLogoArrives(t *testing.T) {
	largest := append(picture(t, 40, 20, "png"), bytes.Repeat([]byte{0xff}, linkapi.MaxLogo-len(picture(t, 40, 20, "png")))...)
	b := &scripted{logo: largest}
	c, _ := newClient(t, linkapi.Handler(b))
	got, err := c.Logo(t.Context(), visit("t"))
	if err != nil || !bytes.Equal(got, largest) {
		t.Errorf("%d bytes arrive, %v", len(got), err)
	}
	b.logo = []byte("<svg/>")
	if got, err := c.Logo(t.Context(), visit("t")); err != linkapi.ErrUnavailable || got != nil { //nolint:errorlint // Not even wrapped.
		t.Errorf("%q arrives, %v", got, err)
	}
	b.err = linkapi.ErrNotFound
	if _, err := c.Logo(t.Context(), visit("t")); err != linkapi.ErrNotFound { //nolint:errorlint // Not even wrapped.
		t.Errorf("no logo is %v", err)
	}
	endless, _ := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"logo":"` + strings.Repeat("A", 1<<20) + `"}`))
	}))
	if _, err := endless.Logo(t.Context(), visit("t")); err != linkapi.ErrUnavailable { //nolint:errorlint // Not even wrapped.
		t.Errorf("a logo of a megabyte is %v", err)
	}
}
