package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestLanguagesAreComplete: whatever one language has, the other one has too, and not
// the same.
func TestLanguagesAreComplete(t *testing.T) {
	said := func(language string) map[string]string {
		texts := languages[language]
		found := map[string]string{
			"until": texts.until, "back": texts.back, "noScript": texts.noScript, "progress": texts.progress,
			"already": texts.alreadyFixed.Title + texts.alreadyFixed.Text,
			"first":   texts.connectFirst.Title + texts.connectFirst.Text + texts.connectFirst.Button,
		}
		for reason, text := range texts.reasons {
			found["reason "+reason] = text
		}
		for state, text := range texts.states {
			found["state "+string(state)] = text.Title + text.Text
			if text.Button != "" {
				found["button "+string(state)] = text.Button
			}
		}
		raw, err := json.Marshal(texts.forScript())
		if err != nil {
			t.Fatal(err)
		}
		var script any
		if err := json.Unmarshal(raw, &script); err != nil {
			t.Fatal(err)
		}
		flatten("script", script, found)
		return found
	}
	en, fr := said(english), said(french)
	for name, text := range en {
		switch other, ok := fr[name]; {
		case !ok, (text == "") != (other == ""):
			t.Errorf("no French for %s", name)
		case text != "" && text == other:
			t.Errorf("%s is %q in both languages", name, text)
		}
	}
	for name := range fr {
		if _, ok := en[name]; !ok {
			t.Errorf("no English for %s", name)
		}
	}
	if len(en) < 50 {
		t.Errorf("only %d texts: they are not found", len(en))
	}
}

func flatten(prefix string, v any, into map[string]string) {
	switch v := v.(type) {
	case string:
		into[prefix] = v
	case map[string]any:
		for name, value := range v {
			flatten(prefix+"."+name, value, into)
		}
	}
}

// The script finds its texts, whatever is in them.
func TestScriptTexts(t *testing.T) {
	s := newFixture(t)
	s.view = full(linkapi.StateStart, "fr")
	d := parsed(t, s.get("/c/"+aToken))
	var got scriptTexts
	if err := json.Unmarshal([]byte(d.id("texts").FirstChild.Data), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(frenchTexts.forScript().Steps, got.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if _, changed := frenchTexts.script.States[string(linkapi.StateWorking)]; changed {
		t.Error("the texts of a language were changed by a page")
	}
	for _, name := range regexp.MustCompile(`texts\.([a-zA-Z]+)`).FindAllStringSubmatch(scriptJS+landedJS, -1) {
		if !strings.Contains(d.id("texts").FirstChild.Data, `"`+name[1]+`"`) {
			t.Errorf("the script uses texts.%s, which does not exist", name[1])
		}
	}
}

// TestScripts: what a review would look for. How they behave is tested in a browser.
func TestScripts(t *testing.T) {
	for name, script := range map[string]string{"script.js": scriptJS, "landed.js": landedJS} {
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "postMessage", "localStorage", "sessionStorage", "console.", "http:", "https:", "endsWith", "</script"} {
			if strings.Contains(script, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
	removed, began := strings.Index(landedJS, "history.replaceState"), strings.Index(landedJS, "addEventListener")
	if removed < 0 || began < removed {
		t.Error("the landing page does other things before it clears its address")
	}
	head := parsed(t, newFixture(t).get("/landed")).one("head")
	for n := range head.ChildNodes() {
		if n.Data == "script" {
			break
		}
		if n.Data == "style" {
			t.Error("the landing page does other things before it clears its address")
		}
	}
}

// TestContrast: WCAG wants 4.5 for text, in the light and in the dark.
func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(styleCSS, -1)
	if len(schemes) != 2 {
		t.Fatalf("%d schemes, want light and dark", len(schemes))
	}
	for _, scheme := range schemes {
		colour := func(name string) float64 {
			found := regexp.MustCompile(`--` + name + `: #([0-9a-f]{6})`).FindStringSubmatch(scheme)
			if found == nil {
				t.Fatalf("no colour %s in %s", name, scheme)
			}
			return luminance(t, found[1])
		}
		for _, pair := range [][2]string{{"text", "back"}, {"soft", "back"}, {"bad", "back"}, {"action", "back"}, {"on-action", "action"}} {
			a, b := colour(pair[0]), colour(pair[1])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
				t.Errorf("%v has a contrast of %.1f in %s", pair, ratio, scheme)
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var rgb [3]uint8
	if _, err := fmt.Sscanf(hex, "%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatal(err)
	}
	part := func(v uint8) float64 {
		if c := float64(v) / 255; c > 0.04045 {
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return 0.2126*part(rgb[0]) + 0.7152*part(rgb[1]) + 0.0722*part(rgb[2])
}
