package gateway

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"math"
	"strings"
)

// color is red, green and blue, each from 0 to 255.
type color [3]float64

// scheme is one in which the page is shown: its background, and the end of lightness that is
// far from it.
type scheme struct {
	background, far color
}

// The schemes of style.css.
var (
	lightScheme = scheme{background: color{0xff, 0xff, 0xff}, far: color{0, 0, 0}}
	darkScheme  = scheme{background: color{0x16, 0x18, 0x1a}, far: color{0xff, 0xff, 0xff}}
)

// leastContrast is what WCAG demands of text.
const leastContrast = 4.5

// accentStyle returns the rules for an accent colour such as #0b57d0; none for any other text.
// In both schemes the accent can be read on the background, and the background on the accent.
func accentStyle(accent string) template.CSS {
	digits, found := strings.CutPrefix(accent, "#")
	rgb, err := hex.DecodeString(digits)
	if !found || err != nil || len(rgb) != len(color{}) {
		return ""
	}
	wanted := color{float64(rgb[0]), float64(rgb[1]), float64(rgb[2])}
	//nolint:gosec // It consists of numbers.
	return template.CSS(lightScheme.rule(wanted) + "\n@media (prefers-color-scheme: dark) { " + darkScheme.rule(wanted) + " }\n")
}

func (s scheme) rule(wanted color) string {
	return fmt.Sprintf(":root { --action: %s; --on-action: %s; }", s.legible(wanted), s.background)
}

// legible returns the colour that is nearest to the one that is wanted, on the way to the far
// end of the scheme, and has enough contrast to the background.
func (s scheme) legible(wanted color) color {
	const steps = 64
	for i := range steps {
		if c := wanted.towards(s.far, float64(i)/steps); contrast(c, s.background) >= leastContrast {
			return c
		}
	}
	return s.far
}

// towards returns the colour that is a part of the way to another.
func (c color) towards(end color, part float64) color {
	for i := range c {
		c[i] = math.Round(c[i] + (end[i]-c[i])*part)
	}
	return c
}

func (c color) String() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(c[0]), uint8(c[1]), uint8(c[2]))
}

// contrast returns the contrast ratio of two colours, as WCAG defines it: from 1 to 21.
func contrast(a, b color) float64 {
	light, dark := max(a.luminance(), b.luminance()), min(a.luminance(), b.luminance())
	return (light + 0.05) / (dark + 0.05)
}

// luminance is the relative luminance of WCAG.
func (c color) luminance() float64 {
	sum := 0.0
	for i, share := range [3]float64{0.2126, 0.7152, 0.0722} {
		if part := c[i] / 255; part <= 0.04045 {
			sum += share * part / 12.92
		} else {
			sum += share * math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return sum
}
