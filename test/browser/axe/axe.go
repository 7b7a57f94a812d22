// Package axe checks pages for what keeps people with disabilities from using them. It runs
// axe-core, which is kept here unchanged, as its npm package of version 4.14.1 has it; LICENSE is
// that of axe-core alone.
package axe

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// script is axe.min.js of the npm package.
//
//go:embed axe.min.js
var script string

// violation is a rule that a page breaks.
type violation struct {
	Rule, Help string
	// Elements break it, as HTML.
	Elements []string
}

func (v violation) String() string {
	return fmt.Sprintf("%s (%s): %s", v.Rule, v.Help, strings.Join(v.Elements, " "))
}

// Load brings axe-core into the document of a tab.
func Load(tab *chromium.Tab) {
	tab.T().Helper()
	tab.Run(script+"; true", nil)
}

// Check fails the test for each rule of axe-core that the document of a tab breaks, and for each
// that it cannot decide on.
func Check(tab *chromium.Tab, what string) {
	tab.T().Helper()
	var found []violation
	tab.Run(check, &found)
	for _, v := range found {
		tab.T().Errorf("%s: %s", what, v)
	}
}

// check runs all rules but the one that wants axe-core in every frame: what is in frames is not ours.
const check = `axe.run(document, {iframes: false, rules: {"frame-tested": {enabled: false}}, resultTypes: ["violations", "incomplete"]}).then(({violations, incomplete}) =>
  [...violations, ...incomplete].map(v => ({Rule: v.id, Help: v.help, Elements: v.nodes.map(n => n.html)})))`
