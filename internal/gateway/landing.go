package gateway

import (
	"context"
	"net/http"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// landingResult is what the landing page reports.
type landingResult struct {
	connectResult

	// Tag is the one that Flinks put into the address of the page.
	Tag string `json:"tag"`
	// Confirmed reports whether the customer pressed the button.
	Confirmed bool `json:"confirmed"`
}

// stateConfirm is a state that only the landing page has: any site can lead a customer
// here with a login of its choice, so the customer is asked.
const stateConfirm = "Confirm"

// showLandingPage answers with the page that Flinks Connect may return customers to.
func (h *linkHandler) showLandingPage(w http.ResponseWriter, r *http.Request) {
	h.writePage(w, r, landingPage(r.Header.Get("Accept-Language")), http.StatusOK)
}

// finishFromLandingPage does the same as finish for a customer whom Flinks Connect returned to the
// landing page. The cookie has their link. The result counts if it has the tag that the
// link opened Flinks Connect with, or if the customer confirmed it.
func (h *linkHandler) finishFromLandingPage(w http.ResponseWriter, r *http.Request) {
	link, ok := readLinkCookie(r)
	if !ok {
		http.Error(w, "no link was opened", http.StatusBadRequest)
		return
	}
	var result landingResult
	if !readJSON(w, r, &result) {
		return
	}
	if result.LoginID != "" && !result.Confirmed && !link.hasTag(result.Tag) {
		h.askToConfirm(w, r, link.token)
		return
	}
	view, err := h.finishOrView(w, r, link.token, result.connectResult)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, stateAnswer{
		State: view.State, Path: "/c/" + link.token.Reveal(), Request: texts{}.request(view), ReturnURL: returnURL(view, resultCompleted),
	})
}

// askToConfirm makes the landing page ask the customer, and tells it who requests the login
// that the customer would confirm.
func (h *linkHandler) askToConfirm(w http.ResponseWriter, r *http.Request, token linkapi.Identifier) {
	view, err := h.finishOrView(w, r, token, connectResult{})
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, stateAnswer{State: stateConfirm, Request: texts{}.request(view)})
}

// finishOrView changes nothing if the landing page was reloaded: its address has lost
// the result by then.
func (h *linkHandler) finishOrView(w http.ResponseWriter, r *http.Request, token linkapi.Identifier, c connectResult) (linkapi.View, error) {
	if c.LoginID != "" {
		return h.finishWith(w, r, token, c)
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	return h.backend.View(ctx, h.proxies.visitOf(r, token))
}
