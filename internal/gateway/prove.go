package gateway

import (
	"context"
	"net/http"
	"net/url"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// proveResult is what the page's script posts: nothing for a click, and the ticket with which
// the application sent the customer back.
type proveResult struct {
	Ticket string `json:"ticket"`
}

// prove answers a click with the page of the application that has to vouch for the browser,
// and passes on the ticket with which that page sent the customer back.
func (h *linkHandler) prove(w http.ResponseWriter, r *http.Request) {
	var result proveResult
	token, ok := readPost(w, r, &result)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	visit := h.proxies.startVisit(w, r, token)
	if result.Ticket != "" {
		view, err := h.backend.Prove(ctx, visit, linkapi.NewIdentifier(result.Ticket))
		writeView(w, view, err)
		return
	}
	view, err := h.backend.View(ctx, visit)
	if err != nil {
		writeError(w, err)
		return
	}
	if target, err := url.Parse(view.ProofURL); err != nil || target.Scheme != "https" {
		view.ProofURL = ""
	}
	writeJSON(w, stateAnswer{State: view.State, URL: view.ProofURL})
}
