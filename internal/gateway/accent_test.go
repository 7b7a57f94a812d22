package gateway

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestEveryAccentCanBeRead: whatever colour an instance has, WCAG's 4.5 holds for text in it, and
// for text on buttons of it, in the light and in the dark.
func TestEveryAccentCanBeRead(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{ --action: #([0-9a-f]{6}); --on-action: #([0-9a-f]{6}); \}`)
	backs := regexp.MustCompile(`--back: #([0-9a-f]{6})`).FindAllStringSubmatch(styleCSS, -1)
	if len(backs) != 2 {
		t.Fatalf("%d backgrounds, want light and dark", len(backs))
	}
	const step = 15 // 255 / 17
	for r := 0; r <= 255; r += step {
		for g := 0; g <= 255; g += step {
			for b := 0; b <= 255; b += step {
				accent := fmt.Sprintf("#%02x%02X%02x", r, g, b)
				found := schemes.FindAllStringSubmatch(string(accentStyle(accent)), -1)
				if len(found) != 2 {
					t.Fatalf("%s has the rules %q", accent, accentStyle(accent))
				}
				for i, pair := range found {
					action, on, back := luminance(t, pair[1]), luminance(t, pair[2]), luminance(t, backs[i][1])
					if ratio(action, back) < 4.5 || ratio(action, on) < 4.5 {
						t.Errorf("%s: %s on %s has a contrast of %.2f, and %s on it of %.2f",
							accent, pair[1], backs[i][1], ratio(action, back), pair[2], ratio(action, on))
					}
				}
			}
		}
	}
}

func ratio(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// TestAccentThatFits is left as it is.
func TestAccentThatFits(t *testing.T) {
	for accent, want := range map[string]string{"#0b57d0": "--action: #0b57d0; --on-action: #ffffff", "#A8C7FA": "--action: #a8c7fa; --on-action: #16181a"} {
		if style := string(accentStyle(accent)); !strings.Contains(style, want) {
			t.Errorf("%s becomes %s", accent, style)
		}
	}
}

// TestWhatIsNoAccent becomes no rule.
func TestWhatIsNoAccent(t *testing.T) {
	for _, text := range []string{"", "red", "#fff", "0b57d0#", "#0b57dg", "#+1+2+3", "#0b57d0;", "#-1-1-1", "#0b57d0}*{display:none}"} {
		if style := accentStyle(text); style != "" {
			t.Errorf("%q becomes %q", text, style)
		}
	}
	s := newFixture(t)
	s.view.Brand.AccentColor = "#ff0000"
	style := textOf(parsed(t, s.get("/c/"+aToken)).one("style"))
	if !strings.Contains(style, strings.TrimSpace(string(accentStyle("#ff0000")))) {
		t.Error("the page lacks its accent")
	}
}
