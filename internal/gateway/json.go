package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// maxJSON bounds what a page's script posts.
const maxJSON = 8 << 10

// stateAnswer is the answer to a page's script.
type stateAnswer struct {
	State linkapi.State `json:"state,omitempty"`
	// Path of the link's page, for the landing page.
	Path string `json:"path,omitempty"`
	// URL that the page frames, or leads to for a proof.
	URL string `json:"url,omitempty"`
	// ReturnURL is the page of the application that a customer who is done comes back to.
	ReturnURL string `json:"returnURL,omitempty"`
	// Request says who asks for what, for the landing page.
	Request *requestText `json:"request,omitempty"`
}

// readJSON decodes a body that has the fields of into and no others. If it returns false,
// it has answered the request.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(mediaType), "application/json") {
		http.Error(w, "the body must be JSON", http.StatusUnsupportedMediaType)
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) { // One value, and nothing after it.
			return true
		}
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return false
	}
	http.Error(w, "the body is not what is expected", http.StatusBadRequest)
	return false
}

// writeView answers with the state of a view, or with an error.
func writeView(w http.ResponseWriter, v linkapi.View, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, stateAnswer{State: v.State, ReturnURL: returnURL(v, resultCompleted)})
}

func writeJSON(w http.ResponseWriter, a stateAnswer) {
	text, err := json.Marshal(a)
	if err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // It fails if the client has closed the connection.
}

// writeError answers with the kind of an error, and with nothing of its text.
func writeError(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, linkapi.ErrNotNow):
		http.Error(w, "look again", http.StatusConflict)
	case errors.Is(err, linkapi.ErrInvalid):
		http.Error(w, "invalid", http.StatusBadRequest)
	case errors.Is(err, linkapi.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}
