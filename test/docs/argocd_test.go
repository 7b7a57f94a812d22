package docs

import (
	"regexp"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var luaBlock = regexp.MustCompile("(?ms)^```lua\n(.*?)^```$")

// TestArgoCDHealth runs the health check of docs/gitops.md in the interpreter that
// Argo CD uses.
func TestArgoCDHealth(t *testing.T) {
	t.Parallel()
	const seen = `observedGeneration = 2, conditions = `
	blocks := luaBlock.FindAllStringSubmatch(read(t, "docs", "gitops.md"), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d Lua blocks, want 1", len(blocks))
	}
	for _, test := range []struct{ name, metadata, status, want string }{
		{"no status", ``, `nil`, "Progressing"},
		{"not looked at", ``, `{observedGeneration = -1}`, "Progressing"},
		{"ready", ``, `{` + seen + `{{type = "Ready", status = "True", message = "m"}}}`, "Healthy"},
		{"ready, but of an older spec", ``, `{observedGeneration = 1, conditions = {{type = "Ready", status = "True"}}}`, "Progressing"},
		{"person needed", ``, `{` + seen + `{{type = "Ready", status = "False", reason = "UserActionRequired", message = "m"}, {type = "UserActionRequired", status = "True"}}}`, "Progressing"},
		{"stalled", ``, `{` + seen + `{{type = "Ready", status = "False", message = "m"}, {type = "Stalled", status = "True", message = "m"}}}`, "Degraded"},
		{"suspended", ``, `{` + seen + `{{type = "Ready", status = "True"}, {type = "Suspended", status = "True", message = "m"}}}`, "Suspended"},
		{"deleting", `deletionTimestamp = "now",`, `{` + seen + `{{type = "Ready", status = "True"}}}`, "Progressing"},
		{"deletion blocked", `deletionTimestamp = "now",`, `{` + seen + `{{type = "Ready", status = "True"}, {type = "DeletionBlocked", status = "True", message = "m"}}}`, "Degraded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			state := lua.NewState()
			defer state.Close()
			object := "obj = {metadata = {" + test.metadata + " generation = 2}, status = " + test.status + "}\n"
			if err := state.DoString(object + "local function check()\n" + blocks[0][1] + "end\nhealth = check()"); err != nil {
				t.Fatal(err)
			}
			health := state.GetGlobal("health").(*lua.LTable)
			if got := health.RawGetString("status").String(); got != test.want {
				t.Errorf("health = %s, want %s", got, test.want)
			}
			if health.RawGetString("message").String() == "" {
				t.Error("no message")
			}
		})
	}
}
