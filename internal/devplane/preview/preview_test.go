package preview_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/devplane/preview"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestEveryStateIsListed: the list leads to a page for each state of the link API, in both
// languages, and each page is the one that it says.
func TestEveryStateIsListed(t *testing.T) {
	server := httptest.NewServer(preview.Handler())
	t.Cleanup(server.Close)
	listed := map[string]bool{}
	for _, link := range regexp.MustCompile(`href="(/c/[^"]+_(en|fr))"`).FindAllStringSubmatch(get(t, server.URL+"/"), -1) {
		body := get(t, server.URL+link[1])
		state := regexp.MustCompile(`<main data-state="([A-Za-z]+)"`).FindStringSubmatch(body)
		if state == nil || !strings.Contains(link[1], "_"+state[1]) || !strings.Contains(body, `<html lang="`+link[2]+`"`) {
			t.Fatalf("%s leads to %q", link[1], state)
		}
		if listed[link[1]] {
			t.Errorf("%s is listed twice", link[1])
		}
		listed[link[1]], listed[state[1]+link[2]] = true, true
	}
	for _, state := range []linkapi.State{
		linkapi.StateConnect, linkapi.StateStart, linkapi.StateResume, linkapi.StateWorking, linkapi.StateDone, linkapi.StateWait,
		linkapi.StateUnavailable, linkapi.StateBlocked, linkapi.StateOtherLogin, linkapi.StateNotVerified,
		linkapi.StateProofRequired, linkapi.StateInUse, linkapi.StateLinkInvalid, linkapi.StateLinkExpired, linkapi.StateLinkReplaced,
	} {
		if !listed[string(state)+"en"] || !listed[string(state)+"fr"] {
			t.Errorf("no page for %s", state)
		}
	}
	if body := get(t, server.URL+"/c/"+preview.Token(preview.Views()[0], "en")); !strings.Contains(body, "Acme Lending") {
		t.Error("the page names no company")
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := new(http.Client).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
