package gateway

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkHandler serves the pages of links, and the requests of their scripts.
type linkHandler struct {
	backend linkapi.Backend
	proxies trustedProxies
	log     *slog.Logger
	logos   *logoCache
}

// justDone is the parameter with which the landing page leads a customer who has just finished to the
// page of the link. It alters the words of a page that is done, and nothing else.
const justDone = "done"

// showPage answers with the page of a link, and tells the browser apart. It changes nothing
// else.
func (h *linkHandler) showPage(w http.ResponseWriter, r *http.Request) {
	view, err := h.view(r, func(token linkapi.Identifier) linkapi.Visit { return h.proxies.startVisit(w, r, token) })
	status := statusOf(view.State)
	if err != nil {
		view, status = linkapi.View{State: linkapi.StateUnavailable}, http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	p := linkPage(view, r.Header.Get("Accept-Language"))
	if view.State == linkapi.StateDone && r.URL.Query().Has(justDone) {
		p.sayDone()
	}
	p.Logo = h.logo(r, view)
	h.writePage(w, r, p, status)
}

// logo returns the logo for the page of a view.
func (h *linkHandler) logo(r *http.Request, v linkapi.View) template.URL {
	token, ok := parseToken(r.PathValue("token"))
	if !ok {
		return ""
	}
	return h.logos.of(r.Context(), h.proxies.visitOf(r, token), v)
}

// showState answers with the state of a link, for a page that waits.
func (h *linkHandler) showState(w http.ResponseWriter, r *http.Request) {
	view, err := h.view(r, func(token linkapi.Identifier) linkapi.Visit { return h.proxies.visitOf(r, token) })
	writeView(w, view, err)
}

func (h *linkHandler) view(r *http.Request, visit func(token linkapi.Identifier) linkapi.Visit) (linkapi.View, error) {
	token, ok := parseToken(r.PathValue("token"))
	if !ok {
		return linkapi.View{State: linkapi.StateLinkInvalid}, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	return h.backend.View(ctx, visit(token))
}

// open tells the operator that the page is shown: to a person, because programs that look into
// mails run no scripts.
func (h *linkHandler) open(w http.ResponseWriter, r *http.Request) {
	token, ok := readClick(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	view, err := h.backend.Open(ctx, h.proxies.visitOf(r, token))
	writeView(w, view, err)
}

// start asks the operator for a live session, after a click on the page's button.
func (h *linkHandler) start(w http.ResponseWriter, r *http.Request) {
	token, ok := readClick(w, r)
	if !ok {
		return
	}
	setLinkCookie(w, openedLink{token: token})
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	view, err := h.backend.Start(ctx, h.proxies.startVisit(w, r, token))
	writeView(w, view, err)
}

// connect answers with the URL of Flinks Connect, for the page's frame.
func (h *linkHandler) connect(w http.ResponseWriter, r *http.Request) {
	token, ok := readClick(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), flinksCallTimeout)
	defer cancel()
	url, err := h.backend.Connect(ctx, h.proxies.startVisit(w, r, token))
	if err != nil {
		writeError(w, err)
		return
	}
	setLinkCookie(w, openedLink{token, tagDigestOf(url)})
	writeJSON(w, stateAnswer{URL: url.Reveal()})
}

// readClick returns the token of a link whose button was clicked. If it returns false, it
// has answered the request.
func readClick(w http.ResponseWriter, r *http.Request) (linkapi.Identifier, bool) {
	return readPost(w, r, &struct{}{})
}

// readPost returns the token of a link, and decodes what its page posted. If it returns false, it
// has answered the request.
func readPost(w http.ResponseWriter, r *http.Request, posted any) (linkapi.Identifier, bool) {
	token, ok := parseToken(r.PathValue("token"))
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return token, false
	}
	return token, readJSON(w, r, posted)
}

// connectResult is what Flinks Connect reported to the page.
type connectResult struct {
	LoginID   string `json:"loginId"`
	RequestID string `json:"requestId"`
	// AccountIDs are the accounts that the customer selected.
	AccountIDs []string `json:"accountIds"`
}

func (c connectResult) accounts() []linkapi.Identifier {
	ids := make([]linkapi.Identifier, 0, len(c.AccountIDs))
	for _, id := range c.AccountIDs {
		ids = append(ids, linkapi.NewIdentifier(id))
	}
	return ids
}

// finish passes on what Flinks Connect reported to the page.
func (h *linkHandler) finish(w http.ResponseWriter, r *http.Request) {
	var result connectResult
	token, ok := readPost(w, r, &result)
	if !ok {
		return
	}
	view, err := h.finishWith(w, r, token, result)
	writeView(w, view, err)
}

func (h *linkHandler) finishWith(w http.ResponseWriter, r *http.Request, token linkapi.Identifier, c connectResult) (linkapi.View, error) {
	// A customer who closes the page now has linked their bank all the same. Flinks Connect
	// may also lead them to the landing page while the link's page reports the result.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), flinksCallTimeout)
	defer cancel()
	view, err := h.backend.Finish(ctx, h.proxies.visitOf(r, token), linkapi.NewIdentifier(c.LoginID), linkapi.NewIdentifier(c.RequestID), c.accounts()...)
	if err == nil && view.State == linkapi.StateDone {
		clearLinkCookie(w)
	}
	return view, err
}

func statusOf(s linkapi.State) int {
	switch s {
	case linkapi.StateLinkInvalid:
		return http.StatusNotFound
	case linkapi.StateLinkExpired, linkapi.StateLinkReplaced:
		return http.StatusGone
	default:
		return http.StatusOK
	}
}

func (h *linkHandler) writePage(w http.ResponseWriter, r *http.Request, p page, status int) {
	if err := p.write(w, status); err != nil && r.Context().Err() == nil {
		h.log.Error("Page not written") // Without the error, which could quote the page.
	}
}
